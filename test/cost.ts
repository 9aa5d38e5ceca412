import type { Cost } from "../models/analysis/cost.ts";

/** The terms as lines, dearest first. */
export function costLines({ terms, perMillion, storedPerMonth }: Cost): string[] {
  const rows = Object.entries(terms).sort(([, a], [, b]) => b - a);
  return [
    ...rows.map(([name, dollars]) => `${name.padEnd(34)} ${dollars.toFixed(4)}`),
    `${"in all, dollars a million".padEnd(34)} ${perMillion.toFixed(4)}`,
    `${"keeping it, dollars a month".padEnd(34)} ${storedPerMonth.toFixed(4)}`,
  ];
}
