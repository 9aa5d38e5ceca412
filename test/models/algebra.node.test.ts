import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { addTo, emptySum, type MapSum } from "../../models/analysis/map-sum.ts";
import { EMPTY_FOLDED, merge } from "../../models/journey.ts";
import { EMPTY_STATE, receive } from "../../models/journey-state.ts";
import { segmentSet } from "../../models/segment-set.ts";
import type { Journey, Segment } from "../../models/site-config.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { type Case, caseOf, type Happened } from "./algebra/case.ts";
import { atOf, count, livesOf, type Naive, ordered } from "./algebra/naive.ts";
import { type Break, World } from "./algebra/world.ts";

const CASES = 10_000;
const BROKEN_WITHIN = 100;
const journey = SMALL_SITE.journeys[0] as Journey;
const SEGMENTS: Segment[] = [
  { id: "returning", version: 1, name: "Returning", condition: { returning: true } },
  { id: "deep", version: 3, name: "Came to pay", condition: { stage: { $in: ["pay", "done"] } } },
  { id: "searched", version: 1, name: "From a search", condition: { firstChannel: "search" } },
];

/** What is wrong with a case, or null; and whether its order was within every watermark. */
function verdict(one: Case, broken: Break): { wrong: string | null; isExact: boolean; late: number } {
  const world = new World(journey, SEGMENTS, broken);
  for (const step of one.steps) world.take(step);
  world.settle();
  const lives = livesOf(one);
  const states = lives.map((_, person) => world.state(person));
  const late = states.reduce((sum, { folded }) => sum + folded.late, 0);
  const hasSealedMerge = one.steps.some((step) => step.kind === "merge") && states[1]?.folded.watermark != null;
  const isExact = late === 0 && !hasSealedMerge;
  const { kept, counted } = world.maps();
  const map = whole(kept);
  const found = { touchpoints: sumOf(states, (s) => s.folded.touchpoints), late, mapLate: map.late };
  const distinct = lives.reduce((sum, life) => sum + life.length, 0);
  const wrong =
    (!isDeepStrictEqual(kept, counted) && "the sums of the shard are not those of its rows") ||
    (found.touchpoints !== distinct && `${found.touchpoints} touchpoints of ${distinct}`) ||
    (found.mapLate !== late && `${found.mapLate} late on the map, ${late} in the journeys`) ||
    (isExact && exactly(one, { lives, world, map, kept }));
  return { wrong: wrong || null, isExact, late };
}

/** Within the watermark: state and map of one fold in order, and of the plainest count. */
function exactly(
  one: Case,
  { lives, world, map, kept }: { lives: Happened[][]; world: World; map: MapSum; kept: Record<string, MapSum> },
): string | false {
  const wanted: Record<string, MapSum> = {};
  for (const [person, life] of lives.entries()) {
    const folded = foldedInOrder(life);
    const isSame = isDeepStrictEqual(world.state(person).folded, folded.folded);
    if (!isSame && !one.steps.some((step) => step.kind === "merge" && step.from === person))
      return `the state of ${person}`;
    for (const { contribution, subject } of folded.days.values()) {
      const set = segmentSet(subject, SEGMENTS, journey);
      wanted[set] ??= emptySum();
      addTo(wanted[set], contribution);
    }
  }
  for (const [set, sum] of Object.entries(wanted)) if (sum.touchpoints === 0) delete wanted[set];
  if (!isDeepStrictEqual(kept, wanted)) return "the map of one fold in order";
  return isDeepStrictEqual(plain(map), count(lives)) ? false : "the map of the plainest count";
}

/** One journey that heard of everything in one batch, each touchpoint at the time and place that `ordered` gives it. */
function foldedInOrder(life: readonly Happened[]) {
  const receivedAt = Math.max(...life.map(atOf), 0) + 1;
  const streams = ordered(life).map((one) => ({
    stream: one.stream,
    touchpoints: [{ ...one.touchpoint, at: atOf(one) }],
  }));
  // An import: its times are taken as they are.
  const read = receive(EMPTY_STATE, { streams, stamp: null, sentAt: receivedAt, receivedAt }, journey);
  const merged = merge(
    EMPTY_FOLDED,
    read.accepted.map(({ entry }) => entry),
    journey,
  );
  return { folded: merged.folded, days: merged.changed };
}

function whole(maps: Record<string, MapSum>): MapSum {
  const sum = emptySum();
  for (const map of Object.values(maps)) addTo(sum, map);
  return sum;
}

function plain({ visits, touchpoints, goals, starts, ends, edges, paths, orders }: MapSum): Naive {
  const timed = Object.entries(edges).map(([key, { count: n, sumMs }]) => [key, { count: n, sumMs }]);
  const cents = Math.round((orders.milli.EUR ?? 0) / 10);
  return {
    visits,
    touchpoints,
    goals,
    starts,
    ends,
    edges: Object.fromEntries(timed),
    paths,
    orders: orders.count,
    cents,
  };
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

test("J9 J12 J18 J19 J24 any delivery of any batches, split, repeated, reordered, over restarts, merges and erasures, gives the map of one fold in order", () => {
  const classes = new Map<string, number>();
  const add = (name: string) => classes.set(name, (classes.get(name) ?? 0) + 1);
  for (let seed = 1; seed <= CASES; seed++) {
    const one = caseOf(seed);
    const { wrong, isExact, late } = verdict(one, null);
    if (wrong) expect.fail(`case ${seed}: ${wrong}`);
    for (const name of one.classes) add(name);
    if (isExact) add("compared to the letter");
    if (isExact && one.classes.has("over 128 touchpoints")) add("over 128 touchpoints, compared to the letter");
    if (late > 0) add("something late, totals compared");
  }
  const share = (name: string) => (classes.get(name) ?? 0) / CASES;
  const lines = [...classes].sort(([, a], [, b]) => b - a).map(([name, n]) => `${String(n).padStart(6)}  ${name}`);
  console.log(`${CASES} cases, of which\n${lines.join("\n")}`);
  expect(share("over 128 touchpoints")).toBeGreaterThanOrEqual(0.3);
  expect(share("restart between write and push")).toBeGreaterThanOrEqual(0.3);
  expect(share("compared to the letter")).toBeGreaterThanOrEqual(0.5);
  for (const name of [
    "ties",
    "skewed clocks",
    "any order",
    "repeated",
    "merge",
    "erase",
    "restart-shard",
    "alarm-twice",
  ]) {
    expect(classes.get(name), name).toBeGreaterThan(100);
  }
  expect(classes.get("over 128 touchpoints, compared to the letter")).toBeGreaterThan(1000);
  expect(classes.get("something late, totals compared")).toBeGreaterThan(100);
}, 240_000);

test.each(["dedupe", "dropped push"] as const)("J12 J18 a broken %s is noticed within 100 cases", (broken) => {
  const seeds = Array.from({ length: BROKEN_WITHIN }, (_, i) => i + 1);
  const noticed = seeds.find((seed) => verdict(caseOf(seed), broken).wrong !== null);
  expect(noticed).toBeLessThanOrEqual(BROKEN_WITHIN);
});
