/**
 * Every message between a page and the edge, both directions (DESIGN §5). JSON, because a page can send it as
 * `text/plain` without a CORS preflight. A receiver leaves out fields it does not know, so either side may be older.
 */
import type { Stamp } from "./consent.ts";
import type { FeatureState } from "./features.ts";
import type { NudgeContent, PublishedConfig } from "./site-config.ts";
import type { RefusalReason, Touchpoint } from "./touchpoint.ts";

export const WIRE_VERSION = 1;

/** `POST /v1/collect`, body at most this many bytes of UTF-8. The page stays below `BATCH_MAX` touchpoints itself. */
export const COLLECT_BYTES_MAX = 256 * 1024;
export const BATCH_MAX = 500;
export const STREAMS_MAX = 16;
export const ASKS_MAX = 8;
/** A page-hide flush may carry this much: browsers stop `keepalive` bodies at 64 KiB in flight. */
export const KEEPALIVE_BYTES_MAX = 60_000;
/** An ask is answered only this long after its `at`. */
export const ASK_VALID_MS = 10_000;
/** From the sending of the ask, by the page's clocks, until the page must not show any more. */
export const RESERVATION_MS = 60_000;
/** From its making, until the object forgets a reservation that nobody reported. */
export const RESERVATION_COUNTED_MS = 90_000;
/** The page drops unsent touchpoints after this; the object forgets a page's stream later (`STREAM_FORGOTTEN_MS`). */
export const OUTBOX_MAX_AGE_MS = 72 * 3_600_000;
/** Unfaithful clocks aside, nothing that the outbox may still send can be older than this. */
export const TOO_OLD_MS = 7 * 86_400_000;

export interface StreamBatch {
  /** 8 random bytes, base64url, one per page load. */
  stream: string;
  touchpoints: Touchpoint[];
}

/** A question for a decision. Never stored; the same `ask` always gets the same answer. */
export interface Ask {
  /** 16 random bytes, base64url. */
  ask: string;
  /** Page clock, ms since 1970. */
  at: number;
  /** What fired: `stall.high`, `intent.medium`, `stage.checkout`: see `triggerKey`. */
  on: string;
  /** The page's own score 0..1 and the model that gave it; null where the trigger is not a score. */
  score: number | null;
  model: string | null;
}

export interface CollectRequest {
  v: number;
  /** The public key of the script tag. */
  site: string;
  /** The token of an earlier reply; without it, `secret`. */
  person?: string;
  secret?: string;
  /** Page clock at sending, ms since 1970. */
  sentAt: number;
  consent: Stamp;
  streams: StreamBatch[];
  asks: Ask[];
}

/** Closed set: why a campaign was or was not chosen. The visitor's "why" and the team's "why not" read the same record. */
export const DECISION_REASONS = [
  "chosen",
  "no-consent",
  "stale-ask",
  "no-campaign",
  "other-trigger",
  "paused",
  "band-not-reached",
  "other-stage",
  "not-in-audience",
  "goal-reached",
  "capped",
  "holdout",
  "another-chosen",
  "another-reserved",
] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

export interface Decision {
  ask: string;
  verdict: "show" | "none";
  reason: DecisionReason;
  reservation?: string;
  campaign?: string;
  version?: number;
  variant?: string;
  /** Counted from the moment the page sent the ask. */
  expiresInMs?: number;
  content?: NudgeContent;
  /** In plain words, most important first. */
  why?: string[];
  /** The edge could not run the model: the page's own score decided. */
  unverified?: true;
}

export interface AckedStream {
  stream: string;
  /** Closed intervals. Everything in them is kept, or was refused for good: the page forgets it. */
  seqs: [number, number][];
}

export interface RefusedTouchpoint {
  stream: string;
  seq: number;
  reason: RefusalReason;
  field: string;
  bound: string;
}

export interface CollectReply {
  v: typeof WIRE_VERSION;
  acked: AckedStream[];
  refused: RefusedTouchpoint[];
  decisions: Decision[];
  person: string;
  /** Present where the edge holds a later choice than the batch's stamp. */
  consent?: Stamp;
  /** Version of the configuration that decided: a page with an older one fetches it anew. */
  config?: number;
  /** The object's feature state, where it has seen more than the page's batches. */
  features?: FeatureState;
}

/** `POST /v1/consent`. Without `secret` (a refusal): no id, counted only. */
export interface ConsentRequest {
  v: number;
  site: string;
  secret?: string;
  consent: Stamp;
  policy: string;
  language: string;
  control: "accept" | "reject" | "withdraw" | "api";
}

export interface ConsentReply {
  v: typeof WIRE_VERSION;
  recorded: boolean;
}

export type ConfigReply = PublishedConfig;

/** RFC 9457 problem details. `type` is stable: `https://waypost.dev/problems/…` is a name, not an address to fetch. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  field?: string;
  bound?: string;
}
