import { expect, test } from "vitest";
import {
  armOf,
  assign,
  type BucketRange,
  bucketRanges,
  chooseVariation,
  equalWeights,
  hash,
  inNamespace,
  isHeldOut,
  queryStringOverride,
} from "../../models/assignment.ts";
import table from "../cases/assignment.json" with { type: "json" };

interface Input {
  [key: string]: unknown;
}

const ANSWERS: Record<string, (input: Input) => unknown> = {
  hash: (i) => hash(i.seed as string, i.value as string, i.version as number),
  getBucketRange: (i) => bucketRanges(i.numVariations as number, i.coverage as number, i.weights as number[] | null),
  chooseVariation: (i) => chooseVariation(i.n as number, i.ranges as BucketRange[]),
  inNamespace: (i) => inNamespace(i.hashValue as string, i.namespace as [string, number, number]),
  getEqualWeights: (i) => equalWeights(i.n as number),
  getQueryStringOverride: (i) => queryStringOverride(i.key as string, i.url as string, i.numVariations as number),
};

test.each(table.cases)("X1 $fn: $name", ({ fn, input, expected, tolerance }) => {
  const actual = ANSWERS[fn]?.(input);
  if (!Array.isArray(expected)) return expect(actual).toBe(expected);
  const [flat, wanted] = [[actual].flat(2), [expected].flat(2)] as [number[], number[]];
  expect(flat).toHaveLength(wanted.length);
  for (const [i, number] of wanted.entries())
    expect(Math.abs((flat[i] as number) - number)).toBeLessThanOrEqual(tolerance);
});

const visitors = Array.from({ length: 5000 }, (_, i) => `visitor-${i}`);

test("X2 raising the coverage never moves a visitor to another variation", () => {
  const weights = [0.2, 0.5, 0.3];
  for (const visitor of visitors) {
    const n = hash("spring", visitor, 2) as number;
    const before = chooseVariation(n, bucketRanges(3, 0.3, weights));
    const after = chooseVariation(n, bucketRanges(3, 0.6, weights));
    if (before !== -1) expect(after).toBe(before);
  }
});

test("X3 raising the holdout never moves a visitor out of it, and brings others in", () => {
  const few = visitors.filter((v) => assign(v, { id: "help", holdout: 0.1 }).variant === "holdout");
  const many = visitors.filter((v) => assign(v, { id: "help", holdout: 0.3 }).variant === "holdout");
  expect(few.every((v) => many.includes(v))).toBe(true);
  expect(many.length).toBeGreaterThan(few.length);
});

test("X4 the share held out is the share asked for, within 4 standard errors", () => {
  for (const holdout of [0, 0.1, 0.5, 1]) {
    const share = visitors.filter((v) => assign(v, { id: "help", holdout }).variant === "holdout").length / 5000;
    expect(Math.abs(share - holdout)).toBeLessThanOrEqual(4 * Math.sqrt((holdout * (1 - holdout)) / 5000));
  }
});

test("X5 two campaigns hold out different people, as if by two coins", () => {
  const held = (id: string) => new Set(visitors.filter((v) => assign(v, { id, holdout: 0.2 }).variant === "holdout"));
  const [one, other] = [held("help"), held("offer")];
  const both = [...one].filter((v) => other.has(v)).length / 5000;
  // Two coins of 0.2: 0.04 of the people, standard error sqrt(0.04 × 0.96 / 5000) = 0.0028.
  expect(Math.abs(both - 0.04)).toBeLessThanOrEqual(4 * 0.0028);
});

test("X6 a visitor at 0.0505 under the seed is held out above that share and treated at it", () => {
  // hash("seed", "a", 2) = 0.0505: published with the GrowthBook SDK spec 0.8.
  expect(assign("a", { id: "seed", holdout: 0.0505 })).toEqual({ variant: "treated", n: 0.0505 });
  expect(assign("a", { id: "seed", holdout: 0.0506 })).toEqual({ variant: "holdout", n: 0.0505 });
});

const VISITORS = Array.from({ length: 5_000 }, (_, i) => `visitor ${i}`);
const variants = [
  { id: "plain", weight: 0.25 },
  { id: "warm", weight: 0.75 },
];

test("X7 variants share those who are left by their weights, and a raised holdout moves nobody from one to another", () => {
  const campaign = { id: "help", holdout: 0.2, variants };
  const arms = VISITORS.map((visitor) => armOf(visitor, campaign));
  const share = (arm: string) => arms.filter((one) => one === arm).length / VISITORS.length;
  expect(share("holdout")).toBeCloseTo(0.2, 1);
  expect(share("plain")).toBeCloseTo(0.2, 1);
  expect(share("warm")).toBeCloseTo(0.6, 1);
  const raised = VISITORS.map((visitor) => armOf(visitor, { ...campaign, holdout: 0.5 }));
  expect(raised.every((arm, i) => arm === "holdout" || arm === arms[i])).toBe(true);
  expect(raised.filter((arm) => arm === "holdout").length).toBeGreaterThan(2_000);
  expect(armOf("anybody", { id: "help", holdout: 0 })).toBe("treated");
});

test("X8 who is held out of all campaigns is held out of each, and in no campaign's own holdout", () => {
  const arms = (id: string, everywhere: number) =>
    VISITORS.map((visitor) => armOf(visitor, { id, holdout: 0.5, variants }, everywhere));
  const [a, b] = [arms("a", 0.1), arms("b", 0.1)];
  const out = a.filter((arm) => arm === "global-holdout").length;
  expect(out / VISITORS.length).toBeCloseTo(0.1, 1);
  expect(a.every((arm, i) => (arm === "global-holdout") === (b[i] === "global-holdout"))).toBe(true);
  // Everybody else is where they were.
  const before = arms("a", 0);
  expect(a.every((arm, i) => arm === "global-holdout" || arm === before[i])).toBe(true);
  expect(["holdout", "global-holdout", "treated", "warm"].map(isHeldOut)).toEqual([true, true, false, false]);
});
