import { CLICK_ID } from "../../models/arrival.ts";
import { scrubText } from "../../models/scrub.ts";
import type { Props } from "../../models/touchpoint.ts";
import type { PageContext } from "../context.ts";

/**
 * Where the visitor of this document came from (models/arrival.ts), beside the campaign, which is among the parameters
 * that every view tells. Of a referrer nothing but its host is read.
 */
export function arrivalProps(permits: PageContext["permits"]): Props {
  const props: Props = {};
  const [, kind, value = ""] = CLICK_ID.exec(location.search) ?? [];
  if (kind) {
    props.click_id = kind;
    if (permits("sharing")) props[kind] = value;
  }
  try {
    const { origin, host } = new URL(document.referrer);
    if (origin !== location.origin) props.referrer = scrubText(host);
  } catch {
    props.referrer = "";
  }
  return props;
}
