import { FEATURES } from "../features.ts";
import type { ScoreName } from "../site-config.ts";
import { STALL_STEPS } from "./starter.ts";

/** A float32 value between its two neighbours: where a comparison in another precision would fall otherwise. */
export function beside(value: number): [number, number, number] {
  const view = new DataView(new ArrayBuffer(4));
  const step = (by: number) => {
    view.setFloat32(0, value);
    view.setInt32(0, view.getInt32(0) + by);
    return view.getFloat32(0);
  };
  return [step(-1), Math.fround(value), step(1)];
}

/** Rows whose answers are kept in golden.json: every step of the rule, on it and one float32 to either side. */
export function goldenRows(name: ScoreName): Float32Array<ArrayBuffer>[] {
  const steps = STALL_STEPS.slice(1).flatMap(({ above }) => beside(above));
  const settings =
    name === "stall"
      ? pairs([0, ...beside(0.5), 1], [0, 0.25, ...steps, 1.5, 3, 100], (unfinished, idleRatio) => ({
          unfinished,
          idleRatio,
        }))
      : pairs([0, 0.25, 0.5, 0.75, 1], [0, 1, 2, 3, 5, 8, 12, 30, 1000, 1_000_000], (progress, count) => ({
          progress,
          touchpoints: Math.log1p(count),
        }));
  return settings.map((read, i) => rowOf(read, i));
}

function pairs<T>(a: readonly number[], b: readonly number[], of: (a: number, b: number) => T): T[] {
  return a.flatMap((x) => b.map((y) => of(x, y)));
}

/** Features that the rule does not read walk through their ranges, so that a rule that did read them would be noticed. */
function rowOf(read: Record<string, number>, i: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(FEATURES, ({ name, range: [from, to] }, j) => {
    return read[name] ?? from + ((to - from) * ((i * 7 + j * 3) % 11)) / 10;
  });
}
