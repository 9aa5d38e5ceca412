import type { CampaignDay } from "./campaign-counts.ts";
import { type Sketch, sketchIndex } from "./sketch.ts";

/**
 * Bounds of one person's day: a journey has 32 KB, and who walks more ways than these is lost, or a machine. What is
 * beyond is summed under the last name, and no count is lost.
 */
const EDGES_MAX = 64;
/** No stage can have this id. */
const OTHER_EDGE = "*>*";
const PATHS_MAX = 16;
/** Longest path that stands alone, in characters: 20 stages of ids as people give them. */
const PATH_TEXT_MAX = 200;
/** Stands for all paths that do not stand alone. */
export const OTHER_PATH = "*";
/** Buckets of times over all edges; a further time goes to the nearest bucket that its edge has. */
const CELLS_MAX = 256;

/** Adjacent pairs of staged touchpoints within a visit. */
interface Edge {
  count: number;
  /** Time between the two, summed, and as a sketch of ms. */
  sumMs: number;
  times: Sketch;
}

/** Orders or refunds: how many, and their money in thousandths of the currency's unit: whole numbers add up exactly. */
export interface Money {
  count: number;
  milli: Record<string, number>;
}

/**
 * What one person adds to the map for the visits that began on one UTC day. Absolute, so that pushing it again
 * changes nothing. Edges are keyed `from>to` by stage id, paths by all of them (ids hold no `>`); zero counts are left out.
 */
export interface Contribution {
  visits: number;
  touchpoints: number;
  /** Touchpoints that came below the watermark: in the totals, in no visit and no edge. */
  late: number;
  /** Visits that reached the goal. */
  goals: number;
  /** Visits by their first stage. */
  starts: Record<string, number>;
  /** Visits by their last stage so far: an open visit ends where it is. */
  ends: Record<string, number>;
  stages: Record<string, { touchpoints: number; visits: number }>;
  edges: Record<string, Edge>;
  /** Visits by all stages that they came through, so far, each time they came: `browse>cart>browse`. */
  paths: Record<string, number>;
  orders: Money;
  refunds: Money;
  /** What campaigns did; absent where none did anything. */
  campaigns?: CampaignDay;
}

export const EMPTY_CONTRIBUTION: Contribution = {
  visits: 0,
  touchpoints: 0,
  late: 0,
  goals: 0,
  starts: {},
  ends: {},
  stages: {},
  edges: {},
  paths: {},
  orders: { count: 0, milli: {} },
  refunds: { count: 0, milli: {} },
};

/** A copy to count in: nothing of it is the other's. Every batch makes some, and by `JSON` it was a tenth of the fold. */
export function copied(from: Contribution): Contribution {
  const edges = Object.entries(from.edges).map(([key, edge]) => [key, { ...edge, times: { ...edge.times } }] as const);
  return {
    ...from,
    starts: { ...from.starts },
    ends: { ...from.ends },
    // Each stage is counted by an object in the place of the one before.
    stages: { ...from.stages },
    edges: Object.fromEntries(edges),
    paths: { ...from.paths },
    orders: copiedMoney(from.orders),
    refunds: copiedMoney(from.refunds),
  };
}

export function copiedMoney({ count, milli }: Money): Money {
  return { count, milli: { ...milli } };
}

/** A shop sells in few currencies; what is beyond them is summed under the name of none. */
const CURRENCIES_MAX = 8;
const OTHER_CURRENCY = "*";

/** Adds to a count; a count of zero is left out, so that equal contributions look equal. */
export function addCount(counts: Record<string, number>, key: string, by: number): void {
  const count = (counts[key] ?? 0) + by;
  if (count === 0) delete counts[key];
  else counts[key] = count;
}

/** Counts one step from a stage to the next. The first `EDGES_MAX` different ones stand alone. */
export function countEdge(to: Contribution, own: string, tookMs: number): void {
  const key = own in to.edges || Object.keys(to.edges).length < EDGES_MAX ? own : OTHER_EDGE;
  const edge = to.edges[key] ?? { count: 0, sumMs: 0, times: {} };
  edge.count++;
  edge.sumMs += tookMs;
  addCount(edge.times, cellFor(to, edge.times, sketchIndex(tookMs)), 1);
  to.edges[key] = edge;
}

function cellFor({ touchpoints, edges }: Contribution, times: Sketch, index: number): string {
  // A day of few touchpoints has few buckets: nothing to count.
  if (touchpoints < CELLS_MAX || index in times) return String(index);
  const known = Object.keys(times).map(Number);
  const cells = Object.values(edges).reduce((sum, edge) => sum + Object.keys(edge.times).length, 0);
  if (known.length === 0 || cells < CELLS_MAX) return String(index);
  return String(known.reduce((a, b) => (Math.abs(b - index) < Math.abs(a - index) ? b : a)));
}

/** A path with one more stage. One that no longer stands alone does not grow on: a visit of 24 hours has no end. */
export function longer(path: string, stage: string): string {
  if (path.length > PATH_TEXT_MAX) return path;
  return path === "" ? stage : `${path}>${stage}`;
}

/** Counts a visit's path. The first `PATHS_MAX` different ones of a day stand alone. */
export function countPath(to: Contribution, path: string): void {
  const fits = path.length <= PATH_TEXT_MAX && (path in to.paths || Object.keys(to.paths).length < PATHS_MAX);
  addCount(to.paths, fits ? path : OTHER_PATH, 1);
}

/** Counts an order or a refund. */
export function countMoney(to: Money, milli: number, currency: string): void {
  to.count++;
  const fits = currency in to.milli || Object.keys(to.milli).length < CURRENCIES_MAX;
  addCount(to.milli, fits ? currency : OTHER_CURRENCY, milli);
}
