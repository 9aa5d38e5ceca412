/** Automatic types are ours (capture makes them); the others are the Segment spec's. */
export const TOUCHPOINT_TYPES = [
  "page",
  "track",
  "identify",
  "group",
  "alias",
  "screen",
  "click",
  "form_start",
  "form_submit",
  "leave",
  "outcome",
] as const;

export type TouchpointType = (typeof TOUCHPOINT_TYPES)[number];
export type Scalar = string | number | boolean | null;
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
}

/** Why an untrusted value was refused. Final: the sender must not send it again. */
export const REFUSAL_REASONS = [
  "malformed",
  "unknown-type",
  "too-long",
  "too-many",
  "out-of-range",
  "too-old",
  "too-sparse",
  "consent",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Refusal {
  ok: false;
  reason: RefusalReason;
  /** Path of the value that is wrong, as the sender wrote it: "props.plan". */
  field: string;
  /** The bound that it broke, in words a sender can act on: "at most 128 characters". */
  bound: string;
}
export type Parsed<T> = { ok: true; value: T } | Refusal;

/** Longest name. Lengths here are UTF-16 code units, as `String.length` counts. */
export const NAME_MAX = 128;
/** Longest URL after query and fragment are cut; browsers and proxies allow more, no page needs it. */
export const URL_MAX = 1024;
export const PROPS_MAX = 32;
export const PROP_KEY_MAX = 64;
export const PROP_TEXT_MAX = 512;
/** Largest seq: a page that made one touchpoint a millisecond would need 24 days to reach it. */
export const SEQ_MAX = 2 ** 31 - 1;
/** 9999-12-31 in ms: later than any clock that is merely wrong. */
export const AT_MAX = 253_402_300_799_999;
