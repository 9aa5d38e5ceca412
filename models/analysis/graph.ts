import { OTHER_PATH } from "../contribution.ts";
import { isInSet, segmentName } from "../set-name.ts";
import type { Journey, Segment } from "../site-config.ts";
import { quantile } from "../sketch.ts";
import { wilsonInterval } from "./interval.ts";
import type { MapSum } from "./map-sum.ts";

/** Paths that a view lists; the others are in `otherPaths`. */
const PATHS_SHOWN = 50;

interface StageView {
  id: string;
  name: string;
  touchpoints: number;
  visits: number;
  starts: number;
  ends: number;
  /** P(end | stage) = visits that end here / visits that came here; null where none came. At the goal it is no drop-off. */
  endShare: number | null;
  /** Its 95 % interval (Wilson); null as well where none came. */
  endShareLow: number | null;
  endShareHigh: number | null;
}

/** Times between the two touchpoints, ms: the mean is exact, the others are within 2 %; null where a time is not known. */
interface EdgeView {
  from: string;
  to: string;
  count: number;
  meanMs: number;
  medianMs: number | null;
  p90Ms: number | null;
  minMs: number | null;
  maxMs: number | null;
}

interface PathView {
  stages: string[];
  visits: number;
}

interface MoneyView {
  count: number;
  /** By ISO 4217 code, in the currency's own unit; "" where the shop gave none, "*" for those beyond a person's eighth. */
  amounts: Record<string, number>;
}

/** What counts beside the map, by why. */
interface ExcludedView {
  /** Touchpoints of visits from the site's own people, and of a site in test mode. */
  internal: number;
  test: number;
  /** Touchpoints that programs sent: they are in no journey. Counted in memory, so a few can be missing after a crash. */
  bot: number;
}

/** What `GET /api/sites/:site/journeys/:journey/map` answers: a directly-follows graph over stages. */
export interface MapView {
  journey: string;
  goal: string;
  visits: number;
  touchpoints: number;
  late: number;
  goals: number;
  stages: StageView[];
  edges: EdgeView[];
  paths: PathView[];
  /** Visits whose path is not in the list. */
  otherPaths: number;
  orders: MoneyView;
  refunds: MoneyView;
  /** The live segments, each in its present version, of all visits in the days that were asked for. */
  segments: SegmentView[];
  excluded: ExcludedView;
}

interface SegmentView {
  id: string;
  name: string;
  visits: number;
  goals: number;
}

/** What a map is made of: the sum that was asked for, and what stands beside it. */
export interface MapParts {
  sum: MapSum;
  /** Touchpoints that count beside the map, by why. */
  beside: Record<string, number>;
  /** Visits and goals of each segment set. */
  sets: Record<string, { visits: number; goals: number }>;
}

/** The map as a reader sees it: declared stages in order, then stages that only older configurations had; edges by count. */
export function mapView({ sum, beside, sets }: MapParts, journey: Journey, segments: readonly Segment[] = []): MapView {
  const { visits, touchpoints, late, goals } = sum;
  const { paths, otherPaths } = pathsOf(sum);
  return {
    journey: journey.id,
    goal: journey.goal,
    visits,
    touchpoints,
    late,
    goals,
    stages: stagesOf(sum, journey),
    edges: edgesOf(sum),
    paths,
    otherPaths,
    orders: moneyOf(sum.orders),
    refunds: moneyOf(sum.refunds),
    segments: segments.map((segment) => segmentOf(segment, sets)),
    excluded: { internal: beside.internal ?? 0, test: beside.test ?? 0, bot: beside.bot ?? 0 },
  };
}

function segmentOf(segment: Segment, sets: MapParts["sets"]): SegmentView {
  const name = segmentName(segment);
  const own = Object.entries(sets).flatMap(([set, counts]) => (isInSet(set, name) ? [counts] : []));
  return {
    id: segment.id,
    name: segment.name,
    visits: own.reduce((sum, { visits }) => sum + visits, 0),
    goals: own.reduce((sum, { goals }) => sum + goals, 0),
  };
}

function stagesOf(sum: MapSum, journey: Journey): StageView[] {
  const declared = journey.stages.map((stage) => stage.id);
  const older = Object.keys(sum.stages).filter((id) => !declared.includes(id));
  return [...declared, ...older.sort()].map((id): StageView => {
    const { touchpoints, visits } = sum.stages[id] ?? { touchpoints: 0, visits: 0 };
    const ends = sum.ends[id] ?? 0;
    const name = journey.stages.find((stage) => stage.id === id)?.name ?? id;
    const endShare = visits > 0 ? ends / visits : null;
    const { low = null, high = null } = wilsonInterval({ of: visits, count: ends }) ?? {};
    const starts = sum.starts[id] ?? 0;
    return { id, name, touchpoints, visits, starts, ends, endShare, endShareLow: low, endShareHigh: high };
  });
}

function edgesOf(sum: MapSum): EdgeView[] {
  const edges = Object.entries(sum.edges).map(([key, { count, sumMs, times }]): EdgeView => {
    const [from = "", to = ""] = key.split(">");
    const [minMs, medianMs, p90Ms, maxMs] = [0, 0.5, 0.9, 1].map((q) => quantile(times, q)) as [
      number | null,
      number | null,
      number | null,
      number | null,
    ];
    return { from, to, count, meanMs: sumMs / count, medianMs, p90Ms, minMs, maxMs };
  });
  return edges.sort((a, b) => b.count - a.count || (`${a.from}>${a.to}` < `${b.from}>${b.to}` ? -1 : 1));
}

function pathsOf({ paths }: MapSum): { paths: PathView[]; otherPaths: number } {
  const alone = Object.entries(paths).filter(([path]) => path !== OTHER_PATH);
  alone.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = alone.slice(0, PATHS_SHOWN).map(([path, count]) => ({ stages: path.split(">"), visits: count }));
  const inPaths = Object.values(paths).reduce((sum, count) => sum + count, 0);
  const listed = shown.reduce((sum, path) => sum + path.visits, 0);
  return { paths: shown, otherPaths: inPaths - listed };
}

function moneyOf({ count, milli }: MapSum["orders"]): MoneyView {
  return { count, amounts: Object.fromEntries(Object.entries(milli).map(([code, sum]) => [code, sum / 1000])) };
}
