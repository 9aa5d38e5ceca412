import { evaluate } from "../../../models/rules.ts";
import evil from "../../cases/evil-patterns.json" with { type: "json" };
import { median } from "../median.ts";

const REPEATS = 20;
const PUMPS = ["a", "a ", "ab", "0", "x", "-a"];

export interface EvilPatterns {
  patterns: number;
  /** The longest of all, ms, and its pattern. */
  slowestMs: number;
  slowest: string;
  /** Time at 2,048 characters over time at 1,024, of all patterns together: 2 is linear, 4 quadratic. */
  ratio: number;
}

/** Times of the patterns by which backtracking matchers run away, in the product's own conditions. */
export function evilPatterns(rounds: number): EvilPatterns {
  const ratios: number[] = [];
  let slowestMs = 0;
  let slowest = "";
  for (let round = 0; round <= rounds; round++) {
    let [short, long] = [0, 0];
    for (const pattern of evil.patterns) {
      const [at1024, at2048] = [1_024, 2_048].map((length) => timeMs(pattern, length)) as [number, number];
      short += at1024;
      long += at2048;
      if (round > 0 && at2048 > slowestMs) [slowestMs, slowest] = [at2048, pattern];
    }
    if (round > 0) ratios.push(long / short);
  }
  return { patterns: evil.patterns.length, slowestMs, slowest, ratio: median(ratios) };
}

/** The mean of one evaluation over all pumps, ms. */
function timeMs(pattern: string, length: number): number {
  const condition = { s: { $regex: pattern } };
  const startedMs = performance.now();
  for (let i = 0; i < REPEATS; i++) {
    for (const pump of PUMPS) evaluate(condition, { s: `${pump.repeat(length).slice(0, length - 1)}!` });
  }
  return (performance.now() - startedMs) / REPEATS / PUMPS.length;
}
