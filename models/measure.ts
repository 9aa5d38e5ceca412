import type { Campaign, Goal } from "./campaign.ts";
import type { CampaignDay, Moments } from "./campaign-counts.ts";
import type { Entry } from "./entry.ts";
import { matchesEntry } from "./entry-match.ts";
import { type Folded, progressOf } from "./journey.ts";
import type { JourneyState } from "./journey-state.ts";
import type { Journey, SiteConfig } from "./site-config.ts";
import { DAY_MS, utcDay } from "./visit.ts";

/** What came of one person's first exposure to a version of a campaign: in which arm, and what they did before and since. */
export interface Measured {
  campaign: string;
  version: number;
  arm: string;
  /** UTC day of the visit, days since 1970: it counts for that day for good. */
  day: number;
  /** ms since 1970 by the edge's clock. */
  at: number;
  /** By goal: before the exposure, for as long as the goal's window; and in that window from it on. */
  goals: Record<string, [before: number, since: number]>;
}

/** First exposures that a journey follows; the day that is oldest stays as it was told, and is followed no more. */
const MEASURED_MAX = 32;
/**
 * Most that a goal's value counts of one person, in cents or times: the square of it, summed over 90,000 people at the
 * very bound, is a whole number that a float64 holds exactly. A few orders of a hundred thousand would outweigh all others anyway.
 */
const VALUE_MAX = 1e7;

/** What a campaign is for where it names nothing: that the journey's goal is reached within a week. */
function goalsOf({ goals }: Campaign, { goal }: Journey): readonly Goal[] {
  return goals ?? [{ id: "goal", on: { stage: goal }, windowMs: 7 * DAY_MS }];
}

/** The state with a first exposure to a version of a campaign, in whatever arm; later ones change nothing. */
export function withExposure(
  state: JourneyState,
  { campaign, arm, site, at: now }: { campaign: Campaign; arm: string; site: SiteConfig; at: number },
): JourneyState {
  const { id, version } = campaign;
  const { measured = [], folded } = state;
  if (measured.some((one) => one.campaign === id && one.version === version)) return state;
  const [journey] = site.journeys as [Journey];
  const day = progressOf(folded, journey).visit?.day ?? utcDay(now);
  const goals = goalsOf(campaign, journey).map((goal) => {
    const before = folded.ring.filter(({ at }) => at < now && now - at <= goal.windowMs);
    return [goal.id, [reached(goal, before), 0]] as const;
  });
  const first = { campaign: id, version, arm, day, at: now, goals: Object.fromEntries(goals) } as Measured;
  const next = followed([...measured, first]);
  if (!next.includes(first)) return state;
  const told = Object.entries(state.push.campaigns ?? {}).filter(([of]) => next.some((one) => one.day === Number(of)));
  return withDay({ ...state, measured: next, push: { ...state.push, campaigns: Object.fromEntries(told) } }, day);
}

/**
 * As many as a journey follows: the days that are the latest, whole. A day of which some were forgotten would be told
 * without them, so what is too much of one day is not followed at all.
 */
export function followed(measured: readonly Measured[]): Measured[] {
  if (measured.length <= MEASURED_MAX) return [...measured];
  const oldest = Math.min(...measured.map(({ day }) => day));
  const left = measured.filter(({ day }) => day !== oldest);
  return left.length > 0 ? followed(left) : measured.slice(0, MEASURED_MAX);
}

/** The state after some touchpoints, each of which counts for every goal whose time it is in. */
export function withResults(
  state: JourneyState,
  told: readonly Entry[],
  { site, before }: { site: SiteConfig; before: Folded },
): JourneyState {
  if (!state.measured || told.length === 0) return state;
  const [journey] = site.journeys as [Journey];
  const entries = withoutRepeated(told, progressOf(before, journey).orders);
  const changed = new Set<number>();
  const measured = state.measured.map((one) => {
    const campaign = site.campaigns.find(({ id, version }) => id === one.campaign && version === one.version);
    if (!campaign) return one;
    const goals = { ...one.goals };
    for (const goal of goalsOf(campaign, journey)) {
      const known = goals[goal.id];
      const within = entries.filter(({ at }) => at >= one.at && at - one.at <= goal.windowMs);
      const more = known ? reached(goal, within) : 0;
      if (!known || more === 0) continue;
      const since = goal.value ? clamped(known[1] + more) : 1;
      if (since === known[1]) continue;
      goals[goal.id] = [known[0], since];
      changed.add(one.day);
    }
    return { ...one, goals };
  });
  return [...changed].reduce(withDay, { ...state, measured });
}

/** An order that page and server tell, or a page twice, is one order: as on the map. `known`: those that were counted before. */
function withoutRepeated(entries: readonly Entry[], known: readonly string[]): Entry[] {
  const counted = new Set(known);
  return entries.filter(({ order }) => {
    if (!order || order.id === "") return true;
    const key = `${order.kind} ${order.id}`;
    const isNew = !counted.has(key);
    counted.add(key);
    return isNew;
  });
}

/** What some touchpoints come to for a goal: 0 or 1, how many, or cents of orders less what was paid back. */
function reached({ on, value }: Goal, entries: readonly Entry[]): number {
  const matching = entries.filter((entry) => ("stage" in on ? entry.stage === on.stage : matchesEntry(on, entry)));
  if (!value) return matching.length > 0 ? 1 : 0;
  if (value.kind === "count") return clamped(matching.length);
  const cents = matching.map(({ order }) => {
    if (order?.currency !== value.currency) return 0;
    return Math.round(order.milli / 10) * (order.kind === "refunded" ? -1 : 1);
  });
  return clamped(cents.reduce((sum, one) => sum + one, 0));
}

function clamped(value: number): number {
  return Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value));
}

/** With a day's campaigns to be told: with the next push, whatever brings it. */
export function withDay(state: JourneyState, day: number): JourneyState {
  const { push } = state;
  return { ...state, push: { ...push, campaigns: { ...push.campaigns, [day]: push.no + 1 } } };
}

/** What a batch brought is told with the push of that very batch: nobody has been told of its number yet. */
export function dueNow(state: JourneyState): JourneyState {
  const { campaigns, ...push } = state.push;
  if (!campaigns) return state;
  const due = Object.entries(campaigns).map(([day, no]) => [day, Math.min(no, push.no)]);
  return { ...state, push: { ...push, campaigns: Object.fromEntries(due) } };
}

/** Different counts of one person's day; what is beyond them is summed under one name. */
const TALLIES_MAX = 64;
const OTHER_TALLY = "*|other";

/** Counts what became of asks and showings on the visit's day: the days before are as they were told. */
export function withTally(state: JourneyState, keys: readonly string[], { day }: { day: number }): JourneyState {
  if (keys.length === 0) return state;
  const counts = state.tally?.day === day ? { ...state.tally.counts } : {};
  for (const key of keys) {
    const name = key in counts || Object.keys(counts).length < TALLIES_MAX ? key : OTHER_TALLY;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return withDay({ ...state, tally: { day, counts } }, day);
}

/** What one person adds to a day's counts of campaigns. What was told before and stands is absent. */
export function campaignDay({ measured, tally }: JourneyState, day: number): CampaignDay {
  const moments: Record<string, Moments> = {};
  const ofDay = measured?.filter((one) => one.day === day) ?? [];
  for (const { campaign, version, arm, goals } of ofDay) {
    for (const [goal, [x, y]] of Object.entries(goals)) {
      moments[`${campaign}@${version}|${arm}|${goal}`] = [1, y, y * y, x, x * x, x * y];
    }
  }
  // A day that is not followed any more stays as it was told; who was joined with another has nothing of their own.
  const isKept = measured !== undefined && ofDay.length === 0;
  return { ...(isKept ? {} : { moments }), ...(tally?.day === day ? { tallies: tally.counts } : {}) };
}
