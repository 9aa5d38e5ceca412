/**
 * DDSketch with logarithmic buckets (Masson, Rim, Lee 2019): counts by bucket, so that two sketches add up, one can be
 * taken out of another again, and every quantile is right within a share of its value.
 */

/** Quantiles of times are at most this share of the value off: 2 % of a minute is about a second. */
const SKETCH_ALPHA = 0.02;

/** Bucket index to how many values are in it. */
export type Sketch = Record<string, number>;

/** The bucket of a positive value: ceil(ln v / ln γ), γ = (1 + α)/(1 − α). Values below 1 count as 1 (0 ms is 1 ms). */
export function sketchIndex(value: number, alpha: number = SKETCH_ALPHA): number {
  // Not -0, which JSON and Object.is take for something else.
  return Math.ceil(Math.log(Math.max(1, value)) / Math.log(gamma(alpha))) || 0;
}

/** The value that stands for all of a bucket: 2γ^i/(γ + 1), within α of each of them. */
export function sketchValue(index: number, alpha: number = SKETCH_ALPHA): number {
  return (2 * gamma(alpha) ** index) / (gamma(alpha) + 1);
}

/** The ratio of a bucket's bounds. */
export function gamma(alpha: number): number {
  return (1 + alpha) / (1 - alpha);
}

/**
 * The value at a quantile 0..1, null for an empty sketch: the bucket that holds rank q·(n − 1), from 0. At 0 and 1 it is
 * the outermost bucket: the least and the greatest value, as far as a sum from which values are taken out can know them.
 */
export function quantile(sketch: Sketch, q: number): number | null {
  const cells = Object.entries(sketch)
    .map(([index, count]) => [Number(index), count] as const)
    .sort(([a], [b]) => a - b);
  const last = cells.at(-1);
  if (!last) return null;
  const rank = q * (cells.reduce((sum, [, count]) => sum + count, 0) - 1);
  let below = 0;
  for (const [index, count] of cells) {
    below += count;
    if (below > rank) return sketchValue(index);
  }
  return sketchValue(last[0]);
}
