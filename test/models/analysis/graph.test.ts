import fc from "fast-check";
import { expect, test } from "vitest";
import { mapView, plus, total } from "../../../models/analysis/graph.ts";
import { type Contribution, EMPTY_CONTRIBUTION } from "../../../models/journey.ts";
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
    fc.record({ count, sumMs: fc.nat(1000) }),
  ),
});
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("J24 a sum does not depend on the order, and what is subtracted in kind leaves nothing behind", () => {
  fc.assert(
    fc.property(fc.array(anyContribution, { maxLength: 8 }), (all) => {
      const sum = total(all);
      expect(plain(total(all.toReversed()))).toEqual(plain(sum));
      expect(plain(all.reduce((rest, c) => plus(rest, c, -1), sum))).toEqual(plain(EMPTY_CONTRIBUTION));
    }),
  );
});

test("J24 counts add up: two visits of one edge are one edge of two", () => {
  const one = { ...EMPTY_CONTRIBUTION, visits: 1, starts: { cart: 1 }, edges: { "cart>pay": { count: 1, sumMs: 5 } } };
  expect(total([one, one])).toMatchObject({
    visits: 2,
    starts: { cart: 2 },
    edges: { "cart>pay": { count: 2, sumMs: 10 } },
  });
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
    edges: { "cart>pay": { count: 3, sumMs: 9000 }, "pay>done": { count: 1, sumMs: 500 } },
  };
  const view = mapView(sum, journey);
  expect(view.stages.map((s) => s.id)).toEqual(["browse", "cart", "pay", "done", "old"]);
  expect(view.stages.map((s) => s.endShare)).toEqual([null, 0.25, 2 / 3, null, 0]);
  expect(view.edges).toEqual([
    { from: "cart", to: "pay", count: 3, meanMs: 3000 },
    { from: "pay", to: "done", count: 1, meanMs: 500 },
  ]);
  expect([view.visits, view.goals, view.late, view.goal]).toEqual([4, 1, 0, "done"]);
});
