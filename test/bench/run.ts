/**
 * `npm run bench`: what cannot be a test, because machines are noisy. Five interleaved rounds; medians count. Exits 1
 * where a bound is broken. Ratios are to a control in the same run; absolute times are for orientation.
 */
import { execFileSync } from "node:child_process";
import { collectRatios } from "./collect-cpu.ts";
import { modelTimes } from "./model-times.ts";

const ROUNDS = 5;

/** One line of the table; `bound` where there is one. */
interface Line {
  what: string;
  median: number;
  unit: string;
  bound?: number;
}

const lines: Line[] = [];
const times = modelTimes(ROUNDS);
lines.push({ what: "one score (stall)", median: times.stallUs, unit: "µs", bound: 20 });
lines.push({ what: "one score (intent)", median: times.intentUs, unit: "µs", bound: 20 });
lines.push({ what: "one feature update", median: times.updateUs, unit: "µs", bound: 5 });
const { beforeObject, withObject } = await collectRatios(ROUNDS);
lines.push({ what: "collect, 10 touchpoints, before the object", median: beforeObject, unit: "× plain 204" });
lines.push({ what: "collect, 10 touchpoints, with the object", median: withObject, unit: "× plain 204" });

let broken = 0;
for (const { what, median, unit, bound } of lines) {
  const isBroken = bound !== undefined && median > bound;
  if (isBroken) broken++;
  const verdict = bound === undefined ? "" : ` (at most ${bound}${isBroken ? ": BROKEN" : ""})`;
  console.log(`${what.padEnd(46)} ${median.toFixed(2).padStart(8)} ${unit}${verdict}`);
}
const rows = execFileSync("npx", ["vitest", "run", "--project", "workerd", "test/worker/rows.edge.test.ts"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
});
console.log(/rows written over a visit: \{[^}]*\}/.exec(rows)?.[0] ?? rows);
process.exit(broken > 0 ? 1 : 0);
