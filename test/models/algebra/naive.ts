import type { Case, Happened } from "./case.ts";
import { TRAVEL_MS } from "./case.ts";

/** What a map says in the end, counted in the plainest way from what happened: nothing of models/ has a hand in it. */
export interface Naive {
  visits: number;
  touchpoints: number;
  goals: number;
  starts: Record<string, number>;
  ends: Record<string, number>;
  edges: Record<string, { count: number; sumMs: number }>;
  paths: Record<string, number>;
  orders: number;
  cents: number;
}

const STAGES: Record<string, string> = {
  "/": "browse",
  "/cart": "cart",
  "/pay": "pay",
  "/pay/card": "pay",
  "/thanks": "done",
};
const IDLE_MS = 30 * 60_000;
const DAY_MS = 86_400_000;

/** True time, but for streams whose clock the edge corrects: it takes travel for part of the error. */
export function atOf(one: Happened): number {
  const isRight = one.touchpoint.at === one.trueAt;
  return isRight ? one.trueAt : one.trueAt + TRAVEL_MS;
}

/** In the order of DESIGN §4: time, stream, seq. */
export function ordered(all: readonly Happened[]): Happened[] {
  return [...all].sort(
    (a, b) => atOf(a) - atOf(b) || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.seq - b.seq),
  );
}

export function count(lives: readonly (readonly Happened[])[]): Naive {
  const sum: Naive = {
    visits: 0,
    touchpoints: 0,
    goals: 0,
    starts: {},
    ends: {},
    edges: {},
    paths: {},
    orders: 0,
    cents: 0,
  };
  for (const life of lives) countLife(sum, ordered(life));
  return sum;
}

function countLife(sum: Naive, life: readonly Happened[]): void {
  let visit: { at: number; last: number; day: number; walked: { stage: string; at: number }[] } | null = null;
  const told = new Set<string>();
  const paths = new Map<number, string[]>();
  const close = () => {
    if (!visit || visit.walked.length === 0) return;
    const { walked } = visit;
    add(sum.starts, walked[0]?.stage as string);
    add(sum.ends, walked.at(-1)?.stage as string);
    const path = walked.map(({ stage }) => stage).join(">");
    paths.set(visit.day, [...(paths.get(visit.day) ?? []), path]);
    for (const [i, { stage, at }] of walked.entries()) {
      const before = walked[i - 1];
      if (!before) continue;
      const edge = sum.edges[`${before.stage}>${stage}`] ?? { count: 0, sumMs: 0 };
      sum.edges[`${before.stage}>${stage}`] = { count: edge.count + 1, sumMs: edge.sumMs + at - before.at };
    }
    if (walked.at(-1)?.stage === "done") sum.goals++;
  };
  for (const one of life) {
    const { type, name, url, props } = one.touchpoint;
    const at = atOf(one);
    const isAct = type !== "rage_click";
    if (isAct && (!visit || at - visit.last >= IDLE_MS || at - visit.at >= DAY_MS)) {
      close();
      visit = { at, last: at, day: Math.floor(at / DAY_MS), walked: [] };
      sum.visits++;
    }
    if (!visit) continue;
    sum.touchpoints++;
    if (isAct) visit.last = at;
    const stage = type === "page" ? STAGES[new URL(url).pathname] : undefined;
    if (stage && visit.walked.at(-1)?.stage !== "done") visit.walked.push({ stage, at });
    if (type === "track" && !told.has(`${name} ${props.order_id}`)) {
      told.add(`${name} ${props.order_id}`);
      if (name === "Order Completed") {
        sum.orders++;
        sum.cents += Math.round((props.revenue as number) * 100);
      }
    }
  }
  close();
  for (const day of paths.values()) for (const path of day) add(sum.paths, path);
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/**
 * Whose touchpoints reached which journey and still count: what came before an erasure does not, and what came for a
 * person who was merged belongs to the other.
 */
export function livesOf({ happened, steps, people }: Case): Happened[][] {
  const byKey = new Map(happened.map((one) => [`${one.stream} ${one.seq}`, one]));
  const lives = Array.from({ length: people }, () => new Map<string, Happened>());
  const moved = new Map<number, number>();
  for (const step of steps) {
    if (step.kind === "erase") lives[step.person]?.clear();
    if (step.kind === "merge") {
      for (const [key, one] of lives[step.from] ?? []) lives[step.into]?.set(key, one);
      lives[step.from]?.clear();
      moved.set(step.from, step.into);
    }
    if (step.kind === "batch") {
      const { person, stream, touchpoints } = step.batch;
      for (const { seq } of touchpoints) {
        const key = `${stream} ${seq}`;
        lives[moved.get(person) ?? person]?.set(key, byKey.get(key) as Happened);
      }
    }
  }
  return lives.map((life) => [...life.values()]);
}
