import type { CampaignRequest, Surface } from "../../models/surface.ts";
import { Frame } from "./frame.tsx";
import { openCampaign } from "./open-campaign.ts";

/** Shows a card in the corner of the page; Escape closes it from anywhere that has no use of its own for that key. */
export function show(request: CampaignRequest<"nudge">): Surface {
  const { content } = request;
  return openCampaign(request, {
    name: "nudge",
    view: (end) => <Frame request={request} says={content} end={end} />,
    says: [content.title, ...content.body],
    closesBy: "everywhere",
  });
}
