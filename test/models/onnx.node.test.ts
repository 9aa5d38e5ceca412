import { expect, test } from "vitest";
import { FEATURES } from "../../models/features.ts";
import { readModel, runModel } from "../../models/onnx.ts";
import { beside } from "../../models/train/golden.ts";
import { writeOnnx } from "../../models/train/onnx-writer.ts";
import { INTENT, STARTERS, starterBytes } from "../../models/train/starter.ts";
import { answersOf } from "../../worker/cli/models.ts";
import { handMadeGraph, threeTrees } from "./onnx-graphs.ts";

const ROWS = 1200;
const TOLERANCE = 1e-6;

/** Numbers 0..1 that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const column = (name: string) => FEATURES.findIndex((feature) => feature.name === name);

/** Rows over the whole range of every feature; in the first quarter, `border` puts each on a threshold or beside it. */
function featureRows(border: (row: Float32Array, i: number) => void): Float32Array[] {
  const next = sequence(7);
  return Array.from({ length: ROWS }, (_, i) => {
    const row = Float32Array.from(FEATURES, ({ range: [from, to] }) => from + (to - from) * next());
    row[column("unfinished")] = next() < 0.8 ? 1 : 0;
    if (i % 2 === 0) row[column("idleRatio")] = 4 * next();
    if (i < ROWS / 4) border(row, i);
    return row;
  });
}

const stallBorders = [0.5, 1, 2].flatMap(beside);

/** Where the rule crosses a band: progress such that its value is the band's lower bound, in float32 and beside it. */
function onBand(row: Float32Array, i: number): void {
  const { medium, high } = STARTERS.intent.thresholds;
  const bound = i % 2 === 0 ? medium : high;
  const touchpoints = row[column("touchpoints")] ?? 0;
  const progress = (Math.log(bound / (1 - bound)) - INTENT.bias - INTENT.touchpoints * touchpoints) / INTENT.progress;
  row[column("progress")] = beside(progress)[i % 3] ?? 0;
}

async function largestDifference(
  bytes: Uint8Array,
  rows: Float32Array[],
): Promise<{ most: number; answers: number[] }> {
  const read = readModel(bytes, rows[0]?.length);
  if (!read.ok) throw new Error(read.detail);
  const answers = await answersOf(bytes, rows);
  const differences = rows.map((row, i) => Math.abs(runModel(read.model, row) - (answers[i] ?? Number.NaN)));
  return { most: Math.max(...differences), answers };
}

test("E15 stall: both engines agree within 1e-6 on 1,200 rows, a quarter on a threshold or one float32 beside it", async () => {
  const rows = featureRows((row, i) => {
    if (i % 4 === 0) row[column("unfinished")] = beside(0.5)[i % 3] ?? 0;
    row[column("idleRatio")] = stallBorders[i % stallBorders.length] ?? 0;
  });
  const { most, answers } = await largestDifference(starterBytes("stall"), rows);
  expect(most).toBeLessThanOrEqual(TOLERANCE);
  // Every step of the rule is among the answers, so that agreement is not agreement on one leaf.
  expect(new Set(answers)).toEqual(new Set([0, 0.1, 0.3, 0.55, 0.85].map(Math.fround)));
});

test("E15 intent: both engines agree within 1e-6 on 1,200 rows, a quarter on a band's bound or one float32 beside it", async () => {
  const { most, answers } = await largestDifference(starterBytes("intent"), featureRows(onBand));
  expect(most).toBeLessThanOrEqual(TOLERANCE);
  expect(answers.some((p) => p < 0.05) && answers.some((p) => p > 0.95)).toBe(true);
  const { medium, high } = STARTERS.intent.thresholds;
  const near = answers.slice(0, ROWS / 4).filter((p) => Math.min(Math.abs(p - medium), Math.abs(p - high)) < 1e-5);
  expect(near).toHaveLength(ROWS / 4);
});

test("E16 the graph of seven operators answers alike in both engines", async () => {
  const next = sequence(11);
  const rows = Array.from({ length: ROWS }, () => Float32Array.from({ length: 3 }, () => 8 * next() - 4));
  const { most, answers } = await largestDifference(writeOnnx(handMadeGraph), [Float32Array.of(1, -2, 0.5), ...rows]);
  expect(most).toBeLessThanOrEqual(TOLERANCE);
  expect(Math.abs((answers[0] ?? 0) - 0.75)).toBeLessThanOrEqual(TOLERANCE);
});

test("E16 three trees answer alike in both engines, on every threshold and beside it", async () => {
  const borders = [...beside(-1), 0, 2 ** -149, -(2 ** -149), ...beside(0.5)];
  const rows = borders.flatMap((a) => borders.map((b) => Float32Array.of(a, b)));
  const { most, answers } = await largestDifference(writeOnnx(threeTrees), rows);
  expect(most).toBe(0);
  expect(new Set(answers)).toEqual(new Set([110.5, 120.5, 121.5, 130.5, 131.5]));
});
