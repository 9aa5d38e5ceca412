import { modelTimes } from "./model-times.ts";

/** One figure; `bound` where there is one. Ratios are to a control in the same run. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** At most, or at least. */
  bound?: number;
  least?: number;
}

/** The engine and the features, without a page. */
export function coreFigures(rounds: number): Figure[] {
  const times = modelTimes(rounds);
  return [
    { what: "one score (stall)", value: times.stallUs, unit: "µs", bound: 20 },
    { what: "one score (intent)", value: times.intentUs, unit: "µs", bound: 20 },
    { what: "one feature update", value: times.updateUs, unit: "µs", bound: 5 },
  ];
}

/** Figures as lines, with what was promised. */
export function figureLines(figures: readonly Figure[]): string[] {
  const width = Math.max(...figures.map(({ what }) => what.length));
  return figures.map(({ what, value, unit, bound, least }) => {
    const promised = bound !== undefined ? `at most ${bound}` : least !== undefined ? `at least ${least}` : "";
    const isMet = value <= (bound ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY);
    const verdict = promised === "" ? "" : `  (${promised}: ${isMet ? "met" : "MISSED"})`;
    return `${what.padEnd(width)} ${value.toFixed(2).padStart(9)} ${unit}${verdict}`;
  });
}
