import fc from "fast-check";
import { expect, test } from "vitest";
import type { Contribution } from "../../models/contribution.ts";
import { compareEntries, type Entry } from "../../models/entry.ts";
import { contributions, EMPTY_FOLDED, type Folded, merge, progressOf, RING_MAX } from "../../models/journey.ts";
import { LATE_DAY } from "../../models/progress.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** Noon of a UTC day, so that short visits stay in it. */
const NOON = 20_000 * DAY + DAY / 2;

/** Buckets of 60,000 and 180,000 ms by ln v / ln γ, γ = 1.02 / 0.98, rounded up: worked out by hand. */
const ONE_MINUTE = 276;
const THREE_MINUTES = 303;

/** An entry at a minute after noon. */
function entry(minute: number, stage: string, more: Partial<Entry> = {}): Entry {
  const nothing = { name: "", path: "", channel: "", context: "", excluded: "" } as const;
  return { at: NOON + minute * MINUTE, stream: "s", seq: minute, type: "page", stage, ...nothing, ...more };
}

function fold(entries: Entry[], from: Folded = EMPTY_FOLDED): Folded {
  return merge(from, entries, journey).folded;
}

function dayOf(entries: Entry[], day = 20_000): Contribution {
  return countsOf(fold(entries), day) as Contribution;
}

function countsOf(folded: Folded, day = 20_000): Contribution | undefined {
  return contributions(folded, journey).get(day)?.contribution;
}

test("J6 an edge is a pair of neighbouring staged touchpoints of a visit, with the time between", () => {
  const day = dayOf([entry(0, "browse"), entry(1, ""), entry(3, "cart"), entry(4, "cart"), entry(5, "browse")]);
  expect(day.edges).toEqual({
    "browse>cart": { count: 1, sumMs: 3 * MINUTE, times: { [THREE_MINUTES]: 1 } },
    "cart>cart": { count: 1, sumMs: MINUTE, times: { [ONE_MINUTE]: 1 } },
    "cart>browse": { count: 1, sumMs: MINUTE, times: { [ONE_MINUTE]: 1 } },
  });
  expect(day.starts).toEqual({ browse: 1 });
  expect(day.ends).toEqual({ browse: 1 });
  expect(day.stages).toEqual({ browse: { touchpoints: 2, visits: 1 }, cart: { touchpoints: 2, visits: 1 } });
  expect([day.visits, day.touchpoints, day.goals]).toEqual([1, 5, 0]);
});

test("J6 a stage may be entered again and again: each time is counted", () => {
  const day = dayOf([entry(0, "cart"), entry(1, "pay"), entry(2, "cart"), entry(3, "pay")]);
  expect(day.edges["cart>pay"]).toEqual({ count: 2, sumMs: 2 * MINUTE, times: { [ONE_MINUTE]: 2 } });
  expect(day.edges["pay>cart"]).toEqual({ count: 1, sumMs: MINUTE, times: { [ONE_MINUTE]: 1 } });
  expect(day.stages.cart).toEqual({ touchpoints: 2, visits: 1 });
});

test("J7 the goal ends the visit's progress: what follows in that visit makes no edge, and the next visit begins anew", () => {
  const day = dayOf([entry(0, "pay"), entry(1, "done"), entry(2, "browse"), entry(3, "done"), entry(60, "browse")]);
  expect(day.edges).toEqual({ "pay>done": { count: 1, sumMs: MINUTE, times: { [ONE_MINUTE]: 1 } } });
  expect(day.ends).toEqual({ done: 1, browse: 1 });
  expect(day.starts).toEqual({ pay: 1, browse: 1 });
  expect([day.visits, day.touchpoints, day.goals]).toEqual([2, 5, 1]);
});

test("J8 an open visit ends where it is, until another touchpoint follows", () => {
  expect(dayOf([entry(0, "browse")]).ends).toEqual({ browse: 1 });
  expect(dayOf([entry(0, "browse"), entry(1, "cart")]).ends).toEqual({ cart: 1 });
});

test("J1 J2 visits part after 30 minutes of silence, and 24 hours after they began", () => {
  expect(dayOf([entry(0, "browse"), entry(29, "cart"), entry(59, "pay")]).visits).toBe(2);
  const busy = Array.from({ length: 97 }, (_, i) => entry(i * 15, "browse"));
  expect(countsOf(fold(busy))?.visits).toBe(1);
  expect(countsOf(fold(busy), 20_001)?.visits).toBe(1);
});

test.each(["outcome", "rage_click", "dead_click", "error_click", "u_turn", "form_struggle", "error", "vital"] as const)(
  "J5 %s counts as a touchpoint, but is no activity and makes no edge",
  (type) => {
    const passive = entry(20, "", { type });
    const day = dayOf([entry(0, "browse"), passive, entry(31, "cart")]);
    expect(day.visits).toBe(2);
    expect(day.edges).toEqual({});
    expect(day.touchpoints).toBe(3);
    expect(progressOf(fold([entry(0, "browse"), passive]), journey).features.lastAt).toBe(NOON);
    expect(contributions(fold([passive]), journey).size).toBe(0);
  },
);

test("J5 what a visitor does keeps a visit open", () => {
  for (const type of ["click", "form_field", "form_error", "copy", "leave", "track"] as const) {
    expect(dayOf([entry(0, "browse"), entry(20, "", { type }), entry(31, "cart")]).visits).toBe(1);
  }
});

test("J13 a visit counts for the UTC day on which it began", () => {
  const late = [entry(719, "browse"), entry(721, "cart")];
  expect([...contributions(fold(late), journey).keys()]).toEqual([20_000]);
  expect(dayOf(late).edges["browse>cart"]?.count).toBe(1);
});

test("J9 order is time, then stream, then seq, never arrival", () => {
  const same = { at: NOON };
  const sorted = [
    entry(0, "", { ...same, at: NOON - 1, stream: "z", seq: 9 }),
    entry(0, "", { ...same, stream: "a", seq: 1 }),
    entry(0, "", { ...same, stream: "a", seq: 2 }),
    entry(0, "", { ...same, stream: "b", seq: 0 }),
  ];
  expect(sorted.toReversed().sort(compareEntries)).toEqual(sorted);
});

test("J10 the ring holds the 128 greatest touchpoints; the rest is in the checkpoint, and nothing is lost", () => {
  const all = Array.from({ length: RING_MAX + 2 }, (_, i) => entry(i, i % 2 ? "cart" : "browse"));
  const one = fold(all.slice(0, RING_MAX));
  expect(one.ring).toHaveLength(128);
  expect(one.watermark).toBe(null);
  const whole = fold(all);
  expect(whole.ring).toEqual(all.slice(2));
  expect(whole.watermark).toEqual({ at: all[1]?.at, stream: "s", seq: 1 });
  expect(countsOf(whole)?.edges["browse>cart"]?.count).toBe(65);
});

test("J10 what a journey was before stays as it was, whatever is folded on from it", () => {
  const order = { kind: "completed", id: "A-1", milli: 5_000, currency: "EUR" } as const;
  const paid = (minute: number, stage: string) => entry(minute, stage, { order: { ...order, id: `A-${minute}` } });
  const stages = ["browse", "cart", "pay"];
  const walk = (from: number, n: number) =>
    Array.from({ length: n }, (_, i) => paid(from + i, stages[i % 3] as string));
  const before = fold(walk(0, RING_MAX + 10));
  const was = structuredClone({ before, days: contributions(before, journey) });
  const after = fold([...walk(RING_MAX + 10, 20), paid(3, "pay")], before);
  expect(after.touchpoints).toBe(RING_MAX + 31);
  expect({ before, days: contributions({ ...before }, journey) }).toEqual(was);
});

test("J11 a touchpoint at or below the watermark is late: in the totals, in no edge", () => {
  const full = fold(Array.from({ length: RING_MAX + 10 }, (_, i) => entry(i + 10, "browse")));
  const before = countsOf(full);
  const watermark = full.watermark as { at: number; stream: string; seq: number };
  const late = entry(0, "cart", { ...watermark, stream: "r" });
  const { folded, changed } = merge(full, [late], journey);
  expect([folded.late, folded.touchpoints]).toEqual([1, RING_MAX + 11]);
  expect([...changed.keys()]).toEqual([LATE_DAY]);
  expect(changed.get(LATE_DAY)?.contribution).toMatchObject({ late: 1, touchpoints: 1, edges: {} });
  expect(countsOf(folded)).toEqual(before);
  const timely = merge(full, [entry(0, "cart", { ...watermark, seq: watermark.seq + 0.5 })], journey);
  expect(timely.folded.late).toBe(0);
  expect(merge(full, [entry(0, "cart", watermark)], journey).folded.late).toBe(1);
});

test("J18 every day that changed is told, also one that is empty now because its visit began earlier", () => {
  const evening = entry(719, "browse", { seq: 1 });
  const night = entry(725, "cart", { seq: 2 });
  const one = fold([night]);
  expect([...contributions(one, journey).keys()]).toEqual([20_001]);
  const { changed } = merge(one, [evening], journey);
  expect(changed.get(20_001)?.contribution).toMatchObject({ visits: 0, touchpoints: 0, starts: {}, ends: {} });
  expect(changed.get(20_000)?.contribution).toMatchObject({ visits: 1, touchpoints: 2 });
  expect(merge(one, [], journey).changed.size).toBe(0);
});

const anyEntries = fc
  .array(
    fc.record({
      minute: fc.nat(4000),
      stage: fc.constantFrom("", "browse", "cart", "pay", "done"),
      stream: fc.constantFrom("a", "b", "c"),
      type: fc.constantFrom("page", "click", "outcome") as fc.Arbitrary<Entry["type"]>,
    }),
    { maxLength: 200 },
  )
  .map((drafts) =>
    drafts.map((d, seq) =>
      entry(d.minute, d.type === "outcome" ? "" : d.stage, { stream: d.stream, type: d.type, seq }),
    ),
  );

/** The map by another way: every day's contribution of a journey that heard everything in order, summed as pushes say. */
function mapOf(batches: Entry[][]): { folded: Folded; days: Map<number, Contribution> } {
  let folded = EMPTY_FOLDED;
  const days = new Map<number, Contribution>();
  for (const batch of batches) {
    const merged = merge(folded, batch, journey);
    folded = merged.folded;
    for (const [day, { contribution }] of merged.changed) days.set(day, contribution);
  }
  for (const [day, contribution] of days) if (contribution.touchpoints === 0) days.delete(day);
  return { folded, days };
}

test("J18 a day that has as many touchpoints as before, but others, is told", () => {
  // Ten past midnight; then it turns out that the visit began before midnight, and that there was another in the morning.
  const before = fold([entry(730, "browse")]);
  const { changed } = merge(before, [entry(710, "browse"), entry(1320, "cart")], journey);
  expect(countsOf(before, 20_001)).toMatchObject({ touchpoints: 1, starts: { browse: 1 } });
  expect(changed.get(20_001)?.contribution).toMatchObject({ touchpoints: 1, starts: { cart: 1 } });
  expect(changed.get(20_000)?.contribution).toMatchObject({ touchpoints: 2, starts: { browse: 1 } });
});

test("J9 any delivery in which nothing is late gives the identical state and map", () => {
  let compared = 0;
  fc.assert(
    fc.property(anyEntries, fc.array(fc.nat(), { minLength: 200, maxLength: 200 }), (entries, keys) => {
      const shuffled = entries.map((e, i) => ({ e, k: keys[i] as number })).sort((a, b) => a.k - b.k);
      const batches: Entry[][] = [];
      for (const { e, k } of shuffled) {
        if (k % 7 === 0 || batches.length === 0) batches.push([]);
        batches.at(-1)?.push(e);
      }
      const inOrder = mapOf([entries]);
      const delivered = mapOf(batches);
      expect(delivered.folded.touchpoints).toBe(inOrder.folded.touchpoints);
      if (delivered.folded.late > 0) return;
      compared++;
      expect(delivered.folded).toEqual(inOrder.folded);
      expect(delivered.days).toEqual(inOrder.days);
    }),
    { numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(100);
});
