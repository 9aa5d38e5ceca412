import { keepsImported, keepsTouchpoint, latest, NO_CONSENT, type Stamp } from "./consent.ts";
import {
  type Contribution,
  contributions,
  type Days,
  EMPTY_CONTRIBUTION,
  EMPTY_FOLDED,
  type Entry,
  type Folded,
  merge,
} from "./journey.ts";
import { type CampaignRecord, isOutcome, type Reservation, reported } from "./outcome.ts";
import { CAP_COUNT_MAX, type Journey } from "./site-config.ts";
import { pathOf, stageOf } from "./stage.ts";
import {
  holdsSeq,
  remembered,
  STREAMS_BYTES_MAX,
  type StreamRecord,
  type Streams,
  skewOf,
  withSeq,
} from "./streams.ts";
import type { RefusalReason, Touchpoint } from "./touchpoint.ts";
import type { AckedStream, Considered, DecisionReason, RefusedTouchpoint } from "./wire.ts";
import { TOO_OLD_MS } from "./wire.ts";

/** Longest name and path that the ring keeps: 128 entries of both must fit its share of 32 KB. */
const ENTRY_TEXT_MAX = 40;

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

/** What still has to reach the map. Days are UTC days since 1970. */
export interface PushState {
  /** Rises with every batch that changed the map; the map keeps the row with the greatest. */
  no: number;
  /** Day to the push number that changed it last and was not acknowledged. */
  dirty: Record<number, number>;
  /** Contributions that wait and can no longer be derived from the ring. */
  sealed: Record<number, Contribution>;
}

/** Where a journey's pushes go, and the configuration that its stages were last read by: enough for an alarm. */
export interface Home {
  site: string;
  /** Pseudonym on the map, and the shard that holds its rows. */
  person: string;
  shard: string;
  config: number;
}

/** Everything that one journey object keeps. */
export interface JourneyState {
  streams: Streams;
  folded: Folded;
  /** The latest choice seen, on a batch or at the ledger. */
  consent: Stamp;
  records: Record<string, CampaignRecord>;
  reservations: Reservation[];
  decisions: DecisionRecord[];
  push: PushState;
  home: Home | null;
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
  receivedAt: 0,
};

/** A batch after the border: touchpoints are well-formed. Times in ms since 1970. */
export interface Received {
  streams: { stream: string; touchpoints: Touchpoint[] }[];
  /**
   * Null for an import: the site's declared basis stands in for a choice, event time is the clock, so no skew is taken
   * out and nothing is too old.
   */
  stamp: Stamp | null;
  sentAt: number;
  receivedAt: number;
}

export interface Receipt {
  state: JourneyState;
  acked: AckedStream[];
  refused: RefusedTouchpoint[];
  /** How many touchpoints were new. */
  accepted: number;
  /** Those that the journey had already. */
  duplicates: { stream: string; seq: number }[];
}

/**
 * Takes a batch into a journey: consent, clocks, duplicates, order, outcomes. Everything in it is acknowledged, kept
 * or refused for good; what was refused is named. Nothing of the argument is changed.
 */
export function receive(before: JourneyState, batch: Received, journey: Journey): Receipt {
  const consent = batch.stamp ? latest(before.consent, batch.stamp) : before.consent;
  const keeps = batch.stamp ? keepsTouchpoint(batch.stamp, consent) : keepsImported(consent);
  const streams = { ...remembered(before.streams, batch.receivedAt) };
  const entries: Entry[] = [];
  const refused: RefusedTouchpoint[] = [];
  const outcomes: Touchpoint[] = [];
  const duplicates: Receipt["duplicates"] = [];
  for (const { stream, touchpoints } of batch.streams) {
    let record: StreamRecord = streams[stream] ?? newStream(batch);
    for (const touchpoint of touchpoints) {
      const { seq } = touchpoint;
      if (holdsSeq(record.runs, seq)) {
        duplicates.push({ stream, seq });
        continue;
      }
      const at = Math.min(touchpoint.at + record.skewMs, batch.receivedAt);
      const runs = withSeq(record.runs, seq);
      const bar = !keeps ? BARS.consent : isTooOld(at, batch) ? BARS["too-old"] : runs ? null : BARS["too-sparse"];
      if (bar || !runs) {
        refused.push({ stream, seq, ...(bar ?? BARS["too-sparse"]) });
        continue;
      }
      record = { ...record, runs };
      entries.push(toEntry(touchpoint, { stream, at, journey }));
      if (touchpoint.type === "outcome") outcomes.push(touchpoint);
    }
    if (record.runs.length > 0) streams[stream] = { ...record, seenAt: batch.receivedAt };
  }
  const { folded, changed } = merge(before.folded, entries, journey);
  const state: JourneyState = {
    ...before,
    streams: remembered(streams, batch.receivedAt, streamsBytes(folded)),
    folded,
    consent,
    push: changed.size > 0 ? withChanges(before, folded, changed, journey) : before.push,
    receivedAt: batch.receivedAt,
  };
  return {
    state: outcomes.reduce(withOutcome, state),
    acked: batch.streams.map(({ stream, touchpoints }) => ({ stream, seqs: runsOf(touchpoints.map((t) => t.seq)) })),
    refused,
    accepted: entries.length,
    duplicates,
  };
}

/** What a checkpoint of many stages takes beyond this share of 32 KB, bytes, is taken from the streams. */
const CHECKPOINT_BYTES = 4 * 1024;

function streamsBytes({ checkpoint }: Folded): number {
  return STREAMS_BYTES_MAX - Math.max(0, JSON.stringify(checkpoint).length - CHECKPOINT_BYTES);
}

const BARS = {
  consent: { reason: "consent", field: "consent", bound: "analytics granted then and now" },
  "too-old": { reason: "too-old", field: "at", bound: "at most 7 days before it is received" },
  "too-sparse": { reason: "too-sparse", field: "seq", bound: "at most 64 separate runs of seqs in a stream" },
} as const satisfies Record<string, { reason: RefusalReason; field: string; bound: string }>;

function newStream({ stamp, sentAt, receivedAt }: Received): StreamRecord {
  const skewMs = stamp ? skewOf(sentAt, receivedAt) : 0;
  return { runs: [], skewMs, seenAt: receivedAt, imported: stamp === null };
}

function isTooOld(at: number, { stamp, receivedAt }: Received): boolean {
  return stamp !== null && receivedAt - at > TOO_OLD_MS;
}

function toEntry(touchpoint: Touchpoint, place: { stream: string; at: number; journey: Journey }): Entry {
  const { seq, type, name, url } = touchpoint;
  return {
    at: place.at,
    stream: place.stream,
    seq,
    type,
    stage: stageOf(place.journey, touchpoint),
    name: name.slice(0, ENTRY_TEXT_MAX),
    path: pathOf(url).slice(0, ENTRY_TEXT_MAX),
  };
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

function withOutcome(state: JourneyState, { props }: Touchpoint): JourneyState {
  const { outcome } = props;
  const held = state.reservations.find((r) => r.id === props.reservation);
  if (!held || !isOutcome(outcome)) return state;
  const next = reported(held, outcome);
  const reservations = state.reservations.map((r) => (r === held ? next : r));
  if (next.state !== "shown" || held.state === "shown") return { ...state, reservations };
  const record = state.records[held.campaign] ?? { variant: "treated", countedAt: [], exposedAt: held.at };
  const counted = { ...record, countedAt: [...record.countedAt, held.at].slice(-CAP_COUNT_MAX) };
  return { ...state, reservations, records: { ...state.records, [held.campaign]: counted } };
}

/**
 * Notes which days the map must hear of. A contribution that the ring can no longer give is sealed: kept as it is
 * until the map has acknowledged it.
 */
function withChanges(before: JourneyState, folded: Folded, changed: Days, journey: Journey): PushState {
  const { push } = before;
  const no = push.no + 1;
  const dirty = { ...push.dirty };
  for (const day of changed.keys()) dirty[day] = no;
  const open = contributions(folded, journey);
  const earlier = contributions(before.folded, journey);
  const sealed: PushState["sealed"] = {};
  for (const day of Object.keys(dirty).map(Number)) {
    if (open.has(day)) continue;
    const last = changed.get(day) ?? push.sealed[day] ?? earlier.get(day);
    if (last) sealed[day] = last;
  }
  return { no, dirty, sealed };
}

/** What the map has to be told, with the push number that it must carry. */
export interface Push {
  no: number;
  days: [day: number, contribution: Contribution][];
}

/** The push that is due, or null. Absolute, so that it may be lost, repeated or come out of order. */
export function duePush(state: JourneyState, journey: Journey): Push | null {
  const { no, dirty, sealed } = state.push;
  const open = contributions(state.folded, journey);
  const days = Object.keys(dirty)
    .map(Number)
    .map((day): [number, Contribution] => [day, open.get(day) ?? sealed[day] ?? EMPTY_CONTRIBUTION]);
  return days.length > 0 ? { no, days } : null;
}

/** The state after the map has acknowledged push number `no`: days that changed since then stay due. */
export function acknowledged(state: JourneyState, no: number): JourneyState {
  const due = Object.entries(state.push.dirty).filter(([, since]) => since > no);
  const dirty = Object.fromEntries(due);
  const sealed = Object.fromEntries(Object.entries(state.push.sealed).filter(([day]) => day in dirty));
  return { ...state, push: { ...state.push, dirty, sealed } };
}
