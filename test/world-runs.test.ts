import { expect, test } from "vitest";
import { differenceInterval, type Interval, wilsonInterval } from "../models/analysis/interval.ts";
import demo from "./site/waypost.config.ts";
import { countedRun } from "./world/counted-run.ts";
import { type Message, messagesOf, secretOf } from "./world/messages.ts";
import { PureEdge, pureNames } from "./world/pure-edge.ts";
import { pureRun } from "./world/pure-run.ts";
import { randomOf } from "./world/random.ts";
import { SHOP_WORLD } from "./world/shop-world.ts";
import { truthOf } from "./world/truth.ts";
import { type World, withCampaigns } from "./world/world.ts";

const SITE = withCampaigns(demo, SHOP_WORLD);
const NAMES = pureNames("shop");
/** 2026-11-01, in the middle of a day: visits are of several. */
const BEGAN_AT = Date.UTC(2026, 10, 1, 15);
const RUN = { config: SITE, names: NAMES, origin: "https://shop.example", beganAt: BEGAN_AT };
const first = (people: number) => Array.from({ length: people }, (_, index) => index);
const run = (seed: number, people: Iterable<number>, world: World = SHOP_WORLD) =>
  pureRun(world, { ...RUN, seed, people });
const TRUTH = truthOf(SHOP_WORLD);
const GOAL = "done";

test("what a visitor does depends on seed and index alone: a run again is equal, in any order, and another seed is another run", () => {
  const [once, again] = [run(0, first(100)), run(0, first(100))];
  expect(once.edge.map().visits).toBeGreaterThan(75);
  expect(again.edge.map()).toEqual(once.edge.map());
  expect([...again.edge.states]).toEqual([...once.edge.states]);
  expect(again.counts).toEqual(once.counts);
  const backwards = run(0, first(100).reverse());
  expect(backwards.edge.map()).toEqual(once.edge.map());
  expect(backwards.counts).toEqual(once.counts);
  expect(Object.fromEntries(backwards.edge.states)).toEqual(Object.fromEntries(once.edge.states));
  expect(run(1, first(100)).edge.map()).not.toEqual(once.edge.map());
});

test("one parameter changed is another run", () => {
  const leaving = (leave: number): World => ({
    ...SHOP_WORLD,
    stages: SHOP_WORLD.stages.map((stage) => (stage.id === "cart" ? { ...stage, leave } : stage)),
  });
  const { counts } = run(0, first(100));
  expect(run(0, first(100), leaving(0.4)).counts).toEqual(counts);
  expect(run(0, first(100), leaving(0.6)).counts).not.toEqual(counts);
});

test("the run without an edge counts what the map and the decisions of models/ come to", () => {
  const { edge, counts } = run(3, first(400));
  expect(countedRun(SHOP_WORLD, { seed: 3, people: 400, names: NAMES })).toEqual(counts);
  const { stages } = edge.map();
  expect(stages.map(({ id, visits, ends }) => [id, { of: visits, count: ends }])).toEqual(
    Object.entries(counts.stages),
  );
  const met = edge.journeys().flatMap(({ records }) => Object.entries(records));
  for (const [id, { shown, heldOut }] of Object.entries(counts.arms)) {
    const arms = met.flatMap(([campaign, { variant }]) => (campaign === id ? [variant] : []));
    expect([shown.of, heldOut.of].every((of) => of > 5)).toBe(true);
    expect(arms.filter((arm) => arm === "treated")).toHaveLength(shown.of);
    expect(arms.filter((arm) => arm === "holdout")).toHaveLength(heldOut.of);
  }
});

test("people of every kind are in it: on two devices, by servers, with trouble, with outcomes; nothing is refused, late or of one moment", () => {
  const { edge } = run(3, first(400));
  const users = edge.journeys().filter(({ devices }) => (devices?.length ?? 0) > 0);
  const entries = edge.journeys().map(({ folded }) => folded.ring);
  const types = new Set(entries.flat().map(({ type }) => type));
  expect(users.length).toBeGreaterThan(10);
  expect(users.some(({ devices }) => devices?.length === 2)).toBe(true);
  for (const type of ["page", "click", "leave", "track", "identify", "outcome", "form_struggle"])
    expect(types).toContain(type);
  const { late, touchpoints, orders, goals, stages } = edge.map();
  expect([late, touchpoints > 1_500]).toEqual([0, true]);
  expect(stages.every(({ visits }) => visits > 0)).toBe(true);
  // Each order is told by page and, of who has signed in, by the server: the map counts it once.
  const told = entries.flat().filter(({ order }) => order !== undefined);
  expect(told.length).toBeGreaterThan(orders.count);
  expect(orders.count).toBeGreaterThanOrEqual(goals);
  for (const ring of entries) {
    const times = ring.map(({ at }) => at);
    expect(new Set(times).size).toBe(times.length);
  }
});

/** Every message of the first people of a seed. */
function messages(seed: number, people: number, world: World = SHOP_WORLD): Message[][] {
  const edge = new PureEdge({ config: SITE, names: NAMES, now: BEGAN_AT + world.horizonMs });
  return first(people).map((index) => {
    const sent: Message[] = [];
    const told = {
      seed,
      index,
      origin: RUN.origin,
      beganAt: BEGAN_AT,
      triggers: ["stage.cart"],
      sends: "page",
    } as const;
    const all = messagesOf(world, told);
    for (let next = all.next(); !next.done; next = all.next(edge.answer(next.value))) sent.push(next.value);
    return sent;
  });
}

test("who refuses sends that and nothing else, without a secret; who agrees says so before anything is sent", () => {
  const all = messages(0, 200);
  const refused = all.filter(([one]) => one?.to === "consent" && !one.isGranted);
  expect(refused.length).toBeGreaterThan(20);
  for (const sent of refused)
    expect(sent).toEqual([expect.objectContaining({ browser: { secret: "", userAgent: expect.any(String) } })]);
  const agreed = all.filter((sent) => !refused.includes(sent));
  expect(agreed.length).toBeGreaterThan(120);
  for (const [one, ...others] of agreed) {
    expect(one).toMatchObject({ to: "consent", isGranted: true });
    expect(others.length).toBeGreaterThan(0);
  }
});

test("nothing is sent before it has happened, no message comes before the one before it, and all is over at the horizon", () => {
  const all = messages(0, 200);
  const timesOf = (message: Message): number[] =>
    message.to === "collect"
      ? message.streams.flatMap(({ touchpoints }) => touchpoints.map(({ at }) => at))
      : message.to === "batch"
        ? message.items.map(({ timestamp }) => timestamp)
        : [];
  for (const sent of all) {
    for (const [i, message] of sent.entries()) {
      expect(message.at).toBeGreaterThanOrEqual(sent[i - 1]?.at ?? BEGAN_AT);
      expect(message.at).toBeLessThan(BEGAN_AT + SHOP_WORLD.horizonMs);
      for (const at of timesOf(message)) expect(at).toBeLessThanOrEqual(message.at);
    }
  }
});

test("no two browsers of any people of any seeds have one secret", () => {
  const devices = [0, 1].flatMap((device) =>
    first(100).flatMap((seed) => first(100).map((index) => secretOf(seed, index, device))),
  );
  expect(new Set(devices).size).toBe(20_000);
  expect(secretOf(3, 4, 1)).toBe(secretOf(3, 4, 1));
});

test("the draws of different people are different, and evenly spread", () => {
  const draws = first(10_000).map((index) => randomOf(0, index).share());
  expect(new Set(draws).size).toBe(draws.length);
  const tenths = Array.from(
    { length: 10 },
    (_, tenth) => draws.filter((draw) => Math.floor(draw * 10) === tenth).length,
  );
  // Chi-square with 9 degrees of freedom: above 27.9 once in a thousand.
  expect(tenths.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(27.9);
});

const holds = (interval: Interval | null, truth: number) =>
  interval !== null && interval.low <= truth && truth <= interval.high;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const BASE_SEED = 0;
const RUNS = 400;
/** Chance alone moves what 400 runs say of one stage by 1.1 points, of 1,200 by 0.6: there the bounds are three times that. */
const RUNS_OF_EACH = 1_200;

test("the true drop-offs are in their 95 % intervals in 93 to 97 % of 400 runs, and each stage's in as many of 1,200; so are the uplifts", () => {
  const inside: Record<string, boolean[]> = {};
  const note = (id: string, is: boolean) => {
    inside[id] ??= [];
    inside[id].push(is);
  };
  for (let i = 0; i < RUNS_OF_EACH; i++) {
    const { stages, arms } = countedRun(SHOP_WORLD, { seed: BASE_SEED + i, people: 250, names: NAMES });
    for (const [id, share] of Object.entries(stages)) {
      if (id !== GOAL) note(id, holds(wilsonInterval(share), TRUTH.dropOff[id] as number));
    }
    for (const [id, { shown, heldOut }] of Object.entries(arms)) {
      note(id, holds(differenceInterval(shown, heldOut), TRUTH.uplift[id]?.uplift as number));
    }
  }
  const covered = (of: boolean[]) => of.filter((is) => is).length / of.length;
  for (const [id, of] of Object.entries(inside)) {
    console.log(
      `${id.padEnd(20)}${percent(covered(of.slice(0, RUNS)))} of ${RUNS}, ${percent(covered(of))} of ${of.length}`,
    );
  }
  const stages = SHOP_WORLD.stages.filter(({ id }) => id !== GOAL).map(({ id }) => inside[id] as boolean[]);
  const uplifts = SHOP_WORLD.campaigns.map(({ campaign }) => inside[campaign.id] as boolean[]);
  const all = [stages, uplifts].map((kind) => covered(kind.flatMap((of) => of.slice(0, RUNS))));
  for (const share of [...all, ...[...stages, ...uplifts].map(covered)]) {
    expect(share).toBeGreaterThanOrEqual(0.93);
    expect(share).toBeLessThanOrEqual(0.97);
  }
});

test("an interval of half the width holds the truth of far fewer runs: the test of coverage can fail", () => {
  let inside = 0;
  for (let i = 0; i < 100; i++) {
    const { stages } = countedRun(SHOP_WORLD, { seed: BASE_SEED + i, people: 250, names: NAMES });
    const { low, high } = wilsonInterval(stages.product ?? { of: 0, count: 0 }) as Interval;
    const quarter = (high - low) / 4;
    if (holds({ low: low + quarter, high: high - quarter }, TRUTH.dropOff.product as number)) inside++;
  }
  expect(inside).toBeLessThan(85);
});

/** Of a share of n, five standard deviations: a wrong truth is further off than chance is in a million runs. */
const tolerance = (truth: number, of: number) => 5 * Math.sqrt(Math.max(truth * (1 - truth), 1 / of) / of);

test("in a large run everything that the world's parameters say is found again: removal effects, orders, uplifts, within five standard deviations", () => {
  const { through, goals, arms } = countedRun(SHOP_WORLD, { seed: 0, people: 60_000, names: NAMES });
  const found: [what: string, is: number, truth: number, of: number][] = [
    ["orders", goals.count / goals.of, TRUTH.personGoal, goals.of],
  ];
  for (const kind of ["stages", "channels"] as const) {
    for (const [id, { of, count }] of Object.entries(through[kind])) {
      found.push([`removal of ${id}`, count / of, TRUTH.removal[kind][id] as number, of]);
    }
  }
  for (const [id, { shown, heldOut }] of Object.entries(arms)) {
    found.push([`${id}, shown`, shown.count / shown.of, TRUTH.uplift[id]?.shown as number, shown.of]);
    found.push([`${id}, held out`, heldOut.count / heldOut.of, TRUTH.uplift[id]?.heldOut as number, heldOut.of]);
  }
  expect(found.length).toBeGreaterThan(15);
  for (const [what, is, truth, of] of found) {
    expect(of, what).toBeGreaterThan(1_000);
    expect(Math.abs(is - truth), what).toBeLessThanOrEqual(tolerance(truth, of));
  }
});
