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
const ACCESSIBILITY = Array.from({ length: 22 }, (_, i) => `A${i + 1}`);

/** A11 asks for two things: the tree, which is tested, and a reading by two screen readers, which a person has to hear. */
const HEARD = ["A11"];

/** Titles of tests that run, whole: `test("…`, `visit("…`, `test.each(…)("…`; none that is skipped, planned or commented out. */
function titlesIn(text: string): string[] {
  const code = text.replace(/^\s*(\/\/|\*).*$/gm, "");
  const found = code.matchAll(/(?:\b(?:test|visit|concurrent)|\))\(\s*["`]([^"`\n]+)["`],/g);
  return [...found].map(([, title]) => title as string);
}

const titles = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.test\.tsx?$/.test(path) && !path.includes("node_modules"))
  .flatMap((path) => titlesIn(readFileSync(join(import.meta.dirname, path), "utf8")));

const isTitled = (id: string) => titles.some((title) => new RegExp(`\\b${id}\\b`).test(title));

test("every statement on consent has a test whose title names it, but those that are argued", () => {
  const open = CONSENT.filter((id) => !isTitled(id) && !ARGUED.includes(id));
  expect(open).toEqual([]);
  // The twin: a statement that nobody tests would be seen.
  expect(isTitled("B44")).toBe(false);
});

test("what is no test that runs gives no title", () => {
  const text = `test("B901 one", f);\n  // test("B902 out", f);\ntest.skip("B903 off", f);\ntest.todo("B904 later", f);\nexpect(x, "B905 said");
test.each(ROWS)("B906 each", f);\nvisit(\n  "B907 page",\n  f);\ntest.concurrent("B908 beside", f);`;
  expect(titlesIn(text).map((title) => title.split(" ")[0])).toEqual(["B901", "B906", "B907", "B908"]);
});

test("every statement on the accessibility of surfaces has a test whose title names it; of one, a part is for a person to hear", () => {
  expect(ACCESSIBILITY.filter((id) => !isTitled(id) && !HEARD.includes(id))).toEqual([]);
  expect(HEARD.filter((id) => !isTitled(id))).toEqual([]);
  expect(isTitled("A99")).toBe(false);
});
