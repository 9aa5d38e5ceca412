import type { Props, Touchpoint } from "./touchpoint.ts";

/** Campaign parameters: what a page says of them, as of every parameter that its site keeps, is `query.utm_source` … */
export const CAMPAIGN_PARAMETERS = [
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_term",
  "utm_content",
  "utm_id",
] as const;

/**
 * Parameters by which advertisers tell one click from another: gclid, dclid, fbclid, msclkid, ttclid, rdt_cid …
 * Short names alone: the name is told where the value must not be. Fits a name alone, and finds name and value in a query.
 */
export const CLICK_ID =
  /(?:^|[?&])((?:g|d|fb|y|tt|tw)clid|msclkid|rdt_cid|sccid|[gw]braid|li_fat_id|epik)(?:$|=([^&]*))/i;

/**
 * What the first view of a document says of where its visitor came from. Its props: `query.utm_source` …, `click_id`
 * (the kind; the value under its own name only where `sharing` is granted), and `referrer`: the host of the page before,
 * "" where there is none, absent where that page was of the same origin.
 */
export interface Arrival {
  /** utm_source, utm_medium and utm_campaign in lower case, each "" where there is none. */
  source: string;
  medium: string;
  campaign: string;
  /** The kind of a click id, "" where there is none. */
  clickId: string;
  referrer: string;
  /** URL of the page that was arrived at. */
  landing: string;
}

/** Where a touchpoint says that its visitor came from, or null where it says nothing of it. */
export function arrivalOf({ type, url, props }: Touchpoint): Arrival | null {
  const text = (name: string) => {
    const value = Object.hasOwn(props, name) ? props[name] : "";
    return typeof value === "string" ? value.trim().toLowerCase() : "";
  };
  const arrival: Arrival = {
    source: text("query.utm_source"),
    medium: text("query.utm_medium"),
    campaign: text("query.utm_campaign"),
    clickId: text("click_id"),
    referrer: text("referrer"),
    landing: url,
  };
  const { source, medium, campaign, clickId } = arrival;
  return type === "page" && (source || medium || campaign || clickId || Object.hasOwn(props, "referrer"))
    ? arrival
    : null;
}

/** The same touchpoint without the values of click ids: they are of use to third parties alone, so need `sharing`. */
export function withoutClickIds(touchpoint: Touchpoint): Touchpoint {
  if (touchpoint.type !== "page") return touchpoint;
  const kept = Object.entries(touchpoint.props).filter(([name]) => !CLICK_ID.test(name.replace(/^query\./, "")));
  return { ...touchpoint, props: Object.fromEntries(kept) as Props };
}
