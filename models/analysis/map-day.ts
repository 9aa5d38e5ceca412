import type { CampaignDay } from "../campaign-counts.ts";
import { type Contribution, OTHER_PATH } from "../contribution.ts";
import { OTHER_SET, SETS_MAX } from "../set-name.ts";
import { addTo, emptySum, type MapSum } from "./map-sum.ts";

/** Different paths of one journey and day that a shard tells apart; further ones are summed as `OTHER_PATH`. */
const DAY_PATHS_MAX = 5_000;

/** One person's day, as a shard keeps it. */
export interface MapRow {
  /** The number of the push that it came with, and the life of the person that the number belongs to. */
  push: number;
  life: number;
  set: string;
  contribution: Contribution;
}

/** The sums of one journey and day, by segment set. */
export type DaySums = Record<string, MapSum>;

/**
 * Whether a push is news to a row: its number is greater, or its person's life is a later one. So a push may be lost,
 * repeated or reordered.
 */
export function supersedes(push: Pick<MapRow, "push" | "life">, row: Pick<MapRow, "push" | "life"> | null): boolean {
  if (!row) return true;
  return push.life === row.life ? push.push > row.push : push.life > row.life;
}

/**
 * The row as it is kept: what does not fit the bounds of its day goes under another name *before* it is stored, so that
 * the sums are the sum of the rows to the letter, and whatever is taken out leaves nothing behind.
 */
export function admitted(row: MapRow, before: MapRow | null, sums: DaySums): MapRow {
  const free = { ...sums };
  // Its own former place is free where nobody else stands in it.
  if (before && sums[before.set]?.visits === before.contribution.visits) delete free[before.set];
  const fits = row.set in free || row.set === before?.set || Object.keys(free).length < SETS_MAX;
  return { ...row, set: fits ? row.set : OTHER_SET, contribution: withKnownPaths(row.contribution, sums) };
}

/**
 * A day's contribution with what campaigns did on it. What is told of them replaces what was, each part by itself: a journey
 * remembers its counts of asks only for the last day, and what came of exposures for as long as a goal may be reached.
 */
export function withCampaigns(
  contribution: Contribution,
  told: CampaignDay | undefined,
  before: Contribution | undefined,
): Contribution {
  const moments = told?.moments ?? before?.campaigns?.moments ?? {};
  const tallies = told?.tallies ?? before?.campaigns?.tallies ?? {};
  const isNothing = Object.keys(moments).length + Object.keys(tallies).length === 0;
  const { campaigns: _, ...rest } = contribution;
  return isNothing ? rest : { ...rest, campaigns: { moments, tallies } };
}

function withKnownPaths(contribution: Contribution, sums: DaySums): Contribution {
  const known = Object.values(sums);
  let room = DAY_PATHS_MAX - known.reduce((count, { paths }) => count + Object.keys(paths).length, 0);
  // Far from the bound, which is nearly always: nothing to look up.
  if (room >= Object.keys(contribution.paths).length) return contribution;
  const paths: Record<string, number> = {};
  for (const [path, count] of Object.entries(contribution.paths)) {
    const isKnown = known.some((sum) => path in sum.paths);
    const name = isKnown || room-- > 0 ? path : OTHER_PATH;
    paths[name] = (paths[name] ?? 0) + count;
  }
  return { ...contribution, paths };
}

/** Puts a row in the place of the one before it, in place. A set of which nothing is left goes. */
export function replaceRow(sums: DaySums, before: MapRow | null, after: MapRow | null): void {
  if (before) count(sums, before, -1);
  if (after) count(sums, after, 1);
}

function count(sums: DaySums, { set, contribution }: MapRow, sign: 1 | -1): void {
  const sum = sums[set] ?? emptySum();
  addTo(sum, contribution, sign);
  if (isEmpty(sum)) delete sums[set];
  else sums[set] = sum;
}

function isEmpty({ touchpoints, late, visits, campaigns }: MapSum): boolean {
  return touchpoints === 0 && late === 0 && visits === 0 && campaigns === undefined;
}
