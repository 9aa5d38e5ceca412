import { type Contribution, EMPTY_CONTRIBUTION } from "../journey.ts";
import type { Journey } from "../site-config.ts";

/** A sum of contributions; counts are never negative once everything that was added is subtracted in kind. */
export type MapSum = Contribution;

/** `sum + sign · contribution`, as a new value. Counts that become zero are left out. */
export function plus(sum: MapSum, contribution: Contribution, sign: 1 | -1 = 1): MapSum {
  const pairs = <T>(key: "starts" | "ends" | "stages" | "edges", add: (a: T | undefined, b: T) => T | undefined) => {
    const result = { ...(sum[key] as Record<string, T>) };
    for (const [name, value] of Object.entries(contribution[key] as Record<string, T>)) {
      const next = add(result[name], value);
      if (next === undefined) delete result[name];
      else result[name] = next;
    }
    return result;
  };
  const count = (a: number | undefined, b: number) => (a ?? 0) + sign * b || undefined;
  return {
    visits: sum.visits + sign * contribution.visits,
    touchpoints: sum.touchpoints + sign * contribution.touchpoints,
    late: sum.late + sign * contribution.late,
    goals: sum.goals + sign * contribution.goals,
    starts: pairs<number>("starts", count),
    ends: pairs<number>("ends", count),
    stages: pairs<Contribution["stages"][string]>("stages", (a, b) => {
      const touchpoints = (a?.touchpoints ?? 0) + sign * b.touchpoints;
      return touchpoints === 0 ? undefined : { touchpoints, visits: (a?.visits ?? 0) + sign * b.visits };
    }),
    edges: pairs<Contribution["edges"][string]>("edges", (a, b) => {
      const edge = count(a?.count, b.count);
      return edge === undefined ? undefined : { count: edge, sumMs: (a?.sumMs ?? 0) + sign * b.sumMs };
    }),
  };
}

/** The sum of any number of contributions. */
export function total(contributions: Iterable<Contribution>): MapSum {
  let sum = EMPTY_CONTRIBUTION;
  for (const contribution of contributions) sum = plus(sum, contribution);
  return sum;
}

interface StageView {
  id: string;
  name: string;
  touchpoints: number;
  visits: number;
  starts: number;
  ends: number;
  /** P(end | stage) = visits that end here / visits that came here; null where none came. At the goal it is no drop-off. */
  endShare: number | null;
}

interface EdgeView {
  from: string;
  to: string;
  count: number;
  /** Mean time between the two touchpoints, ms. */
  meanMs: number;
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
}

/** The map as a reader sees it: declared stages in order, then stages that only older configurations had; edges by count. */
export function mapView(sum: MapSum, journey: Journey): MapView {
  const declared = journey.stages.map((stage) => stage.id);
  const older = Object.keys(sum.stages).filter((id) => !declared.includes(id));
  const stages = [...declared, ...older.sort()].map((id): StageView => {
    const { touchpoints, visits } = sum.stages[id] ?? { touchpoints: 0, visits: 0 };
    const ends = sum.ends[id] ?? 0;
    const name = journey.stages.find((stage) => stage.id === id)?.name ?? id;
    const endShare = visits > 0 ? ends / visits : null;
    return { id, name, touchpoints, visits, starts: sum.starts[id] ?? 0, ends, endShare };
  });
  const edges = Object.entries(sum.edges).map(([key, { count, sumMs }]): EdgeView => {
    const [from = "", to = ""] = key.split(">");
    return { from, to, count, meanMs: sumMs / count };
  });
  edges.sort((a, b) => b.count - a.count || (`${a.from}>${a.to}` < `${b.from}>${b.to}` ? -1 : 1));
  const { visits, touchpoints, late, goals } = sum;
  return { journey: journey.id, goal: journey.goal, visits, touchpoints, late, goals, stages, edges };
}
