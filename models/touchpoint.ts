import type { ChannelName } from "./channel-table.ts";
import { isCommerceEvent, type Product, readCommerce } from "./commerce.ts";
import { isOutcome, OUTCOMES } from "./outcome.ts";
import { scrubPath, scrubText, URL_MAX } from "./scrub.ts";
import { TOUCHPOINT_TYPES, type TouchpointType } from "./touchpoint-type.ts";

/** Named by the site's own code, which answers for what it names. */
const DECLARED: readonly TouchpointType[] = ["track", "identify", "group", "alias", "screen"];

/** Properties in which capture tells a text of the page. */
const READ: readonly string[] = ["referrer", "form", "field", "host"];

type Scalar = string | number | boolean | null;
export type Props = Record<string, Scalar>;

/** One thing that a visitor did, or that happened to them. */
export interface Touchpoint {
  /** Place in its stream, from 0, dense at capture. */
  seq: number;
  type: TouchpointType;
  /** The event's name, the page's title, or what a person would call the element. */
  name: string;
  /** Milliseconds since 1970 UTC: the producer's wall clock at capture. */
  at: number;
  /** Absolute http(s) URL without query and fragment, or "" where there is no page. */
  url: string;
  props: Props;
  /** Of an event of a shop alone: see models/commerce.ts. */
  products?: Product[];
  /** Where it happened, of what a server tells: "support", "store" … Absent: on the site, or nobody says. Not of a page. */
  channel?: ChannelName;
  /** Which of the site's systems tells it, of what a server tells: 1 to `SOURCE_MAX` characters. */
  source?: string;
}

/** Why an untrusted value was refused. Final: the sender must not send it again. */
export type RefusalReason =
  | "malformed"
  | "unknown-type"
  | "too-long"
  | "too-many"
  | "out-of-range"
  | "too-old"
  | "too-sparse"
  | "unknown-visitor"
  | "erased"
  | "restricted"
  | "consent";

export interface Refusal {
  ok: false;
  reason: RefusalReason;
  /** Path of the value that is wrong, as the sender wrote it: "props.plan". */
  field: string;
  /** The bound that it broke, in words a sender can act on: "at most 128 characters". */
  bound: string;
}
export type Parsed<T> = { ok: true; value: T } | Refusal;
/** `left` names what of the touchpoint was left out, where the rest of it counts without. */
export type ParsedTouchpoint = { ok: true; value: Touchpoint; left?: Refusal[] } | Refusal;

/** Longest name. Lengths here are UTF-16 code units, as `String.length` counts. */
export const NAME_MAX = 128;
export const PROPS_MAX = 32;
export const PROP_KEY_MAX = 64;
export const PROP_TEXT_MAX = 512;
/** Longest name of a source. */
export const SOURCE_MAX = 40;
/** Largest seq: a page that made one touchpoint a millisecond would need 24 days to reach it. */
export const SEQ_MAX = 2_147_483_647;
/** 9999-12-31 in ms: later than any clock that is merely wrong. */
export const AT_MAX = 253_402_300_799_999;

/** Keys that could reach a prototype chain in code that is less careful than ours (S6): always left out. */
export const POISONED_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

/** A refusal, as a value: `field` and `bound` tell the sender what to mend. */
export function refuse(reason: RefusalReason, field: string, bound: string): Refusal {
  return { ok: false, reason, field, bound };
}

/** An object as JSON knows it: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads one untrusted touchpoint. Fields that are not known are left out; a known field that breaks its bound refuses
 * the touchpoint, naming the field and the bound. What a page says of itself (addresses, titles, elements) is scrubbed
 * again: it may come from an older page, or from none (S20).
 */
export function parseTouchpoint(value: unknown): ParsedTouchpoint {
  if (!isRecord(value)) return refuse("malformed", "", "an object");
  const { seq, at } = value;
  const type = TOUCHPOINT_TYPES.find((known) => known === value.type);
  if (!type) return refuse("unknown-type", "type", `one of ${TOUCHPOINT_TYPES.join(", ")}`);
  if (!isIntegerWithin(seq, SEQ_MAX)) return refuse("out-of-range", "seq", `an integer from 0 to ${SEQ_MAX}`);
  if (!isTime(at)) return refuse("out-of-range", "at", `whole milliseconds from 0 to ${AT_MAX}`);
  const name = value.name ?? "";
  if (typeof name !== "string") return refuse("malformed", "name", "a string");
  if (name.length > NAME_MAX) return refuse("too-long", "name", `at most ${NAME_MAX} characters`);
  const url = parseUrl(value.url ?? "");
  if (!url.ok) return url;
  const props = parseProps(value.props ?? {});
  if (!props.ok) return props;
  const named = DECLARED.includes(type) ? name : scrubText(name);
  const told = DECLARED.includes(type) ? props.value : scrubbed(props.value);
  const touchpoint: Touchpoint = { seq, type, name: named, at, url: url.value, props: told };
  return type === "outcome" ? withReservation(touchpoint) : withCommerce(touchpoint, value);
}

/** What capture reads from a page: from its address, its referrer, its forms, links and scripts. Other props are the site's own. */
function scrubbed(props: Props): Props {
  const scrub = (name: string, value: string) => {
    if (name === "route") return scrubPath(value.replace(/[?#&].*/, ""));
    if (name === "source") return scrubPath(value);
    return READ.includes(name) || name.startsWith("query.") ? scrubText(value) : value;
  };
  const entries = Object.entries(props).map(([name, value]) => [
    name,
    typeof value === "string" ? scrub(name, value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** Events of a shop alone. A server's SDK has the products among the properties, as the page's code has. */
function withCommerce(touchpoint: Touchpoint, { products, props: given }: Record<string, unknown>): ParsedTouchpoint {
  if (touchpoint.type !== "track" || !isCommerceEvent(touchpoint.name)) return { ok: true, value: touchpoint };
  const nested = isRecord(given) ? given.products : undefined;
  const { left, ...commerce } = readCommerce(touchpoint.props, products ?? nested);
  const value: Touchpoint = { ...touchpoint, props: commerce.props };
  if (commerce.products.length > 0) value.products = commerce.products;
  return left.length > 0 ? { ok: true, value, left } : { ok: true, value };
}

/** A time as the wire has it: whole milliseconds since 1970. */
export function isTime(value: unknown): value is number {
  return isIntegerWithin(value, AT_MAX);
}

function isIntegerWithin(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

/** Cuts query, fragment and credentials, and scrubs the path: they carry secrets far more often than meaning (S20). */
function parseUrl(value: unknown): Parsed<string> {
  if (value === "") return { ok: true, value: "" };
  if (typeof value !== "string") return refuse("malformed", "url", "a string");
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return refuse("malformed", "url", "an absolute URL, or empty");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return refuse("malformed", "url", "an http or https URL");
  const kept = `${url.protocol}//${url.host}${scrubPath(url.pathname)}`;
  return kept.length > URL_MAX
    ? refuse("too-long", "url", `at most ${URL_MAX} characters without query and fragment`)
    : { ok: true, value: kept };
}

/** Keeps scalars. What is nested is left out: no reader of ours looks into it. */
function parseProps(value: unknown): Parsed<Props> {
  if (!isRecord(value)) return refuse("malformed", "props", "an object");
  const keys = Object.keys(value).filter((key) => !POISONED_KEYS.includes(key));
  if (keys.length > PROPS_MAX) return refuse("too-many", "props", `at most ${PROPS_MAX} properties`);
  const props: Props = {};
  for (const key of keys) {
    const prop = value[key];
    if (key.length > PROP_KEY_MAX) return refuse("too-long", "props", `keys of at most ${PROP_KEY_MAX} characters`);
    if (typeof prop === "string" && prop.length > PROP_TEXT_MAX) {
      return refuse("too-long", `props.${key}`, `at most ${PROP_TEXT_MAX} characters`);
    }
    if (prop === null || typeof prop === "string" || typeof prop === "number" || typeof prop === "boolean") {
      props[key] = prop;
    }
  }
  return { ok: true, value: props };
}

function withReservation(touchpoint: Touchpoint): Parsed<Touchpoint> {
  const { reservation, outcome } = touchpoint.props;
  if (typeof reservation !== "string" || reservation === "") {
    return refuse("malformed", "props.reservation", "the reservation that the decision named");
  }
  return isOutcome(outcome)
    ? { ok: true, value: touchpoint }
    : refuse("malformed", "props.outcome", `one of ${OUTCOMES.join(", ")}`);
}
