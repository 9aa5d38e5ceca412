import fc from "fast-check";
import { expect, test } from "vitest";
import { addCount } from "../../models/contribution.ts";
import { gamma, quantile, type Sketch, sketchIndex, sketchValue } from "../../models/sketch.ts";

function sketchOf(values: readonly number[]): Sketch {
  const sketch: Sketch = {};
  for (const value of values) addCount(sketch, String(sketchIndex(value)), 1);
  return sketch;
}

test("J26 buckets are those of the published definition, worked out for α = 0.01", () => {
  expect(gamma(0.01)).toBeCloseTo(1.02020202020202, 12);
  expect([sketchIndex(1, 0.01), sketchIndex(100, 0.01)]).toEqual([0, 231]);
  expect(sketchValue(0, 0.01)).toBeCloseTo(0.99, 9);
  expect(sketchValue(231, 0.01)).toBeCloseTo(100.49456770856492, 9);
  expect(sketchIndex(0)).toBe(0);
});

test("J26 every quantile of any times is within 2 %, and the outermost are the least and the greatest", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 86_400_000 }), { minLength: 1, maxLength: 200 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      for (const q of [0, 0.25, 0.5, 0.9, 1]) {
        const exact = sorted[Math.floor(q * (sorted.length - 1))] as number;
        const told = quantile(sketchOf(values), q) as number;
        expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(0.02 + 1e-9);
      }
    }),
  );
  expect(quantile({}, 0.5)).toBe(null);
});

test("J26 two sketches add up to that of all their values, and one is taken out again without a trace", () => {
  const [a, b] = [
    [1, 40, 40, 9000],
    [40, 700_000],
  ];
  const sum = sketchOf(a);
  for (const [index, count] of Object.entries(sketchOf(b))) addCount(sum, index, count);
  expect(sum).toEqual(sketchOf([...a, ...b]));
  for (const [index, count] of Object.entries(sketchOf(a))) addCount(sum, index, -count);
  expect(sum).toEqual(sketchOf(b));
});
