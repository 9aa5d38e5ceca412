import { channelOf } from "./acquisition.ts";
import { arrivalOf } from "./arrival.ts";
import { orderOf } from "./commerce.ts";
import { keepsImported, keepsTouchpoint, latest, NO_CONSENT, type Stamp } from "./consent.ts";
import { type Device, deviceIndex, heldOf, withChoice } from "./devices.ts";
import { ENTRY_TEXT_MAX, type Entry, type OrderEntry } from "./entry.ts";
import type { Excluded } from "./excluded.ts";
import { fingerprint } from "./fingerprint.ts";
import { EMPTY_FOLDED, type Folded, merge } from "./journey.ts";
import { type PushState, withChanges } from "./journey-push.ts";
import type { LatelyByStream } from "./live.ts";
import type { Measured } from "./measure.ts";
import { type Message, withMessages } from "./messages.ts";
import type { CampaignRecord, Reservation } from "./outcome.ts";
import { withOutcome } from "./reaction.ts";
import type { Journey } from "./site-config.ts";
import { pathOf, stageOf } from "./stage.ts";
import {
  holdsSeq,
  RUNS_MAX,
  remembered,
  STREAMS_BYTES_MAX,
  type StreamRecord,
  type Streams,
  skewOf,
  withoutSeqs,
  withRun,
  withSeq,
} from "./streams.ts";
import type { RefusalReason, Touchpoint } from "./touchpoint.ts";
import type { Waiting } from "./waiting.ts";
import type { AckedStream, Considered, DecisionReason, RefusedTouchpoint } from "./wire.ts";
import { TOO_OLD_MS } from "./wire.ts";

const CONTEXT_MAX = 64;
/** A thousand million: a sum of millions of orders stays a whole number that a float64 holds exactly. */
const MILLI_MAX = 1e12;

/** One answered ask: the record that the visitor's "why" and the team's "why not" both read. */
export interface DecisionRecord {
  ask: string;
  /** When it was decided, ms since 1970 by the edge's clock. */
  at: number;
  on: string;
  /** Configuration version that decided. */
  config: number;
  /** The edge's score, its model, and the page's own; null where the trigger is not a score. */
  score: { value: number; model: string; page: number | null; unverified: boolean } | null;
  considered: Considered[];
  reason: DecisionReason;
  /** Id of the reservation, where something was to be shown. */
  reservation: string | null;
  why: string[];
}

/** Where a journey's pushes go, and the configuration that its stages were last read by: enough for an alarm. */
export interface Home {
  site: string;
  /** Pseudonym on the map, and the shard that holds its rows. */
  person: string;
  shard: string;
  config: number;
}

/** A journey that has become part of another's. */
export interface Moved {
  /** The visitor whose journey it is part of. */
  to: string;
  merge: string;
  /** ms since 1970 by the edge's clock. */
  at: number;
  /** Whether the other has taken it in. Until then nothing is given to either. */
  done: boolean;
  /** The user's journey that this browser was part of before, which has not let go of it yet. */
  leaves?: string;
  /** It is being taken apart again. */
  parting?: true;
}

/** Everything that one journey object keeps. */
export interface JourneyState {
  streams: Streams;
  folded: Folded;
  /** The latest choice seen, on a batch or at the ledger; of a user with several devices, what all of them permit together. */
  consent: Stamp;
  /** Of a user's journey: the browsers that it is made of, each with its own choice. Kept beside the state. */
  devices?: Device[];
  /** Calls without a seq that are known; absent before the first. Kept beside the state. */
  messages?: Message[];
  /** Since when nothing is done with it, ms since 1970; absent: it is not restricted. */
  restrictedAt?: number;
  /** Where this journey went when its visitor was proven to be a user: then it takes nothing more. */
  moved?: Moved;
  records: Record<string, CampaignRecord>;
  reservations: Reservation[];
  decisions: DecisionRecord[];
  push: PushState;
  home: Home | null;
  /** What `identify` said of the visitor, as far as the site has declared it and `personalization` permits; null for none. */
  traits: { at: number; values: Record<string, string | number | boolean> } | null;
  /** What servers have told and a campaign is to answer when a page asks; absent before the first. */
  waiting?: Waiting[];
  /** By checklist: the items that are done, in the order of their doing. */
  ticked?: Record<string, string[]>;
  /** When the visitor turned all campaigns off, and their choice of then: a later one that permits them turns them on. */
  off?: { at: number; rev: number; device: string | null };
  /** What came of first exposures, and what asks and showings of the last visit's day came to; absent before the first. */
  measured?: Measured[];
  tally?: { day: number; counts: Record<string, number> };
  /** For pages that connect again; absent before the first touchpoint that was no history. */
  lately?: LatelyByStream;
  /** First batch, ms since 1970 by the edge's clock: tells this life of a person from an earlier one that was erased. */
  bornAt: number;
  /** Last batch, ms since 1970 by the edge's clock: expiry counts from here. */
  receivedAt: number;
}

export const EMPTY_STATE: JourneyState = {
  streams: {},
  folded: EMPTY_FOLDED,
  consent: NO_CONSENT,
  records: {},
  reservations: [],
  decisions: [],
  push: { no: 0, dirty: {}, sealed: {} },
  home: null,
  traits: null,
  bornAt: 0,
  receivedAt: 0,
};

/** What one producer sends in a batch. */
export interface ReceivedStream {
  stream: string;
  touchpoints: Touchpoint[];
  /** A call without a seq: `stream` is the digest of its id, and it has one touchpoint, of seq 0. */
  message?: true;
  /** Seqs of which this visitor has no others than those in the batch, or has had their answer: closed intervals. */
  covers?: [number, number][];
  /** In place of the batch's own. */
  context?: string;
  excluded?: Excluded | "";
}

/** A batch after the border: touchpoints are well-formed. Times in ms since 1970. */
export interface Received {
  streams: ReceivedStream[];
  /**
   * Null for an import: the site's declared basis stands in for a choice, event time is the clock, so no skew is taken
   * out and nothing is too old.
   */
  stamp: Stamp | null;
  sentAt: number;
  receivedAt: number;
  /** What the request said of the browser, "" for servers: see `Entry.context`. */
  context?: string;
  /** Why the batch counts beside the map, "" where it counts in it. */
  excluded?: Excluded | "";
  /** The browser that it comes from, where the journey is a user's; null or absent where it has but one. */
  device?: string | null;
  /** How many calls without a seq its sender made of this visitor at once: see `withMessages`. */
  keeps?: number;
  /** What happened up to then belongs to somebody who was erased, ms since 1970; 0 or absent: nothing does. */
  erasedAt?: number;
}

/** A touchpoint that was accepted, as it came and as the journey keeps it. */
export interface Accepted {
  touchpoint: Touchpoint;
  entry: Entry;
}

export interface Receipt {
  state: JourneyState;
  acked: AckedStream[];
  refused: RefusedTouchpoint[];
  /** The new ones, in the order of the batch. */
  accepted: Accepted[];
  /** Those that the journey had already. */
  duplicates: { stream: string; seq: number }[];
  /** The latest choice of whoever sent the batch. */
  consent: Stamp;
}

/**
 * Takes a batch into a journey: consent, clocks, duplicates, order, outcomes. Everything in it is acknowledged, kept
 * or refused for good; what was refused is named. Nothing of the argument is changed.
 */
export function receive(before: JourneyState, batch: Received, journey: Journey): Receipt {
  const from = batch.stamp ? (batch.device ?? null) : null;
  const chosen = batch.stamp ? withChoice(before, from, batch.stamp, batch.receivedAt) : before;
  const consent = batch.stamp ? latest(heldOf(before, from), batch.stamp) : before.consent;
  const keeps = batch.stamp ? keepsTouchpoint(batch.stamp, consent) : keepsImported(consent);
  const isOpen = chosen.devices ? openStreams(before.folded) : () => false;
  const streams = { ...remembered(before.streams, batch.receivedAt, { isOpen }) };
  // What a server tells of a browser that is part of a user's journey is that browser's: it goes where that goes.
  const owner = batch.device ?? null;
  const device = owner === null ? -1 : deviceIndex(chosen, owner);
  const own = device < 0 ? {} : { device };
  const accepted: Accepted[] = [];
  const refused: RefusedTouchpoint[] = [];
  const outcomes: Accepted[] = [];
  const duplicates: Receipt["duplicates"] = [];
  const messages: Message[] = [];
  const known = new Set((before.messages ?? []).map(([id]) => id));
  for (const told of batch.streams) {
    const { stream, touchpoints, message, covers } = told;
    let record: StreamRecord = streams[stream] ?? { ...newStream(batch), ...own };
    const isKnown = message && known.has(stream);
    const cover = coverOf(record.runs, covers);
    const barred: number[] = [];
    const taken = new Set<number>();
    for (const touchpoint of touchpoints) {
      const { seq } = touchpoint;
      if (isKnown || holdsSeq(record.runs, seq) || taken.has(seq)) {
        duplicates.push({ stream, seq });
        continue;
      }
      const at = Math.min(touchpoint.at + record.skewMs, batch.receivedAt);
      // What is covered becomes part of one run, with all that lies between: it needs none of its own.
      const runs = holdsSeq(cover, seq) ? record.runs : withSeq(record.runs, seq);
      const bar = barOf(at, { before, batch, keeps }) ?? (runs ? null : BARS["too-sparse"]);
      if (bar || !runs) {
        refused.push({ stream, seq, ...(bar ?? BARS["too-sparse"]) });
        barred.push(seq);
        continue;
      }
      record = { ...record, runs };
      taken.add(seq);
      if (message) messages.push(device < 0 ? [stream] : [stream, device]);
      if (message) known.add(stream);
      const one = { touchpoint, entry: toEntry(touchpoint, { told, at, journey, batch }) };
      accepted.push(one);
      if (touchpoint.type === "outcome") outcomes.push(one);
    }
    if (message || record.runs.length + taken.size === 0) continue;
    streams[stream] = { ...record, runs: runsWith(record.runs, cover, barred), seenAt: batch.receivedAt };
  }
  const { folded, changed } = merge(
    before.folded,
    accepted.map(({ entry }) => entry),
    journey,
  );
  const state: JourneyState = {
    ...chosen,
    streams: remembered(streams, batch.receivedAt, { bytesMax: streamsBytes(folded, streams), isOpen }),
    folded,
    ...(messages.length > 0 ? { messages: withMessages(before.messages ?? [], messages, batch.keeps) } : {}),
    push: accepted.length > 0 ? withChanges(before, { folded, changed }, journey) : before.push,
    bornAt: before.bornAt || batch.receivedAt,
    receivedAt: batch.receivedAt,
  };
  return {
    state: outcomes.reduce((next, one) => withOutcome(next, one, from), state),
    acked: batch.streams.map(({ stream, touchpoints }) => ({ stream, seqs: runsOf(touchpoints.map((t) => t.seq)) })),
    refused,
    accepted,
    duplicates,
    consent,
  };
}

/** What of an import's word is taken: all, or nothing where it would leave more runs than a stream may have. */
function coverOf(runs: StreamRecord["runs"], covers: [number, number][] = []): [number, number][] {
  return covers.reduce(withRun, runs).length > RUNS_MAX ? [] : covers;
}

/** The runs with what is covered, but for what was refused: that may be taken later. Where it would leave too many holes it is closed. */
function runsWith(
  runs: StreamRecord["runs"],
  cover: [number, number][],
  barred: readonly number[],
): [number, number][] {
  const open = withoutSeqs(cover, barred).reduce(withRun, runs);
  return open.length > RUNS_MAX ? cover.reduce(withRun, runs) : open;
}

/** Which streams have touchpoints that are still open: only while it is known whose they are can they be taken apart. */
function openStreams({ ring }: Folded): (stream: string) => boolean {
  const open = new Set(ring.map(({ stream }) => stream));
  return (stream) => open.has(stream);
}

/** What a checkpoint of many stages takes beyond this share of 32 KB, bytes, is taken from the streams. */
const CHECKPOINT_BYTES = 4 * 1024;

/** What the id of a message takes in the ring, as JSON, bytes: a page's stream stands there once. */
const MESSAGE_BYTES = 14;

function streamsBytes({ checkpoint, ring }: Folded, streams: Streams): number {
  const alone = ring.filter(({ stream }) => !(stream in streams)).length;
  return STREAMS_BYTES_MAX - Math.max(0, JSON.stringify(checkpoint).length - CHECKPOINT_BYTES) - alone * MESSAGE_BYTES;
}

const BARS = {
  consent: { reason: "consent", field: "consent", bound: "analytics granted then and now" },
  erased: { reason: "erased", field: "at", bound: "after the visitor's erasure" },
  restricted: { reason: "restricted", field: "", bound: "of a journey that its visitor has not restricted" },
  "too-old": { reason: "too-old", field: "at", bound: "at most 7 days before it is received" },
  "too-sparse": { reason: "too-sparse", field: "seq", bound: "at most 256 separate runs of seqs in a stream" },
} as const satisfies Record<string, { reason: RefusalReason; field: string; bound: string }>;

/** Why a touchpoint at this time is not taken, whatever it is; null where it may be. */
function barOf(
  at: number,
  { before, batch, keeps }: { before: JourneyState; batch: Received; keeps: boolean },
): (typeof BARS)[keyof typeof BARS] | null {
  if (before.restrictedAt) return BARS.restricted;
  if (at <= (batch.erasedAt ?? 0)) return BARS.erased;
  if (!keeps) return BARS.consent;
  return isTooOld(at, batch) ? BARS["too-old"] : null;
}

function newStream({ stamp, sentAt, receivedAt }: Received): StreamRecord {
  const skewMs = stamp ? skewOf(sentAt, receivedAt) : 0;
  return { runs: [], skewMs, seenAt: receivedAt, imported: stamp === null };
}

function isTooOld(at: number, { stamp, receivedAt }: Received): boolean {
  return stamp !== null && receivedAt - at > TOO_OLD_MS;
}

function toEntry(
  touchpoint: Touchpoint,
  { told, at, journey, batch }: { told: ReceivedStream; at: number; journey: Journey; batch: Received },
): Entry {
  const { stream, context = batch.context ?? "", excluded = batch.excluded ?? "" } = told;
  const { seq, type, name, url, channel = "", source } = touchpoint;
  const arrival = arrivalOf(touchpoint);
  const order = orderEntry(touchpoint);
  return {
    at,
    stream,
    seq,
    type,
    stage: stageOf(journey, touchpoint),
    name: name.slice(0, ENTRY_TEXT_MAX),
    path: pathOf(url).slice(0, ENTRY_TEXT_MAX),
    // A page says what brought its visitor: the site itself is no channel.
    channel: type === "page" ? ((arrival && channelOf(arrival)?.channel) ?? "") : channel,
    context: context.slice(0, CONTEXT_MAX),
    excluded,
    ...(order ? { order } : {}),
    ...(source ? { source } : {}),
  };
}

/** Orders that were paid or paid back; an update or a cancellation says nothing of money that is comparable. */
function orderEntry(touchpoint: Touchpoint): OrderEntry | null {
  const order = orderOf(touchpoint);
  if (order?.kind !== "completed" && order?.kind !== "refunded") return null;
  const { kind, orderId, revenue, currency } = order;
  const milli = Math.round(Math.min(MILLI_MAX, Math.max(-MILLI_MAX, (revenue ?? 0) * 1000)));
  // -0 is not 0 to who compares what was stored with what is in memory.
  return { kind, id: orderId === "" ? "" : fingerprint(orderId), milli: milli || 0, currency };
}

/** The closed intervals that a list of seqs makes. */
function runsOf(seqs: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const seq of seqs.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && seq <= last[1] + 1) last[1] = seq;
    else runs.push([seq, seq]);
  }
  return runs;
}
