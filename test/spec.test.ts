import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listedMutants } from "./mutate/listed.ts";

const ROOT = join(import.meta.dirname, "..");
const SPEC = readFileSync(join(ROOT, "models/SPEC.md"), "utf8");

const rules = [...SPEC.matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)].map((match) => match[1] as string);
const covered = [...SPEC.matchAll(/^Covers: (.+)$/gm)].flatMap((match) =>
  [...(match[1] as string).matchAll(/`(\w+)`/g)].map((name) => name[1] as string),
);

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => pattern.test(path))
    .map((path) => join(ROOT, folder, path));
}

/** Rule ids at the head of every test's title, with the file that holds it: `test("J1 J2 …`, `test.each(…)("R1 …`. */
const titled = filesBelow("test", /\.test\.tsx?$/).flatMap((path) =>
  [...readFileSync(path, "utf8").matchAll(/\(\s*"((?:[A-Z]\d+[a-z]? )+)/g)].flatMap((match) =>
    (match[1] as string).trim().split(" "),
  ),
);

/** Functions that a file of `models/` exports. Training runs offline and has its own tests. */
const exported = filesBelow("models", /\.ts$/)
  .filter((path) => !path.includes("/train/") && !path.endsWith(".d.ts"))
  .flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/^export (?:async )?function (\w+)/gm)].map((m) => m[1] as string),
  );

test("every rule of models/SPEC.md has a test that names it", () => {
  expect(rules.length).toBeGreaterThan(60);
  expect(new Set(rules).size).toBe(rules.length);
  expect(rules.filter((rule) => !titled.includes(rule))).toEqual([]);
});

test("every rule of touchpoint, consent and decision, and of journey in models/, lists the break that its test catches", () => {
  const sections = SPEC.split(/^- \*\*/m).slice(1);
  const silent = sections
    .filter((section) => /^[TCDJ]\d/.test(section) && !section.includes("\n  mutation: "))
    .map((section) => section.split("*")[0] as string);
  expect(silent).toEqual([]);
});

test("every break that is listed stands in its file once, as it is listed", () => {
  const { mutants, faults } = listedMutants(SPEC, (file) => readFileSync(join(ROOT, file), "utf8"));
  expect(faults).toEqual([]);
  expect(mutants.length).toBeGreaterThan(150);
});

test("every function that models/ exports is covered by a rule, and every one that is named exists", () => {
  expect(exported.length).toBeGreaterThan(50);
  expect(exported.filter((name) => !covered.includes(name))).toEqual([]);
  expect(covered.filter((name) => !exported.includes(name))).toEqual([]);
});

test.each(["models", "test/world"])("%s asks no clock and throws no dice", (folder) => {
  const impure = /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bperformance\b|\bcrypto\b|\bsetTimeout\b|\bfetch\(/;
  const paths = filesBelow(folder, /\.ts$/);
  expect(paths.length).toBeGreaterThan(8);
  for (const path of paths) {
    const code = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    expect(impure.exec(code)?.[0], path).toBeUndefined();
  }
  expect(impure.test("const at = Date.now();")).toBe(true);
});
