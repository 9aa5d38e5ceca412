import { expect, test } from "vitest";
import { readModel, runModel } from "../../models/onnx.ts";
import { beside } from "../../models/train/golden.ts";
import { writeOnnx } from "../../models/train/onnx-writer.ts";
import { STARTERS, starterBytes } from "../../models/train/starter.ts";
import { answersOf } from "../../worker/cli/models.ts";
import { intentRows, ROWS, sequence, stallRows } from "./feature-rows.ts";
import { handMadeGraph, threeTrees } from "./onnx-graphs.ts";

const TOLERANCE = 1e-6;

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
  const { most, answers } = await largestDifference(starterBytes("stall"), stallRows());
  expect(most).toBeLessThanOrEqual(TOLERANCE);
  // Every step of the rule is among the answers, so that agreement is not agreement on one leaf.
  expect(new Set(answers)).toEqual(new Set([0, 0.1, 0.3, 0.55, 0.85].map(Math.fround)));
});

test("E15 intent: both engines agree within 1e-6 on 1,200 rows, a quarter on a band's bound or one float32 beside it", async () => {
  const { most, answers } = await largestDifference(starterBytes("intent"), intentRows());
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
