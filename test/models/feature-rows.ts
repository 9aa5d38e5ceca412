/** The rows on which engines are compared: 1,200 over the whole range, a quarter where an answer turns. */
import { FEATURES } from "../../models/features.ts";
import { beside } from "../../models/train/golden.ts";
import { INTENT, STARTERS } from "../../models/train/starter.ts";
export const ROWS = 1200;

/** Numbers 0..1 that are the same in every run. */
export function sequence(seed: number): () => number {
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

/** Rows for the stall rule: a quarter on a threshold or one float32 beside it. */
export function stallRows(): Float32Array[] {
  return featureRows((row, i) => {
    if (i % 4 === 0) row[column("unfinished")] = beside(0.5)[i % 3] ?? 0;
    row[column("idleRatio")] = stallBorders[i % stallBorders.length] ?? 0;
  });
}

/** Rows for the intent rule: a quarter on a band's bound or one float32 beside it. */
export function intentRows(): Float32Array[] {
  return featureRows(onBand);
}
