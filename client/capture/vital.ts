import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";
import type { SourceParts } from "./sources.ts";

/** CLS is a score of few decimals, all others are ms. */
const CLS_DECIMALS = 4;

/**
 * How the page felt, told as it leaves: each metric with its value so far, and again at a later leaving if it changed. It
 * is asked for every change, because the library hears of the leaving only after capture does.
 */
export function captureVitals({ record, signal, atEnding }: SourceParts): void {
  const latest = new Map<string, Metric>();
  const told = new Map<string, number>();
  const keep = (metric: Metric) => {
    latest.set(metric.name, metric);
  };
  for (const watch of [onCLS, onFCP, onINP, onLCP, onTTFB]) watch(keep, { reportAllChanges: true });
  // The library cannot be told to stop.
  signal.addEventListener("abort", () => latest.clear());
  atEnding((why) => {
    for (const { name, value, rating } of why === "leave" ? latest.values() : []) {
      if (told.get(name) === value) continue;
      told.set(name, value);
      record({
        type: "vital",
        name,
        props: { value: Number(value.toFixed(name === "CLS" ? CLS_DECIMALS : 0)), rating },
      });
    }
    return {};
  });
}
