import type { CampaignDay } from "./campaign-counts.ts";
import { EMPTY_CONTRIBUTION } from "./contribution.ts";
import { contributions, type Folded, lateDay } from "./journey.ts";
import type { JourneyState } from "./journey-state.ts";
import { campaignDay } from "./measure.ts";
import { type Days, EMPTY_PROGRESS, LATE_DAY, subjectOf, type VisitDay } from "./progress.ts";
import type { Journey } from "./site-config.ts";

/** What still has to reach the map. Days are UTC days since 1970. */
export interface PushState {
  /** Rises with every batch that changed the map; the map keeps the row with the greatest. */
  no: number;
  /** Day to the push number that changed it last and was not acknowledged. */
  dirty: Record<number, number>;
  /** Days that wait and can no longer be derived from the ring. */
  sealed: Record<number, VisitDay>;
  /** Day to the push number that its campaigns' counts are first due with; absent before the first. */
  campaigns?: Record<number, number>;
}

/**
 * Notes which days the map must hear of. A contribution that the ring can no longer give is sealed: kept as it is
 * until the map has acknowledged it.
 */
export function withChanges(
  before: Pick<JourneyState, "push" | "folded">,
  { folded, changed }: { folded: Folded; changed: Days },
  journey: Journey,
): PushState {
  const { push } = before;
  const no = push.no + 1;
  const dirty = { ...push.dirty };
  // What counts for no day still is news to the history.
  for (const day of changed.size > 0 ? changed.keys() : [LATE_DAY]) dirty[day] = no;
  const open = contributions(folded, journey);
  const earlier = contributions(before.folded, journey);
  const sealed: PushState["sealed"] = {};
  for (const day of Object.keys(dirty).map(Number)) {
    if (open.has(day) || day === LATE_DAY) continue;
    const last = changed.get(day) ?? push.sealed[day] ?? earlier.get(day);
    if (last) sealed[day] = last;
  }
  return { ...push, no, dirty, sealed };
}

const NOTHING: VisitDay = { contribution: EMPTY_CONTRIBUTION, subject: subjectOf(EMPTY_PROGRESS) };

/** What the map has to be told, with the push number that it must carry. */
export interface Push {
  no: number;
  days: [day: number, of: VisitDay][];
  campaigns: [day: number, of: CampaignDay][];
}

/** Days of one journey that may wait for the map, in the 32 KB of its state, before a batch that adds to them is not taken. */
const DAYS_WAITING_MAX = 500;

/** Whether more waits than a state has room for: only while the map cannot be reached. One batch by itself never does. */
export function tooMuchWaits(before: PushState, after: PushState): boolean {
  const waited = Object.keys(before.dirty).length;
  const waits = Object.keys(after.dirty).length;
  return waited > 0 && waits > waited && waits > DAYS_WAITING_MAX;
}

/**
 * The push that is due, or null. Absolute, so that it may be lost, repeated or come out of order. The newest day is always
 * in it: with it stands what the map says of the person.
 */
export function duePush(state: JourneyState, journey: Journey): Push | null {
  const { no, dirty, sealed } = state.push;
  const open = contributions(state.folded, journey);
  const of = (day: number) => (day === LATE_DAY ? lateDay(state.folded) : (open.get(day) ?? sealed[day] ?? NOTHING));
  const due = Object.keys(dirty).map(Number);
  if (due.length === 0) return null;
  const days = new Set(open.size > 0 ? [...due, Math.max(...open.keys())] : due);
  const told = Object.keys(state.push.campaigns ?? {}).map(Number);
  return {
    no,
    days: [...days].map((day) => [day, of(day)]),
    campaigns: told.map((day) => [day, campaignDay(state, day)]),
  };
}

/** The state with something to tell the map although no touchpoint came: so that what waits for the history goes out. */
export function withNews(state: JourneyState): JourneyState {
  const no = state.push.no + 1;
  return { ...state, push: { ...state.push, no, dirty: { ...state.push.dirty, [LATE_DAY]: no } } };
}

/** The state after the map has acknowledged push number `no`: days that changed since then stay due. */
export function acknowledged(state: JourneyState, no: number): JourneyState {
  const due = Object.entries(state.push.dirty).filter(([, since]) => since > no);
  const dirty = Object.fromEntries(due);
  const sealed = Object.fromEntries(Object.entries(state.push.sealed).filter(([day]) => day in dirty));
  const { campaigns: told, ...push } = state.push;
  const campaigns = Object.fromEntries(Object.entries(told ?? {}).filter(([, first]) => first > no));
  const left = Object.keys(campaigns).length > 0 ? { campaigns } : {};
  return { ...state, push: { ...push, dirty, sealed, ...left } };
}
