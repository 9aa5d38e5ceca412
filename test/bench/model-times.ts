import { readFileSync } from "node:fs";
import { addTouchpoint, EMPTY_FEATURES, type FeatureState, toVector } from "../../models/features.ts";
import { readModel, runModel } from "../../models/onnx.ts";
import type { Journey } from "../../models/site-config.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { median } from "./median.ts";

const CALLS = 50_000;
const journey = SMALL_SITE.journeys[0] as Journey;

/** Medians over some rounds of the mean time of one call, in µs. A score is the vector and the model together. */
export function modelTimes(rounds: number): { stallUs: number; intentUs: number; updateUs: number } {
  const stall: number[] = [];
  const intent: number[] = [];
  const update: number[] = [];
  for (let round = 0; round < rounds; round++) {
    stall.push(scoreUs("stall"));
    intent.push(scoreUs("intent"));
    update.push(updateUs());
  }
  return { stallUs: median(stall), intentUs: median(intent), updateUs: median(update) };
}

function scoreUs(name: "stall" | "intent"): number {
  const read = readModel(readFileSync(new URL(`../../models/${name}/model.onnx`, import.meta.url)));
  if (!read.ok) throw new Error(read.detail);
  const state = visit(20);
  let sum = 0;
  const startedAt = performance.now();
  for (let i = 0; i < CALLS; i++) sum += runModel(read.model, toVector(state, journey, state.lastAt + (i % 60_000)));
  const spentMs = performance.now() - startedAt;
  if (!(sum > 0)) throw new Error("nothing was scored");
  return (spentMs / CALLS) * 1000;
}

function updateUs(): number {
  const startedAt = performance.now();
  const state = visit(CALLS);
  const spentMs = performance.now() - startedAt;
  if (state.touchpoints !== CALLS) throw new Error("a touchpoint was lost");
  return (spentMs / CALLS) * 1000;
}

/** The features after some touchpoints of one visit, a second apart at most. */
function visit(touchpoints: number): FeatureState {
  let state = EMPTY_FEATURES;
  const stages = ["browse", "cart", "", "pay"];
  for (let i = 0; i < touchpoints; i++) {
    const input = { type: i % 3 ? "click" : "page", at: 1e12 + i, stage: stages[i % 4] as string } as const;
    state = addTouchpoint(state, input, journey);
  }
  return state;
}
