import { expect, test } from "vitest";
import { addTouchpoint, EMPTY_FEATURES, type FeatureInput, type FeatureState } from "../../models/features.ts";
import { type Answer, bandOf, score } from "../../models/score.ts";
import type { Journey } from "../../models/site-config.ts";

const journey: Journey = {
  id: "purchase",
  name: "Purchase",
  goal: "thanks",
  stages: [
    { id: "home", name: "Home", match: { path: "/" } },
    { id: "payment", name: "Payment", match: { path: "/pay" }, typicalDwellMs: 8000 },
    { id: "thanks", name: "Thank you", match: { path: "/thanks" } },
  ],
};
const thresholds = { medium: 0.5, high: 0.8 };
const stall: Answer = { name: "stall", value: 0.85, model: "stall-rule-1", engine: "compact" };
const intent: Answer = { name: "intent", value: 0.6, model: "intent-rule-1", engine: "onnxruntime-web" };
const START = Date.UTC(2026, 10, 22);

function after(...touchpoints: [secondsIn: number, stage: string][]): FeatureState {
  return touchpoints.reduce<FeatureState>((state, [secondsIn, stage]) => {
    const input: FeatureInput = { type: stage === "" ? "click" : "page", at: START + secondsIn * 1000, stage };
    return addTouchpoint(state, input, journey);
  }, EMPTY_FEATURES);
}

function why(answer: Answer, state: FeatureState, secondsIn: number): string[] {
  return score(answer, thresholds, { state, journey, now: START + secondsIn * 1000 }).why;
}

test("V1 a value is in the highest band whose lower bound it reaches", () => {
  expect([0, 0.4999, 0.5, 0.7999, 0.8, 1].map((v) => bandOf(v, thresholds))).toEqual([
    "low",
    "low",
    "medium",
    "medium",
    "high",
    "high",
  ]);
});

test("V2 a value outside 0..1 is clamped, and what is not a number is 0 and low", () => {
  const moment = { state: after([0, "home"]), journey, now: START };
  const of = (value: number) => score({ ...stall, value }, thresholds, moment);
  expect(of(1.5)).toMatchObject({ value: 1, band: "high" });
  expect(of(-0.5)).toMatchObject({ value: 0, band: "low" });
  expect(of(Number.NaN)).toMatchObject({ value: 0, band: "low" });
  expect(of(0.25)).toMatchObject({ value: 0.25, band: "low" });
});

test("V3 a score says which model gave it and in which engine", () => {
  const moment = { state: after([0, "home"]), journey, now: START };
  expect(score(stall, thresholds, moment)).toMatchObject({ name: "stall", model: "stall-rule-1", engine: "compact" });
  expect(score(intent, thresholds, moment)).toMatchObject({ model: "intent-rule-1", engine: "onnxruntime-web" });
});

test("V4 a visitor who came to a stage and did nothing more is told how long, and how long others take", () => {
  expect(why(stall, after([0, "home"], [10, "payment"]), 34)).toEqual([
    "You have been at “Payment” for 24 seconds without going on; most people take about 8 seconds.",
  ]);
});

test("V4 a visitor who did something in the stage is told both times, neither longer than it was", () => {
  expect(why(stall, after([0, "home"], [10, "payment"], [130, ""]), 150)).toEqual([
    "Nothing has happened at “Payment” for 20 seconds; most people take about 8 seconds.",
    "You came to “Payment” 2 minutes ago.",
  ]);
});

test("V4 nobody is told that others are quicker before they are", () => {
  const state = after([0, "home"], [10, "payment"]);
  expect(why(stall, state, 18)).toEqual(["You have been at “Payment” for 8 seconds without going on."]);
  expect(why(stall, state, 19)).toEqual([
    "You have been at “Payment” for 9 seconds without going on; most people take about 8 seconds.",
  ]);
});

test("V4 outside every stage the place is not named", () => {
  expect(why(stall, after([0, ""]), 1)).toEqual(["Nothing has happened here for 1 second."]);
});

test("V5 intent is explained by the deepest step and by what was done", () => {
  expect(why(intent, after([0, "home"], [10, "payment"], [11, "home"]), 20)).toEqual([
    "You have come to “Payment”, step 2 of 3.",
    "You have done 3 things in this visit.",
  ]);
  expect(why(intent, after([0, ""]), 20)).toEqual(["You have done one thing in this visit."]);
});

test("V6 durations are in the unit that people would use", () => {
  const state = after([0, "payment"]);
  const times = [0, 1, 89, 90, 5369, 5370, 36_000].map(
    (s) => /for (.*?) without/.exec(why(stall, state, s)[0] ?? "")?.[1],
  );
  expect(times).toEqual(["1 second", "1 second", "89 seconds", "2 minutes", "89 minutes", "2 hours", "10 hours"]);
});
