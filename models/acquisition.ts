import { type Arrival, arrivalOf } from "./arrival.ts";
import {
  type ChannelName,
  CLICK_IDS,
  classOf,
  hostClass,
  IGNORED_REFERRERS,
  MEDIUMS,
  SOURCES,
} from "./channel-table.ts";
import { isBelow, isOwnHost } from "./host.ts";
import type { Touchpoint } from "./touchpoint.ts";

export interface Channel {
  /** "ad" is what is paid for and not in one of the other places: a paid result of a search is "search", and paid. */
  channel: ChannelName;
  /** Whether somebody paid for the click: by its medium, or by a click id that only advertisements have. */
  paid: boolean;
  /** Who sent the visitor: utm_source, else the network of a click id, else the referrer; "" for direct. */
  source: string;
}

/**
 * The channel of an arrival, or null where it is none: a page of the same site before it, or a way out and back (a
 * payment, a log-in). First match of: a known medium; a click id; a known source; any campaign at all ("other"); the
 * referrer. Names are compared in lower case, with `-`, `_` and space alike.
 */
export function channelOf(arrival: Arrival): Channel | null {
  const { source, medium, campaign, clickId, landing } = arrival;
  const referrer = arrival.referrer.replace(/:\d+$/, "");
  const click = CLICK_IDS.get(clickId);
  const named = source === "" ? null : (classOf(SOURCES, source) ?? hostClass(source));
  const from = source || click?.source || withoutWww(referrer);
  const told = medium.replace(/[\s_]+/g, "-");
  const way = MEDIUMS.get(told) ?? (PAID.test(told) ? { paid: true } : undefined);
  // A link is a way to come; who it came from says more.
  if (way && !(named && way.channel === "referral")) {
    const paid = way.paid || click?.paid === true;
    // A paid medium alone does not say where: the source does.
    const channel = way.channel ?? (named && PLACES.includes(named) ? named : (click?.channel ?? "ad"));
    return { channel, paid, source: from };
  }
  if (click) return { channel: click.channel, paid: click.paid, source: from };
  if (named) return { channel: named, paid: false, source: from };
  if (source || medium || campaign) return { channel: "other", paid: false, source: from };
  if (referrer === "") return { channel: "direct", paid: false, source: "" };
  if (isOwnHost(referrer, hostOf(landing)) || IGNORED_REFERRERS.some((host) => isBelow(referrer, host))) return null;
  return { channel: hostClass(referrer) ?? "referral", paid: false, source: from };
}

/** Mediums that no table has but that say so, as the field reads them: `cpc-brand`, `social-paid`, `paid-media`. */
const PAID = /cp[a-z]\b|ppc|retargeting|\bpaid\b/;

/** Where an advertisement can stand and be a channel of its own. */
const PLACES: readonly ChannelName[] = ["search", "social", "video", "email", "affiliate", "message", "assistant"];

/** One arrival, as it is kept. */
export interface Touch extends Channel {
  /** ms since 1970. */
  at: number;
  medium: string;
  campaign: string;
  /** URL of the landing page. */
  landing: string;
}

/** What brought a visitor first, and last: direct arrivals count as the last only where there is no other. */
export interface Touches {
  first: Touch | null;
  last: Touch | null;
}

export const NO_TOUCHES: Touches = { first: null, last: null };

/**
 * Takes one more touchpoint of a visitor into first and last touch. Those of one visitor in any order give the same: of
 * equal times the one that came first stands.
 */
export function withTouch(touches: Touches, touchpoint: Touchpoint): Touches {
  const arrival = arrivalOf(touchpoint);
  const channel = arrival && channelOf(arrival);
  if (!channel) return touches;
  const { medium, campaign, landing } = arrival;
  const touch: Touch = { at: touchpoint.at, ...channel, medium, campaign, landing };
  const { first, last } = touches;
  return {
    first: first && first.at <= touch.at ? first : touch,
    last: last && !isLater(touch, last) ? last : touch,
  };
}

/** First and last touch of a visitor's touchpoints. */
export function touches(touchpoints: readonly Touchpoint[]): Touches {
  return touchpoints.reduce(withTouch, NO_TOUCHES);
}

function isLater(touch: Touch, last: Touch): boolean {
  const direct = touch.channel === "direct";
  return direct === (last.channel === "direct") ? touch.at > last.at : !direct;
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}

function withoutWww(host: string): string {
  return host.replace(/^www\./, "");
}
