/**
 * `npm run -s cases -- FILE...`: runs files of cases with known answers, prints every case that fails and, last,
 * `N passed, N failed`. Exit code 1 when any failed.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import {
  type BucketRange,
  bucketRanges,
  chooseVariation,
  equalWeights,
  hash,
  inNamespace,
  queryStringOverride,
} from "../../models/assignment.ts";
import type { Condition } from "../../models/campaign.ts";
import { evaluate } from "../../models/rules.ts";
import { isRecord } from "../../models/touchpoint.ts";

/** Everything that an input may hold; each `fn` reads its own few. Trusted to fit: these files are part of a test. */
interface CaseInput {
  seed: string;
  value: string;
  version: number;
  numVariations: number;
  coverage: number;
  weights: number[] | null;
  n: number;
  ranges: BucketRange[];
  hashValue: string;
  namespace: [string, number, number];
  key: string;
  url: string;
  condition: Condition;
  attributes: Record<string, unknown>;
  savedGroups?: Record<string, unknown[]>;
}

/** `tolerance` is absolute and holds for every number in `expected`, however deep; null: no answer. */
interface Case {
  name: string;
  topic: string;
  fn: string;
  input: CaseInput;
  expected: unknown;
  tolerance: number;
}

const ANSWERS: Record<string, (input: CaseInput) => unknown> = {
  hash: ({ seed, value, version }) => hash(seed, value, version),
  getBucketRange: ({ numVariations, coverage, weights }) => bucketRanges(numVariations, coverage, weights),
  chooseVariation: ({ n, ranges }) => chooseVariation(n, ranges),
  inNamespace: ({ hashValue, namespace }) => inNamespace(hashValue, namespace),
  getEqualWeights: ({ n }) => equalWeights(n),
  getQueryStringOverride: ({ key, url, numVariations }) => queryStringOverride(key, url, numVariations),
  evalCondition: ({ condition, attributes, savedGroups }) => evaluate(condition, attributes, savedGroups),
};

/** Null where the case passes, else what came instead. */
function failureOf({ topic, fn, input, expected, tolerance }: Case): string | null {
  if (!Object.hasOwn(ANSWERS, fn)) return `nothing here answers fn "${fn}" (topic "${topic}")`;
  try {
    const actual = ANSWERS[fn]?.(input);
    return agrees(actual, expected, tolerance)
      ? null
      : `expected ${JSON.stringify(expected)}, came ${JSON.stringify(actual)}`;
  } catch (error) {
    return `threw ${error}`;
  }
}

function agrees(actual: unknown, expected: unknown, tolerance: number): boolean {
  if (typeof expected === "number" && typeof actual === "number") return Math.abs(actual - expected) <= tolerance;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((element, i) => agrees(actual[i], element, tolerance))
    );
  }
  if (isRecord(expected)) {
    const keys = Object.keys(expected);
    return (
      isRecord(actual) &&
      Object.keys(actual).length === keys.length &&
      keys.every((key) => Object.hasOwn(actual, key) && agrees(actual[key], expected[key], tolerance))
    );
  }
  return (actual ?? null) === expected;
}

/** The cases of one file. Throws with a sentence for the person who typed the command. */
function casesOf(path: string): Case[] {
  let file: unknown;
  try {
    file = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(
      `${path}: ${error instanceof SyntaxError ? "not JSON" : "cannot be read"} (${(error as Error).message})`,
    );
  }
  if (!isRecord(file) || !Array.isArray(file.cases))
    throw new Error(`${path}: not a file of cases: it has no list "cases"`);
  const topic = file.topic ?? "";
  return file.cases.map((one: unknown, i) => {
    if (!isRecord(one) || !("input" in one) || !("expected" in one)) {
      throw new Error(`${path}: case ${i} has no input or no expected answer`);
    }
    const { name = `case ${i}`, fn, input, expected, tolerance } = one;
    return { name, topic, fn: fn ?? "", input, expected, tolerance: tolerance ?? 0 } as Case;
  });
}

/** Runs the files and prints. A file that cannot be read counts as one failure. Returns the exit code. */
export function runCases(paths: readonly string[], print: (line: string) => void): number {
  if (paths.length === 0) {
    print("Which files? npm run -s cases -- FILE...");
    return 1;
  }
  let passed = 0;
  let failed = 0;
  for (const path of paths) {
    try {
      for (const one of casesOf(path)) {
        const failure = failureOf(one);
        if (failure === null) passed++;
        else {
          failed++;
          print(`${one.name}: ${failure}`);
        }
      }
    } catch (error) {
      failed++;
      print((error as Error).message);
    }
  }
  print(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = runCases(process.argv.slice(2), (line) => console.log(line));
}
