import { addMoments, type CampaignDay } from "../campaign-counts.ts";
import { addCount, type Contribution, EMPTY_CONTRIBUTION, type Money } from "../contribution.ts";
import type { Sketch } from "../sketch.ts";

/** A sum of contributions; counts are never negative once everything that was added is subtracted in kind. */
export type MapSum = Contribution;

/** A sum to add to: nothing in it is shared with anything else. */
export function emptySum(): MapSum {
  return JSON.parse(JSON.stringify(EMPTY_CONTRIBUTION)) as MapSum;
}

/**
 * Adds `sign` times a contribution to a sum, in place: a sum is much larger than what is added to it. Counts that become
 * zero are left out, so that what was added and taken out again leaves nothing behind.
 */
export function addTo(sum: MapSum, contribution: Contribution, sign: 1 | -1 = 1): void {
  sum.visits += sign * contribution.visits;
  sum.touchpoints += sign * contribution.touchpoints;
  sum.late += sign * contribution.late;
  sum.goals += sign * contribution.goals;
  for (const key of ["starts", "ends", "paths"] as const) addCounts(sum[key], contribution[key], sign);
  addMoney(sum.orders, contribution.orders, sign);
  addMoney(sum.refunds, contribution.refunds, sign);
  if (contribution.campaigns) addCampaigns(sum, contribution.campaigns, sign);
  for (const [id, counts] of Object.entries(contribution.stages)) {
    const stage = sum.stages[id] ?? { touchpoints: 0, visits: 0 };
    stage.touchpoints += sign * counts.touchpoints;
    stage.visits += sign * counts.visits;
    keep(sum.stages, id, stage.touchpoints === 0 ? undefined : stage);
  }
  for (const [key, counts] of Object.entries(contribution.edges)) {
    const edge = sum.edges[key] ?? { count: 0, sumMs: 0, times: {} };
    edge.count += sign * counts.count;
    edge.sumMs += sign * counts.sumMs;
    addCounts(edge.times, counts.times, sign);
    keep(sum.edges, key, edge.count === 0 ? undefined : edge);
  }
}

/** The sum of any number of contributions. */
export function total(contributions: Iterable<Contribution>): MapSum {
  const sum = emptySum();
  for (const contribution of contributions) addTo(sum, contribution);
  return sum;
}

function addCounts(to: Record<string, number> | Sketch, counts: Record<string, number>, sign: 1 | -1): void {
  for (const [key, count] of Object.entries(counts)) addCount(to, key, sign * count);
}

function addCampaigns(sum: MapSum, { moments, tallies = {} }: CampaignDay, sign: 1 | -1): void {
  const to = { moments: {}, tallies: {}, ...sum.campaigns };
  addMoments(to.moments, moments, sign);
  addCounts(to.tallies, tallies, sign);
  sum.campaigns = to;
  if (Object.keys(to.moments).length + Object.keys(to.tallies).length === 0) delete sum.campaigns;
}

function addMoney(to: Money, { count, milli }: Money, sign: 1 | -1): void {
  to.count += sign * count;
  addCounts(to.milli, milli, sign);
}

function keep<T>(record: Record<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) delete record[key];
  else record[key] = value;
}
