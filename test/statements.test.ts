import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Statements on consent and the visitor's rights, by number; B13a stands beside B13. */
const CONSENT = [...Array.from({ length: 43 }, (_, i) => `B${i + 1}`), "B13a"];

/**
 * Those that no test can hold, and why. B23 says how seldom a signal need be logged: nothing logs one but the record of a
 * choice. B37 asks for a registration that a program cannot have: no GPP and no TC string is made here.
 */
const ARGUED = ["B23", "B37"];

/** Statements on the accessibility of what a visitor is asked and shown, by number. */
const ACCESSIBILITY = Array.from({ length: 18 }, (_, i) => `A${i + 1}`);

/** A11 asks for two things: the tree, which is tested, and a reading by two screen readers, which a person has to hear. */
const HEARD = ["A11"];

/** Every title of a test, whole: `test("…`, `test.each(…)("…`. */
const titles = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.test\.tsx?$/.test(path) && !path.includes("node_modules"))
  .flatMap((path) => [...readFileSync(join(import.meta.dirname, path), "utf8").matchAll(/\(\s*["`]([^"`\n]+)["`],/g)])
  .map(([, title]) => title as string);

const isTitled = (id: string) => titles.some((title) => new RegExp(`\\b${id}\\b`).test(title));

test("every statement on consent has a test whose title names it, but those that are argued", () => {
  const open = CONSENT.filter((id) => !isTitled(id) && !ARGUED.includes(id));
  expect(open).toEqual([]);
  // The twin: a statement that nobody tests would be seen.
  expect(isTitled("B44")).toBe(false);
});

test("every statement on the accessibility of surfaces has a test whose title names it; of one, a part is for a person to hear", () => {
  expect(ACCESSIBILITY.filter((id) => !isTitled(id) && !HEARD.includes(id))).toEqual([]);
  expect(HEARD.filter((id) => !isTitled(id))).toEqual([]);
  expect(isTitled("A99")).toBe(false);
});
