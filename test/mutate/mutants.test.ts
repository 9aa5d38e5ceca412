import { expect, test } from "vitest";
import { equivalentFor, lineOf } from "./equivalent.ts";
import { flipsOf, type Mutant, mutated } from "./flips.ts";
import { listedMutants } from "./listed.ts";

test.each([
  ["a < b;", "a <= b;"],
  ["a <= b;", "a < b;"],
  ["a > b;", "a >= b;"],
  ["a >= b;", "a > b;"],
  ["a === b;", "a !== b;"],
  ["a !== b;", "a === b;"],
  ["a && b;", "a || b;"],
  ["a /* < */ || b;", "a /* < */ && b;"],
  ["!a;", "a;"],
  ["const a = true;", "const a = false;"],
  ["f(a as boolean, b! < c);", "f(a as boolean, b! <= c);"],
])("the only flip of %s is %s", (before, after) => {
  expect(flipsOf("x.ts", before).map((flip) => mutated(flip, before))).toEqual([after]);
});

test("what only the compiler reads is not flipped, and neither are texts and operators that compare nothing", () => {
  expect(
    flipsOf("x.ts", 'interface A<T> { ok: false; is: true | T }\nconst b: Array<true> = a ?? ["<", "!"] + 1;'),
  ).toEqual([]);
});

test("a listed mutation is found once in its file, with the rule that it stands below", () => {
  const spec =
    "- **T1** One.\n  mutation: models/a.ts: `x < 1` -> `x <= 1`\n- **T2** Two.\n  mutation: none, no code\n- **O1** Other.";
  const { mutants, faults } = listedMutants(spec, () => "if (x < 1) go();");
  expect(faults).toEqual([]);
  expect(mutants).toEqual([{ rule: "T1", file: "models/a.ts", start: 4, end: 9, replacement: "x <= 1" }]);
});

test("a rule without a mutation, a text that is not there once and a line of another form are faults", () => {
  const spec = [
    "- **C1** No mutation.",
    "- **C2** Not there.",
    "  mutation: models/a.ts: `y` -> `z`",
    "- **C3** There twice.",
    "  mutation: models/a.ts: `x` -> `z`",
    "- **C4** Written otherwise.",
    "  mutation: x becomes y",
  ].join("\n");
  const { mutants, faults } = listedMutants(spec, () => "x + x");
  expect(mutants).toEqual([]);
  expect(faults).toEqual([
    "C2: “y” occurs 0 times in models/a.ts, not once",
    "C3: “x” occurs 2 times in models/a.ts, not once",
    "C4: not of the form “mutation: FILE: `from` -> `to`”: mutation: x becomes y",
    "C1: no mutation is listed",
  ]);
});

test("an equivalent flip is known by its file and by its line before and after", () => {
  const text = "if (a) {\n  while (b < c) b++;\n}\n";
  const [flip] = flipsOf("models/a.ts", text) as [Mutant];
  expect(lineOf(flip, text)).toEqual({ number: 2, line: "while (b < c) b++;", becomes: "while (b <= c) b++;" });
  const entry = { file: "models/a.ts", line: "while (b < c) b++;", becomes: "while (b <= c) b++;", why: "" };
  expect(equivalentFor([entry], flip, text)).toBe(entry);
  expect(equivalentFor([{ ...entry, file: "models/b.ts" }], flip, text)).toBeUndefined();
  expect(equivalentFor([{ ...entry, becomes: "while (b > c) b++;" }], flip, text)).toBeUndefined();
});
