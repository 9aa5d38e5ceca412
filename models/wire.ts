/**
 * Every message between a page and the edge, both directions (DESIGN §5). JSON, because a page can send it as
 * `text/plain` without a CORS preflight. A receiver leaves out fields it does not know, so either side may be older.
 */
import { withoutClickIds } from "./arrival.ts";
import { type ConsentMode, permits, readMode, readStamp, type Signals, type Stamp } from "./consent.ts";
import type { CampaignKind, Content } from "./content.ts";
import type { FeatureState } from "./features.ts";
import { isAskId, isSecret, isStreamId, type Proof, readProof } from "./identity.ts";
import type { ScoringEngine } from "./site-config.ts";
import {
  AT_MAX,
  isRecord,
  isTime,
  NAME_MAX,
  type Parsed,
  parseTouchpoint,
  type RefusalReason,
  refuse,
  type Touchpoint,
} from "./touchpoint.ts";

export const WIRE_VERSION = 1;

/** `POST /v1/collect`, body at most this many bytes of UTF-8: 256 KiB, written out because the tag would carry the product. The page stays below `BATCH_MAX` touchpoints itself. */
export const COLLECT_BYTES_MAX = 262_144;
export const BATCH_MAX = 500;
export const STREAMS_MAX = 16;
export const ASKS_MAX = 8;
/** A page-hide flush may carry this much: browsers stop `keepalive` bodies at 64 KiB in flight. */
export const KEEPALIVE_BYTES_MAX = 60_000;
/** An ask is answered only this long after its `at`. */
export const ASK_VALID_MS = 10_000;
/** Unfaithful clocks aside, nothing that the outbox may still send can be older than this. */
export const TOO_OLD_MS = 604_800_000;

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
  /** What ran the model on the page. */
  engine?: ScoringEngine;
  /** Of a link that shows one variant of a campaign to whoever tries it out: `on` is "preview". */
  preview?: string;
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
  /** The page is being debugged: it is one of the site's own people. */
  debug?: true | undefined;
  /** Who the visitor is, by the word of the site's server: sent until the edge has answered to it. */
  identity?: Proof | undefined;
}

/** Closed set: why a campaign was or was not chosen. The visitor's "why" and the team's "why not" read the same record. */
export type DecisionReason =
  | "chosen"
  | "no-consent"
  | "stale-ask"
  | "no-campaign"
  | "preview"
  | "other-trigger"
  | "turned-off"
  | "draft"
  | "paused"
  | "ended"
  | "not-scheduled"
  | "quiet-hours"
  | "goal-reached"
  | "other-stage"
  | "nothing-waits"
  | "band-not-reached"
  | "not-in-audience"
  | "other-group"
  | "dismissed"
  | "less-wanted"
  | "capped"
  | "too-frequent"
  | "too-soon"
  | "no-budget"
  | "holdout"
  | "global-holdout"
  | "another-chosen"
  | "another-reserved";

/** Why one campaign was or was not chosen. */
export interface Considered {
  campaign: string;
  version: number;
  reason: DecisionReason;
}

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
  /** Absent from an edge that is older: "nudge". */
  kind?: CampaignKind;
  /** In one language, which `language` names, with every slot filled. */
  content?: Content;
  language?: string;
  /** Of the kind "data": JSON text, whatever the site's own code makes of it. */
  data?: string;
  /** Of a checklist: the items that are done. */
  done?: string[];
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

/**
 * Where `field` is a part that a touchpoint can do without (`products.3.price`), the rest of it is kept. An ask that was
 * left out is named here as well: `stream` is "" and `seq` -1.
 */
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
  /** What servers may call this visitor as `anonymousId`; absent at an edge that is older. */
  visitor?: string;
  /**
   * Present where the site's own host kept an earlier secret of this browser, whose visitor the batch was taken for: the
   * page goes on under it.
   */
  secret?: string;
  /** Present where the edge holds a later choice than the batch's stamp. */
  consent?: Stamp;
  /** Version of the configuration that decided: a page with an older one fetches it anew. */
  config?: number;
  /** The object's feature state, where it has seen more than the page's batches. */
  features?: FeatureState;
  /** A trigger that waits for this visitor, because of what a server told, or what happened before: the page asks at once, or in `onInMs`. */
  on?: string;
  onInMs?: number;
  /** Present where the batch carried a proof: whether the journey is the user's now. What was refused is refused again. */
  identity?: "proven" | "refused";
  /** The visitor was erased. `consent` grants nothing then, so that the page forgets who it was. */
  erased?: true;
}

/** The subprotocol of `GET /v1/live` and of a team's live map: a list of it, and a token, is what a browser can send. */
export const LIVE_PROTOCOL = "waypost.1";
/** Why the edge closes a socket, where it is not the platform that does: a page does not come back by itself then. */
export const LIVE_CLOSED = { withdrawn: 4001, crowded: 4002, spoken: 4003 } as const;

/** What an open page is told over its socket: to look again, never what to show. */
export interface LiveMessage {
  v: typeof WIRE_VERSION;
  /** The edge's clock, ms since 1970: a page that connects again names the last one, and hears what it missed since. */
  at: number;
  /** Features with what other tabs, devices and servers did, by the page's own clock. */
  features?: FeatureState;
  /** The trigger of a stage that the visitor is in by them, or of what a server has told: the page asks at once. */
  on?: string;
}

/** `POST /v1/consent`. Without `secret` (a refusal): no id, counted only. */
export interface ConsentRequest {
  v: number;
  site: string;
  secret?: string;
  consent: Stamp;
  /** "" where nothing was chosen, only done (an objection): then `consent.purposes` are what the place permits without. */
  policy: string;
  /** `PublishedConsent.mode` when the visitor chose. */
  mode?: ConsentMode | undefined;
  /** `PublishedConsent.notice` of what the visitor was shown. Absent from pages that are older, as what follows. */
  notice?: string;
  language: string;
  control: (typeof CONTROLS)[number];
  surface?: (typeof SURFACES)[number];
  /** What the browser says by itself. */
  signals?: Signals;
}

/** Where the visitor chose; "campaign" in something that a campaign showed; "api" where the site's own code, or another tool's choice, called. */
const SURFACES = ["banner", "centre", "control", "campaign", "api", "privacy-page"] as const;
export type ConsentSurface = (typeof SURFACES)[number];

/** Which control the visitor pressed; "api" is the site's own call of `consent.set`, "reset" of `reset`. */
const CONTROLS = ["accept", "reject", "save", "object", "withdraw", "api", "reset"] as const;

export interface ConsentReply {
  v: typeof WIRE_VERSION;
  recorded: boolean;
}

/** RFC 9457 problem details. `type` is stable: `https://waypost.dev/problems/…` is a name, not an address to fetch. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  field?: string;
  bound?: string;
}

/** A batch after the border: what is well-formed, and what was refused with its place. */
export interface ParsedCollect extends CollectRequest {
  refused: RefusedTouchpoint[];
}

/**
 * Reads an untrusted collect body. One bad touchpoint is refused, one bad ask is left out, and the others are kept; a
 * batch without a usable frame (site, visitor, clock, stamp, lists within their bounds) is refused whole.
 */
export function parseCollect(value: unknown): Parsed<ParsedCollect> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const { site, person, secret, sentAt } = value;
  if (typeof site !== "string" || site === "") return refuse("malformed", "site", "the public key of the script tag");
  if (person !== undefined && typeof person !== "string") return refuse("malformed", "person", "a token");
  if (secret !== undefined && !isSecret(secret)) return refuse("malformed", "secret", "22 characters of base64url");
  if (person === undefined && secret === undefined) return refuse("malformed", "secret", "present where person is not");
  if (!isTime(sentAt)) {
    return refuse("out-of-range", "sentAt", `whole milliseconds from 0 to ${AT_MAX}`);
  }
  const consent = readStamp(value.consent);
  if (!consent) return refuse("malformed", "consent", "{rev, purposes}");
  const streams = parseStreams(value.streams ?? [], permits(consent, "sharing"));
  if (!streams.ok) return streams;
  const asks = parseAsks(value.asks ?? []);
  if (!asks.ok) return asks;
  return {
    ok: true,
    value: {
      v: WIRE_VERSION,
      site,
      ...(person === undefined ? {} : { person }),
      ...(secret === undefined ? {} : { secret }),
      sentAt,
      consent,
      streams: streams.value.streams,
      asks: asks.value.asks,
      ...(value.debug === true ? { debug: true } : {}),
      ...(value.identity === undefined ? {} : { identity: readProof(value.identity) }),
      refused: [...streams.value.refused, ...asks.value.refused],
    },
  };
}

/** `shares`: whether the batch's stamp grants `sharing`. */
function parseStreams(value: unknown, shares: boolean): Parsed<Pick<ParsedCollect, "streams" | "refused">> {
  if (!Array.isArray(value)) return refuse("malformed", "streams", "a list");
  if (value.length > STREAMS_MAX) return refuse("too-many", "streams", `at most ${STREAMS_MAX}`);
  const streams: StreamBatch[] = [];
  const refused: RefusedTouchpoint[] = [];
  let count = 0;
  for (const [i, batch] of value.entries()) {
    if (!isRecord(batch) || !isStreamId(batch.stream)) {
      return refuse("malformed", `streams.${i}.stream`, "11 characters of base64url");
    }
    if (!Array.isArray(batch.touchpoints)) return refuse("malformed", `streams.${i}.touchpoints`, "a list");
    count += batch.touchpoints.length;
    if (count > BATCH_MAX) return refuse("too-many", "streams", `at most ${BATCH_MAX} touchpoints in all`);
    const { stream } = batch;
    const touchpoints: Touchpoint[] = [];
    for (const item of batch.touchpoints) {
      const parsed = parseTouchpoint(item);
      const wrong = parsed.ok ? (parsed.left ?? []) : [parsed];
      for (const { reason, field, bound } of wrong) refused.push({ stream, seq: seqOf(item), reason, field, bound });
      if (parsed.ok) touchpoints.push(shares ? parsed.value : withoutClickIds(parsed.value));
    }
    streams.push({ stream, touchpoints });
  }
  return { ok: true, value: { streams, refused } };
}

/** The seq by which a sender can find a refused touchpoint, -1 where it has none. */
function seqOf(item: unknown): number {
  return isRecord(item) && Number.isSafeInteger(item.seq) ? (item.seq as number) : -1;
}

/** Longest token of a preview. */
const PREVIEW_MAX = 512;
const SCORING_ENGINES: readonly ScoringEngine[] = ["compact", "onnxruntime-web"];

function parseAsks(value: unknown): Parsed<Pick<ParsedCollect, "asks" | "refused">> {
  if (!Array.isArray(value)) return refuse("malformed", "asks", "a list");
  if (value.length > ASKS_MAX) return refuse("too-many", "asks", `at most ${ASKS_MAX}`);
  const asks: Ask[] = [];
  const refused: RefusedTouchpoint[] = [];
  for (const [i, item] of value.entries()) {
    const parsed = parseAsk(item, `asks.${i}`);
    if (parsed.ok) asks.push(parsed.value);
    else refused.push({ stream: "", seq: -1, reason: parsed.reason, field: parsed.field, bound: parsed.bound });
  }
  return { ok: true, value: { asks, refused } };
}

function parseAsk(item: unknown, place: string): Parsed<Ask> {
  if (!isRecord(item) || !isAskId(item.ask)) return refuse("malformed", `${place}.ask`, "22 characters of base64url");
  const { ask, at, on, score = null, model = null } = item;
  if (!isTime(at)) {
    return refuse("out-of-range", `${place}.at`, `whole milliseconds from 0 to ${AT_MAX}`);
  }
  if (typeof on !== "string" || on.length > NAME_MAX) {
    return refuse("malformed", `${place}.on`, `a trigger of at most ${NAME_MAX} characters`);
  }
  if (score !== null && !(typeof score === "number" && score >= 0 && score <= 1)) {
    return refuse("out-of-range", `${place}.score`, "0 to 1, or null");
  }
  if (model !== null && !(typeof model === "string" && model.length <= NAME_MAX)) {
    return refuse("malformed", `${place}.model`, `at most ${NAME_MAX} characters, or null`);
  }
  const { preview } = item;
  if (preview !== undefined && !(typeof preview === "string" && preview.length <= PREVIEW_MAX)) {
    return refuse("malformed", `${place}.preview`, `a token of at most ${PREVIEW_MAX} characters`);
  }
  const engine = SCORING_ENGINES.find((known) => known === item.engine);
  return {
    ok: true,
    value: { ask, at, on, score, model, ...(engine ? { engine } : {}), ...(preview === undefined ? {} : { preview }) },
  };
}

/** Reads an untrusted consent request. A secret is optional: a refusal carries none. */
export function parseConsent(value: unknown): Parsed<ConsentRequest> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const { site, secret, policy, language } = value;
  if (typeof site !== "string" || site === "") return refuse("malformed", "site", "the public key of the script tag");
  if (secret !== undefined && !isSecret(secret)) return refuse("malformed", "secret", "22 characters of base64url");
  const consent = readStamp(value.consent);
  if (!consent) return refuse("malformed", "consent", "{rev, purposes}");
  if (typeof policy !== "string" || policy.length > NAME_MAX) return refuse("malformed", "policy", "the policy's hash");
  if (typeof language !== "string" || language.length > 35) return refuse("malformed", "language", "a BCP 47 tag");
  const control = CONTROLS.find((known) => known === value.control);
  if (!control) return refuse("malformed", "control", `one of ${CONTROLS.join(", ")}`);
  if (secret === undefined && consent.purposes.includes("analytics")) {
    return refuse("malformed", "secret", "present where analytics is granted");
  }
  const { notice, signals } = value;
  if (notice !== undefined && !(typeof notice === "string" && notice.length <= NAME_MAX)) {
    return refuse("malformed", "notice", "the notice's hash");
  }
  const surface = SURFACES.find((known) => known === value.surface);
  const mode = readMode(value.mode);
  const { gpc, dnt } = isRecord(signals) ? signals : {};
  return {
    ok: true,
    value: {
      v: WIRE_VERSION,
      site,
      ...(secret === undefined ? {} : { secret }),
      consent,
      policy,
      ...(mode ? { mode } : {}),
      ...(notice === undefined ? {} : { notice }),
      language,
      control,
      ...(surface ? { surface } : {}),
      ...(isRecord(signals) ? { signals: { gpc: gpc === true, dnt: dnt === true } } : {}),
    },
  };
}
