import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addTouchpoint,
  EMPTY_FEATURES,
  FEATURES,
  type FeatureInput,
  shifted,
  toVector,
} from "../../models/features.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const NOON = Date.UTC(2026, 10, 22, 12);
const after = (inputs: FeatureInput[]) => inputs.reduce((s, input) => addTouchpoint(s, input, journey), EMPTY_FEATURES);
const page = (second: number, stage = ""): FeatureInput => ({ type: "page", at: NOON + second * 1000, stage });

/** One feature by its published name. */
function feature(name: string, inputs: FeatureInput[], second: number): number {
  const vector = toVector(after(inputs), journey, NOON + second * 1000);
  return vector[FEATURES.findIndex((f) => f.name === name)] as number;
}

test("F1 the vector has the published order and every value is in its published range", () => {
  const input = fc.record({
    type: fc.constantFrom("page", "click", "form_submit", "outcome", "leave") as fc.Arbitrary<FeatureInput["type"]>,
    at: fc.integer({ min: 0, max: 10 ** 13 }),
    stage: fc.constantFrom("", "browse", "cart", "pay", "done", "gone"),
  });
  fc.assert(
    fc.property(fc.array(input, { maxLength: 50 }), fc.integer({ min: 0, max: 10 ** 13 }), (inputs, now) => {
      const vector = toVector(after(inputs.sort((a, b) => a.at - b.at)), journey, now);
      expect(vector).toHaveLength(FEATURES.length);
      for (const [i, { name, range }] of FEATURES.entries()) {
        expect(vector[i], name).toBeGreaterThanOrEqual(range[0]);
        expect(vector[i], name).toBeLessThanOrEqual(range[1]);
      }
    }),
  );
});

test("F1 counts and times are what they say, on a visit worked out by hand", () => {
  const visit = [page(0, "browse"), page(10, "cart"), { ...page(15), type: "click" as const }, page(40, "browse")];
  const expected: [string, number][] = [
    ["touchpoints", Math.log1p(4)],
    ["pages", Math.log1p(3)],
    ["clicks", Math.log1p(1)],
    ["submits", 0],
    ["returns", Math.log1p(1)],
    ["touchpointsInStage", Math.log1p(1)],
    ["visitsBefore", 0],
    ["stageDepth", 0],
    ["deepestStage", 1],
    ["progress", 1 / 3],
    ["unfinished", 0],
    ["idleRatio", 20 / 30],
    ["idleSeconds", Math.log1p(20)],
    ["lastGapSeconds", Math.log1p(25)],
    ["longestGapSeconds", Math.log1p(25)],
    ["inStageSeconds", Math.log1p(20)],
    ["elapsedSeconds", Math.log1p(60)],
  ];
  expect(FEATURES.map((f) => f.name)).toEqual(expected.map(([name]) => name));
  for (const [name, value] of expected) expect(feature(name, visit, 60), name).toBeCloseTo(value, 6);
});

test("F1 a form that was sent counts, and clicks in a stage count for the stage", () => {
  const visit = [page(0, "cart"), { ...page(1), type: "form_submit" as const }, { ...page(2), type: "click" as const }];
  expect(feature("submits", visit, 2)).toBeCloseTo(Math.log1p(1), 6);
  expect(feature("touchpointsInStage", visit, 2)).toBeCloseTo(Math.log1p(3), 6);
});

test("F2 a new visit starts anew, and remembers only how many there were", () => {
  const state = after([page(0, "pay"), page(1800, "browse"), page(1801)]);
  expect(state).toMatchObject({
    visitsBefore: 1,
    touchpoints: 2,
    stage: "browse",
    deepest: 0,
    visitAt: NOON + 1_800_000,
  });
});

test("F3 silence is measured in the typical dwell of the stage, and a stage is unfinished from the second on, before the goal", () => {
  expect(feature("idleRatio", [page(0, "pay")], 25)).toBeCloseTo(2.5, 6);
  expect(feature("idleRatio", [page(0, "cart")], 30)).toBe(1);
  expect(feature("idleRatio", [page(0, "pay")], -5)).toBe(0);
  expect(feature("unfinished", [page(0, "pay")], 0)).toBe(1);
  expect(feature("unfinished", [page(0, "browse")], 0)).toBe(0);
  expect(feature("unfinished", [page(0, "pay"), page(1, "done")], 1)).toBe(0);
});

test("F4 by another clock everything is as long ago as before", () => {
  const state = after([page(0, "cart"), page(10, "pay")]);
  expect(toVector(shifted(state, 5000), journey, NOON + 65_000)).toEqual(toVector(state, journey, NOON + 60_000));
  expect(shifted(state, 5000)).toMatchObject({ lastAt: state.lastAt + 5000, touchpoints: 2, stage: "pay" });
});

test("J7 the goal ends the visit's progress for the features too", () => {
  const state = after([page(0, "pay"), page(1, "done"), page(2, "browse")]);
  expect(state).toMatchObject({ stage: "done", goal: true, returns: 0, touchpoints: 3 });
});

test("J5 an outcome changes no feature", () => {
  const before = after([page(0, "pay")]);
  expect(addTouchpoint(before, { ...page(9), type: "outcome" }, journey)).toBe(before);
});
