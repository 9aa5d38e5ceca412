import type { Veto } from "../../models/outcome.ts";
import type { CampaignRequest, Surface } from "../../models/surface.ts";
import { ANCHOR_CSS, anchor, type TargetVeto, vetoOf } from "./anchor.ts";
import { Frame } from "./frame.tsx";
import { openCampaign } from "./open-campaign.ts";
import { findTarget } from "./target.ts";

/**
 * Shows a card beside an element of the page, where a visitor sees that now. The element itself stays as it is: no
 * attribute of it can name what is in our shadow root. It has buttons, so it is a region and no tooltip (A19).
 */
export function show(request: CampaignRequest<"tip">): Surface | Veto {
  const { content } = request;
  const find = () => findTarget(content.target);
  const target = find();
  const veto = vetoOf(target);
  if (veto || !target) return veto ?? "target-gone";
  const opened = openCampaign(request, {
    name: "tip",
    css: ANCHOR_CSS,
    place: "modal",
    view: (end) => (
      <>
        <div class="arrow" />
        <Frame request={request} says={content} end={end} />
      </>
    ),
    says: [content.title, ...content.body],
    closesBy: "everywhere",
  });
  const onLost = (lost: TargetVeto) => {
    opened.close();
    request.onLost?.(lost);
  };
  anchor(opened, { target, find, placement: content.placement, onLost });
  return opened;
}
