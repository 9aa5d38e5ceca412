import { expect, test } from "vitest";
import { addTouchpoint, EMPTY_FEATURES, FEATURES, type FeatureState, toVector } from "../../../models/features.ts";
import { readModel, runModel } from "../../../models/onnx.ts";
import { bandOf } from "../../../models/score.ts";
import type { Journey, ScoreName } from "../../../models/site-config.ts";
import { beside } from "../../../models/train/golden.ts";
import { STARTERS, starterBytes } from "../../../models/train/starter.ts";

const journey: Journey = {
  id: "purchase",
  name: "Purchase",
  goal: "thanks",
  stages: ["home", "product", "cart", "checkout", "thanks"].map((id) => ({
    id,
    name: id,
    match: { path: `/${id}` },
    typicalDwellMs: 8000,
  })),
};
const START = Date.UTC(2026, 10, 22);

function modelOf(name: ScoreName) {
  const read = readModel(starterBytes(name));
  if (!read.ok) throw new Error(read.detail);
  return read.model;
}

/** The state after one page view a second in these stages. */
function after(...stages: string[]): FeatureState {
  return stages.reduce<FeatureState>(
    (state, stage, i) => addTouchpoint(state, { type: "page", at: START + i * 1000, stage }, journey),
    EMPTY_FEATURES,
  );
}

function scoreOf(name: ScoreName, state: FeatureState, idleMs: number): number {
  return runModel(modelOf(name), toVector(state, journey, state.lastAt + idleMs));
}

const stallBand = (state: FeatureState, idleMs: number) =>
  bandOf(scoreOf("stall", state, idleMs), STARTERS.stall.thresholds);

test.each(["product", "cart", "checkout"])(
  "M1 in %s the stall rule steps up after one typical dwell, and after two",
  (stage) => {
    const state = after("home", stage);
    expect([0, 4000, 8000].map((idleMs) => stallBand(state, idleMs))).toEqual(["low", "low", "low"]);
    expect([8001, 16_000].map((idleMs) => stallBand(state, idleMs))).toEqual(["medium", "medium"]);
    expect([16_001, 3_600_000].map((idleMs) => stallBand(state, idleMs))).toEqual(["high", "high"]);
    expect(scoreOf("stall", state, 16_001)).toBeGreaterThanOrEqual(0.8);
  },
);

test("M1 more silence never lowers the stall rule", () => {
  const values = Array.from({ length: 60 }, (_, s) => scoreOf("stall", after("home", "checkout"), s * 1000));
  expect(values).toEqual([...values].sort((a, b) => a - b));
});

test("M2 nobody stalls in the first stage, nor once the goal is reached", () => {
  expect(scoreOf("stall", after("home"), 3_600_000)).toBe(0);
  expect(scoreOf("stall", after("home", "checkout", "thanks"), 3_600_000)).toBe(0);
  expect(scoreOf("stall", EMPTY_FEATURES, 3_600_000)).toBe(0);
});

test("M3 intent grows with every stage reached and every touchpoint, and silence does not change it", () => {
  const path = ["home", "product", "cart", "checkout"];
  const values = path.map((_, i) => scoreOf("intent", after(...path.slice(0, i + 1)), 0));
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(new Set(values).size).toBe(4);
  const [once, often] = [after(...path), after(...path, ...Array<string>(9).fill("checkout"))];
  expect(scoreOf("intent", often, 0)).toBeGreaterThan(scoreOf("intent", once, 0));
  expect(scoreOf("intent", often, 600_000)).toBe(scoreOf("intent", often, 0));
});

test("M3 intent is what its card says: low on the first page, medium in the cart, high in a checkout that took a while", () => {
  const band = (state: FeatureState) => bandOf(scoreOf("intent", state, 0), STARTERS.intent.thresholds);
  expect(band(after("home"))).toBe("low");
  expect(band(after("home", "product", "cart"))).toBe("medium");
  expect(band(after("home", "product", "cart", "checkout"))).toBe("medium");
  expect(band(after("home", "product", "home", "product", "cart", "cart", "checkout", "checkout"))).toBe("high");
});

test.each(["stall", "intent"] as const)(
  "M4 the %s file says that it is a rule, and which features in which order it takes",
  (name) => {
    const { metadata } = modelOf(name);
    expect(metadata.kind).toBe("rule");
    expect(metadata.version).toBe(STARTERS[name].version);
    expect(metadata.features?.split(",")).toEqual(FEATURES.map((feature) => feature.name));
    expect(JSON.parse(metadata.thresholds ?? "")).toEqual(STARTERS[name].thresholds);
  },
);

test.each(["stall", "intent"] as const)("M5 the %s rule reads the features that it names and no other", (name) => {
  const model = modelOf(name);
  // Under way and idle for one typical dwell and a half; half way.
  const middle = () =>
    Float32Array.from(FEATURES, (f) => ({ unfinished: 1, idleRatio: 1.5, progress: 0.5 })[f.name] ?? 1);
  const moves = FEATURES.filter(({ range }, column) => {
    const values = range.map((end) => {
      const row = middle();
      row[column] = end;
      return runModel(model, row);
    });
    return values[0] !== values[1];
  });
  expect(moves.map((f) => f.name).sort()).toEqual([...STARTERS[name].reads].sort());
});

test("M6 beside a number stand its nearest float32 neighbours", () => {
  // One float32 step at 1 is 2^-24 downwards and 2^-23 upwards (IEEE 754).
  expect(beside(1)).toEqual([1 - 2 ** -24, 1, 1 + 2 ** -23]);
  expect(beside(-1)).toEqual([-(1 - 2 ** -24), -1, -(1 + 2 ** -23)]);
});
