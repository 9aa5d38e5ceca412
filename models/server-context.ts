import { CAMPAIGN_PARAMETERS, CLICK_ID } from "./arrival.ts";
import { isRecord, PROPS_MAX } from "./touchpoint.ts";

/** What a server tells of the browser that its visitor used: texts as they came, "" where it tells nothing. */
interface Told {
  userAgent: string;
  language: string;
  /** Used to tell the site's own people, and kept nowhere. */
  address: string;
}

/** Reads the `context` of an item of the Segment HTTP API. */
export function toldBy(context: unknown): Told {
  const { userAgent, locale, ip } = isRecord(context) ? context : {};
  return { userAgent: textOf(userAgent), language: textOf(locale), address: textOf(ip) };
}

/** Whether the visitor has refused that there is a journey, as consent managers write it: `{Analytics: false}` by any case. */
export function refusesAnalytics(context: unknown): boolean {
  const consent = isRecord(context) ? context.consent : undefined;
  const preferences = isRecord(consent) && isRecord(consent.categoryPreferences) ? consent.categoryPreferences : {};
  return Object.entries(preferences).some(([name, may]) => name.toLowerCase() === "analytics" && may === false);
}

/**
 * The properties of a page, with where its visitor came from as capture tells it (models/arrival.ts): `context.campaign`, else
 * what the address says; the kind of a click id, never its value; the host of the referrer. Where that would be more
 * than a touchpoint may have it is left out.
 */
export function withArrival(properties: Record<string, unknown>, context: unknown): Record<string, unknown> {
  const { page, campaign } = isRecord(context) ? context : {};
  const told = { ...(isRecord(page) ? page : {}), ...properties };
  const search = searchOf(told);
  const parameters = new URL(`https://host/${search}`).searchParams;
  const arrival: Record<string, unknown> = {};
  for (const name of CAMPAIGN_PARAMETERS) {
    const short = name === "utm_campaign" ? "name" : name.slice("utm_".length);
    const value = textOf(isRecord(campaign) ? campaign[short] : undefined) || (parameters.get(name) ?? "");
    if (value !== "") arrival[`query.${name}`] = value;
  }
  const click = CLICK_ID.exec(search)?.[1];
  if (click !== undefined) arrival.click_id = click.toLowerCase();
  if (typeof told.referrer === "string") arrival.referrer = hostOf(told.referrer);
  const all = { ...properties, ...arrival };
  return Object.keys(all).length > PROPS_MAX ? properties : all;
}

/** The query of a page, with its "?": SDKs tell it apart from the address, or as part of it. */
function searchOf({ search, url }: Record<string, unknown>): string {
  const own = textOf(search);
  if (own !== "") return own.startsWith("?") ? own : `?${own}`;
  return /\?[^#]*/.exec(textOf(url))?.[0] ?? "";
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : "";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
