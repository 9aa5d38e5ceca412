import type { CampaignRequest, Surface } from "../../models/surface.ts";
import { Inside } from "./frame.tsx";
import { openCampaign } from "./open-campaign.ts";

/** A bar across the page. It comes last in the tab order wherever it stands, so that it is in nobody's way. */
const CSS = `
:host{inline-size:auto!important;inset-inline-start:0!important;padding:0!important}
section{display:block;border-width:1px 0 0;border-radius:0;max-block-size:50dvh;overflow:auto;animation:none}
.scroll{max-inline-size:60em;margin-inline:auto;padding:.5em 1em}
.action{margin-block:.5em .25em}
`;
const AT_START_CSS = ":host{inset-block:0 auto!important}section{border-width:0 0 1px}";

/** Shows a bar at the start or the end of the page. */
export function show(request: CampaignRequest<"banner">): Surface {
  const { content, text } = request;
  const atStart = content.at === "start";
  return openCampaign(request, {
    name: "announcement",
    css: atStart ? CSS + AT_START_CSS : CSS,
    place: atStart ? "start" : "last",
    view: (end) => (
      <section aria-label={text.announcement} tabIndex={-1}>
        <div class="scroll">
          <Inside request={request} says={content} end={end} />
        </div>
      </section>
    ),
    says: content.body,
  });
}
