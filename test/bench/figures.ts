import { execFileSync } from "node:child_process";
import { collectRatios } from "./collect-cpu.ts";
import { modelTimes } from "./model-times.ts";

/** One figure; `bound` where there is one. Ratios are to a control in the same run. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  bound?: number;
}

/** The engine, the features and the edge, without a page. */
export async function coreFigures(rounds: number): Promise<Figure[]> {
  const times = modelTimes(rounds);
  const { beforeObject, withObject } = await collectRatios(rounds);
  return [
    { what: "one score (stall)", value: times.stallUs, unit: "µs", bound: 20 },
    { what: "one score (intent)", value: times.intentUs, unit: "µs", bound: 20 },
    { what: "one feature update", value: times.updateUs, unit: "µs", bound: 5 },
    { what: "collect, 10 touchpoints, before the object", value: beforeObject, unit: "× plain 204" },
    { what: "collect, 10 touchpoints, with the object", value: withObject, unit: "× plain 204" },
  ];
}

/** What a new visitor's visit writes, as the test that counts it prints it. */
export function rowsWritten(): string {
  const rows = execFileSync("npx", ["vitest", "run", "--project", "workerd", "test/worker/bill.edge.test.ts"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return /rows written over a visit: \{[^}]*\}/.exec(rows)?.[0] ?? rows;
}
