import { isHeldOut } from "./assignment.ts";
import { CAP_COUNT_MAX } from "./campaign.ts";
import { latest, type Stamp } from "./consent.ts";
import { type Device, heldOf, withDevices } from "./devices.ts";
import type { Entry } from "./entry.ts";
import { contributions, differences, type Folded, merge } from "./journey.ts";
import { withChanges } from "./journey-push.ts";
import type { DecisionRecord, JourneyState } from "./journey-state.ts";
import { followed, withDay } from "./measure.ts";
import { type Message, withMessages } from "./messages.ts";
import { type CampaignRecord, keptReservations, type Reservation, rememberedRecords } from "./outcome.ts";
import { isOff } from "./reaction.ts";
import type { Journey } from "./site-config.ts";
import { RUNS_MAX, type StreamRecord, type Streams, withRun } from "./streams.ts";
import { bothWaiting } from "./waiting.ts";

/** As many as `answer` keeps. */
const DECISIONS_KEPT = 20;

/** How one journey becomes part of another: which of both devices' it is, and which try this is. */
export interface Joining {
  /** The visitor of `from`. */
  visitor: string;
  merge: string;
  /** ms since 1970 by the edge's clock. */
  now: number;
}

/**
 * Two journeys that turn out to be one person's: `into` goes on, `from` takes nothing more. What is still open to being
 * put in order is put in order in `into`, and the seqs that `from` has go with it, so that a batch sent again is known.
 * What `from` has sealed stays where it was counted: its days on the map stand, and nothing is counted twice. So the
 * union is the journey of one person to the letter wherever `from` has no checkpoint; else the totals are.
 */
export function unite(
  into: JourneyState,
  from: JourneyState,
  journey: Journey,
  joining: Joining | null = null,
): { into: JourneyState; from: JourneyState } {
  const { ring } = from.folded;
  // Restricted on one device, a person is restricted.
  const restrictedAt = into.restrictedAt ?? from.restrictedAt;
  const joined = joining ? withJoined(into, from, joining) : into;
  const offset = into.devices?.length ?? 0;
  const own = (joined.devices?.length ?? 0) - 1;
  const told = [into, from].flatMap(({ measured = [] }) => measured.map(({ day }) => day));
  const both = withEntries(joined, ring, journey);
  return {
    into: {
      ...told.reduce(withDay, both),
      streams: streamsOfBoth(into.streams, joining ? placed(from.streams, { own, offset }) : from.streams),
      ...messagesOfBoth(into, joining ? placedMessages(from, { own, offset }) : (from.messages ?? [])),
      ...decidedOfBoth(into, from, joining),
      bornAt: into.bornAt || from.bornAt,
      ...(restrictedAt ? { restrictedAt } : {}),
      receivedAt: Math.max(into.receivedAt, from.receivedAt),
    },
    from: { ...withoutMeasured(withoutMessages(withoutEntries(from, () => true, journey))), streams: {} },
  };
}

/** What came of a person's exposures counts once, with the whole person. */
function withoutMeasured({ measured, ...state }: JourneyState): JourneyState {
  return measured ? measured.map(({ day }) => day).reduce(withDay, state) : state;
}

/**
 * Takes a device out of a user's journey again: the touchpoints of its streams that are still open, those that came
 * later too, and the seqs, go back to `from`, and so do the showings that it had counted. What was sealed meanwhile stays
 * where it is counted; what was assigned stays assigned.
 */
export function part(
  into: JourneyState,
  from: JourneyState,
  visitor: string,
  journey: Journey,
): { into: JourneyState; from: JourneyState } {
  const own = (stream: string) => isOf(into, stream, visitor);
  const going = into.folded.ring.filter(({ stream }) => own(stream));
  const streams = Object.entries(into.streams);
  const back = streams.filter(([id]) => own(id)).map(([id, { device: _, ...record }]) => [id, record] as const);
  const left = withoutEntries(into, ({ stream }) => own(stream), journey);
  return {
    into: withDevices(
      {
        ...left,
        streams: Object.fromEntries(streams.filter(([id]) => !own(id))),
        ...(into.messages ? { messages: into.messages.filter(([id]) => !own(id)) } : {}),
        records: withoutShowings(into.records, from.records),
      },
      withoutDevice(into, visitor),
    ),
    from: {
      ...withEntries(from, going, journey),
      streams: streamsOfBoth(from.streams, Object.fromEntries(back)),
      ...messagesOfBoth(from, messagesOf(into, visitor)),
      receivedAt: Math.max(from.receivedAt, into.receivedAt),
    },
  };
}

/** Whether a stream, or a message, is of a device, also of an earlier time that it was here. */
export function isOf({ streams, messages = [], devices }: JourneyState, stream: string, visitor: string): boolean {
  const place = streams[stream]?.device ?? messages.find(([id]) => id === stream)?.[1];
  return place !== undefined && devices?.[place]?.visitor === visitor;
}

/** The devices without one. Its places stay: streams name them. */
export function withoutDevice({ devices = [] }: JourneyState, visitor: string): Device[] {
  return devices.map((device) => (device.visitor === visitor ? { ...device, parted: true } : device));
}

function withJoined(into: JourneyState, from: JourneyState, { visitor, merge, now }: Joining): JourneyState {
  // Where its token came before it, what it chose with that stands.
  const held = heldOf(into, visitor);
  const others = withoutDevice(into, visitor);
  const isUsers = from.devices !== undefined;
  const chosen = latest(held, from.consent);
  const own = { visitor, merge, at: now, stamp: isUsers || !hasChosen(chosen) ? null : chosen };
  return withDevices(into, [...others, ...(from.devices ?? []), own]);
}

function hasChosen({ rev, purposes }: Stamp): boolean {
  return rev > 0 || purposes.length > 0;
}

function withEntries(state: JourneyState, entries: readonly Entry[], journey: Journey): JourneyState {
  if (entries.length === 0) return state;
  const merged = merge(state.folded, entries, journey);
  return { ...state, folded: merged.folded, push: withChanges(state, merged, journey) };
}

function withoutEntries(state: JourneyState, goes: (entry: Entry) => boolean, journey: Journey): JourneyState {
  const ring = state.folded.ring.filter((entry) => !goes(entry));
  const gone = state.folded.ring.length - ring.length;
  if (gone === 0) return state;
  const folded: Folded = { ...state.folded, ring, touchpoints: state.folded.touchpoints - gone };
  const changed = differences(contributions(state.folded, journey), contributions(folded, journey));
  return { ...state, folded, push: withChanges(state, { folded, changed }, journey) };
}

/** The intervals of both, also where both have some of one stream. */
function streamsOfBoth(into: Streams, from: Streams): Streams {
  const streams = { ...from };
  for (const [id, record] of Object.entries(into)) {
    const other = from[id];
    streams[id] = other ? joinedRuns(record, other) : record;
  }
  return streams;
}

/** Streams with the place that their device gets in another journey: `own` for those that have none. */
function placed(streams: Streams, { own, offset }: { own: number; offset: number }): Streams {
  const entries = Object.entries(streams).map(([id, record]) => {
    const device = record.device === undefined ? own : offset + record.device;
    return [id, { ...record, device }] as const;
  });
  return Object.fromEntries(entries);
}

function joinedRuns(record: StreamRecord, other: StreamRecord): StreamRecord {
  let { runs } = record;
  // A run may be as long as a file.
  for (const run of other.runs) {
    const next = withRun(runs, run);
    if (next.length <= RUNS_MAX) runs = next;
  }
  return { ...record, runs, seenAt: Math.max(record.seenAt, other.seenAt) };
}

/** The messages that are of a device, as its own. */
export function messagesOf(state: JourneyState, visitor: string): Message[] {
  return (state.messages ?? []).filter(([id]) => isOf(state, id, visitor)).map(([id]) => [id]);
}

function messagesOfBoth(into: JourneyState, from: readonly Message[]): Pick<JourneyState, "messages"> {
  // A browser's come first: what has happened to the user since is what may come again.
  return from.length > 0 ? { messages: withMessages(from, into.messages ?? []) } : {};
}

/** As `placed`. */
function placedMessages({ messages = [] }: JourneyState, { own, offset }: { own: number; offset: number }): Message[] {
  return messages.map(([id, device]) => [id, device === undefined ? own : offset + device]);
}

function withoutMessages({ messages, ...state }: JourneyState): JourneyState {
  return messages ? { ...state, messages: [] } : state;
}

type Decided = Pick<
  JourneyState,
  "records" | "reservations" | "decisions" | "traits" | "lately" | "waiting" | "measured" | "ticked" | "off"
>;

function decidedOfBoth(into: JourneyState, from: JourneyState, joining: Joining | null): Decided {
  const records: Record<string, CampaignRecord> = {};
  for (const id of new Set([...Object.keys(into.records), ...Object.keys(from.records)].sort())) {
    records[id] = recordOfBoth(into.records[id], from.records[id]);
  }
  const lately = { ...from.lately, ...into.lately };
  const waiting = bothWaiting(into.waiting ?? [], from.waiting ?? [], Math.max(into.receivedAt, from.receivedAt));
  return {
    records: rememberedRecords(records),
    reservations: keptReservations(
      newest(into.reservations, from.reservations, Number.POSITIVE_INFINITY, ({ id }: Reservation) => id),
      Math.max(into.receivedAt, from.receivedAt),
    ),
    decisions: newest(into.decisions, from.decisions, DECISIONS_KEPT, ({ ask }: DecisionRecord) => ask),
    traits: (from.traits?.at ?? 0) > (into.traits?.at ?? 0) ? from.traits : into.traits,
    ...(Object.keys(lately).length > 0 ? { lately } : {}),
    ...(waiting.length > 0 ? { waiting } : {}),
    ...measuredOfBoth(into, from),
    ...tickedOfBoth(into, from),
    ...offOfBoth(into, from, joining),
  };
}

/** Of two first exposures to one version the first is the person's. */
function measuredOfBoth(into: JourneyState, from: JourneyState): Pick<JourneyState, "measured"> {
  const all = [...(into.measured ?? []), ...(from.measured ?? [])].toSorted((a, b) => a.at - b.at);
  const first = all.filter(
    (one, i) => all.findIndex((c) => c.campaign === one.campaign && c.version === one.version) === i,
  );
  return first.length > 0 ? { measured: followed(first) } : {};
}

function tickedOfBoth(into: JourneyState, from: JourneyState): Pick<JourneyState, "ticked"> {
  if (!into.ticked && !from.ticked) return {};
  const ticked = { ...into.ticked };
  for (const [id, items] of Object.entries(from.ticked ?? {}))
    ticked[id] = [...new Set([...(ticked[id] ?? []), ...items])];
  return { ticked };
}

/** Turned off in one browser is off in all, until that browser chooses anew. */
function offOfBoth(into: JourneyState, from: JourneyState, joining: Joining | null): Pick<JourneyState, "off"> {
  if (into.off && isOff(into)) return { off: into.off };
  if (!from.off || !isOff(from)) return {};
  return { off: { ...from.off, device: from.off.device ?? joining?.visitor ?? null } };
}

/** Whose turn came first keeps its arm, for the whole person; of two at the same time the arm that shows nothing. */
function recordOfBoth(a: CampaignRecord | undefined, b: CampaignRecord | undefined): CampaignRecord {
  const [first, second] = [a, b].filter((record) => record !== undefined).sort(byExposure) as [
    CampaignRecord,
    CampaignRecord?,
  ];
  const countedAt = [...first.countedAt, ...(second?.countedAt ?? [])].sort((x, y) => x - y).slice(-CAP_COUNT_MAX);
  return {
    ...first,
    ...latestOf("dismissedAt", first, second),
    ...latestOf("lessAt", first, second),
    countedAt,
    assigned: first.variant,
  };
}

/** What was dismissed on one device is dismissed on all. */
function latestOf(
  of: "dismissedAt" | "lessAt",
  a: CampaignRecord,
  b: CampaignRecord | undefined,
): Pick<CampaignRecord, typeof of> {
  const times = [a[of], b?.[of]].filter((at) => at !== undefined);
  return times.length > 0 ? { [of]: Math.max(...times) } : {};
}

function byExposure(a: CampaignRecord, b: CampaignRecord): number {
  return a.exposedAt - b.exposedAt || (a.variant === b.variant ? 0 : isHeldOut(a.variant) ? -1 : 1);
}

function newest<T extends { at: number }>(
  a: readonly T[],
  b: readonly T[],
  kept: number,
  idOf: (one: T) => string,
): T[] {
  const all = new Map([...b, ...a].map((one) => [idOf(one), one]));
  return [...all.values()].sort((x, y) => x.at - y.at || (idOf(x) < idOf(y) ? -1 : 1)).slice(-kept);
}

function withoutShowings(
  records: Record<string, CampaignRecord>,
  gone: Record<string, CampaignRecord>,
): Record<string, CampaignRecord> {
  const left = Object.entries(records).map(([id, record]) => {
    const times = [...(gone[id]?.countedAt ?? [])];
    const countedAt = record.countedAt.filter((at) => {
      const i = times.indexOf(at);
      if (i >= 0) times.splice(i, 1);
      return i < 0;
    });
    return [id, { ...record, countedAt }] as const;
  });
  return Object.fromEntries(left);
}
