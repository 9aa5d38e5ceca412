import fc from "fast-check";
import { expect, test } from "vitest";
import { mapView } from "../../../models/analysis/graph.ts";
import { addTo, total } from "../../../models/analysis/map-sum.ts";
import { type Contribution, EMPTY_CONTRIBUTION } from "../../../models/contribution.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const stage = fc.constantFrom("browse", "cart", "pay");
const count = fc.integer({ min: 1, max: 9 });
const anyContribution: fc.Arbitrary<Contribution> = fc.record({
  visits: fc.nat(9),
  touchpoints: fc.nat(9),
  late: fc.nat(9),
  goals: fc.nat(9),
  starts: fc.dictionary(stage, count),
  ends: fc.dictionary(stage, count),
  stages: fc.dictionary(stage, fc.record({ touchpoints: count, visits: count })),
  edges: fc.dictionary(
    stage.map((s) => `${s}>pay`),
    fc.record({ count, sumMs: fc.nat(1000), times: fc.dictionary(fc.constantFrom("3", "7"), count) }),
  ),
  paths: fc.dictionary(stage, count),
  orders: fc.record({ count: fc.nat(3), milli: fc.dictionary(fc.constantFrom("EUR", "SEK"), fc.integer({ min: 1 })) }),
  refunds: fc.record({ count: fc.nat(3), milli: fc.dictionary(fc.constantFrom("EUR"), fc.integer({ max: -1 })) }),
});
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("J24 a sum does not depend on the order, and what is subtracted in kind leaves nothing behind", () => {
  fc.assert(
    fc.property(fc.array(anyContribution, { maxLength: 8 }), (all) => {
      const sum = total(all);
      expect(plain(total(all.toReversed()))).toEqual(plain(sum));
      for (const contribution of all) addTo(sum, contribution, -1);
      expect(plain(sum)).toEqual(plain(EMPTY_CONTRIBUTION));
    }),
  );
});

test("J24 counts add up: two visits of one edge are one edge of two", () => {
  const edge = { count: 1, sumMs: 5, times: { 41: 1 } };
  const one = { ...EMPTY_CONTRIBUTION, visits: 1, starts: { cart: 1 }, edges: { "cart>pay": edge } };
  expect(total([one, one])).toMatchObject({
    visits: 2,
    starts: { cart: 2 },
    edges: { "cart>pay": { count: 2, sumMs: 10, times: { 41: 2 } } },
  });
});

test("J52 beside the share of visits that end in a stage stands its 95 % interval, and none where nobody came", () => {
  // 15 of 148, as Newcombe (1998) has tabled it.
  const stages = { cart: { touchpoints: 160, visits: 148 } };
  const sum: Contribution = { ...EMPTY_CONTRIBUTION, visits: 148, ends: { cart: 15 }, stages };
  const [browse, cart] = mapView({ sum, beside: {}, sets: {} }, journey).stages;
  expect([cart?.endShareLow?.toFixed(4), cart?.endShareHigh?.toFixed(4)]).toEqual(["0.0624", "0.1605"]);
  expect([browse?.endShare, browse?.endShareLow, browse?.endShareHigh]).toEqual([null, null, null]);
});

test("J24 the view names the declared stages in order, shares of ends, and mean times", () => {
  const sum: Contribution = {
    ...EMPTY_CONTRIBUTION,
    visits: 4,
    touchpoints: 9,
    goals: 1,
    starts: { cart: 4 },
    ends: { cart: 1, pay: 2, done: 1 },
    stages: {
      cart: { touchpoints: 4, visits: 4 },
      pay: { touchpoints: 3, visits: 3 },
      old: { touchpoints: 1, visits: 1 },
    },
    // Buckets of 1,000, 3,000 and 5,000 ms, by hand: ceil(ln v / ln (1.02 / 0.98)).
    edges: {
      "cart>pay": { count: 3, sumMs: 9000, times: { 173: 1, 201: 1, 213: 1 } },
      "pay>done": { count: 1, sumMs: 500, times: {} },
    },
    paths: { "cart>pay": 2, cart: 1, "*": 1 },
    orders: { count: 1, milli: { EUR: 49_900 } },
  };
  const view = mapView({ sum, beside: { bot: 7, test: 2 }, sets: {} }, journey);
  expect(view.stages.map((s) => s.id)).toEqual(["browse", "cart", "pay", "done", "old"]);
  expect(view.stages.map((s) => s.endShare)).toEqual([null, 0.25, 2 / 3, null, 0]);
  expect(view.edges.map(({ from, to, count, meanMs }) => [from, to, count, meanMs])).toEqual([
    ["cart", "pay", 3, 3000],
    ["pay", "done", 1, 500],
  ]);
  const [timed, unknown] = view.edges;
  for (const [told, ms] of [
    [timed?.minMs, 1000],
    [timed?.medianMs, 3000],
    [timed?.p90Ms, 3000],
    [timed?.maxMs, 5000],
  ]) {
    expect(Math.abs((told as number) - (ms as number)) / (ms as number)).toBeLessThanOrEqual(0.02);
  }
  expect([unknown?.minMs, unknown?.medianMs, unknown?.maxMs]).toEqual([null, null, null]);
  expect([view.paths, view.otherPaths]).toEqual([
    [
      { stages: ["cart", "pay"], visits: 2 },
      { stages: ["cart"], visits: 1 },
    ],
    1,
  ]);
  expect(view.orders).toEqual({ count: 1, amounts: { EUR: 49.9 } });
  expect(view.excluded).toEqual({ internal: 0, test: 2, bot: 7 });
  expect([view.visits, view.goals, view.late, view.goal]).toEqual([4, 1, 0, "done"]);
});
