import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { faultsIn } from "../../../../worker/cli/waypost/audit.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("base64url");

/** A chain as an edge writes it, made apart from it. */
function chain(actions: string[]): { lines: string[]; head: string } {
  let previous = "";
  const lines = actions.map((action, i) => {
    const line = JSON.stringify({ action, at: i, no: i + 1, previous, subject: "s", v: 1, who: "installation" });
    previous = hash(line);
    return line;
  });
  return { lines, head: `${lines.length}:${previous}` };
}

test("S19 a log that is whole has no fault, an empty one neither", () => {
  const { lines, head } = chain(["a", "b", "c"]);
  expect(faultsIn(lines, head)).toEqual([]);
  expect(faultsIn(lines)).toEqual([]);
  expect(faultsIn([], "0:")).toEqual([]);
});

test("S19 whatever is changed, dropped, doubled or moved in a log is found, by its number", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string(), { minLength: 2, maxLength: 8 }),
      fc.nat(),
      fc.constantFrom("change", "drop", "double", "swap"),
      (actions, seed, how) => {
        const { lines, head } = chain(actions);
        const at = seed % (lines.length - 1);
        const line = lines[at] as string;
        const tampered = {
          change: lines.with(at, line.replace('"subject":"s"', '"subject":"t"')),
          drop: lines.toSpliced(at, 1),
          double: lines.toSpliced(at, 0, line),
          swap: lines.with(at, lines[at + 1] as string).with(at + 1, line),
        }[how];
        expect(faultsIn(tampered).length).toBeGreaterThan(0);
        expect(faultsIn(lines, head)).toEqual([]);
      },
    ),
  );
});

test("S19 what was cut from the end of a log shows against the head that was kept elsewhere, and only so", () => {
  const { lines, head } = chain(["a", "b", "c"]);
  expect(faultsIn(lines.slice(0, 2))).toEqual([]);
  expect(faultsIn(lines.slice(0, 2), head)).toEqual([
    `the chain ends at 2:${hash(lines[1] as string)}, not at ${head}`,
  ]);
  expect(faultsIn(["{", ...lines])).toContain("line 1 is no entry");
});
