import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCases } from "../../../worker/cli/cases.ts";
import assignment from "../../cases/assignment.json" with { type: "json" };
import rules from "../../cases/rules.json" with { type: "json" };

const folder = mkdtempSync(join(tmpdir(), "waypost-cases-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, text);
  return path;
}

function run(...paths: string[]): { code: number; lines: string[] } {
  const lines: string[] = [];
  return { code: runCases(paths, (line) => lines.push(line)), lines };
}

test("the project's own tables pass, and the last line counts them", () => {
  const cases = assignment.cases.length + rules.cases.length;
  expect(run("test/cases/assignment.json", "test/cases/rules.json")).toEqual({
    code: 0,
    lines: [`${cases} passed, 0 failed`],
  });
});

test("a wrong answer is printed with what came instead, and the exit code is 1", () => {
  const { code, lines } = run(
    file(
      JSON.stringify({
        topic: "t",
        cases: [
          { name: "right", fn: "getEqualWeights", input: { n: 2 }, expected: [0.5, 0.5], tolerance: 0 },
          { name: "near", fn: "getEqualWeights", input: { n: 3 }, expected: [0.33, 0.33, 0.33], tolerance: 0.01 },
          { name: "off", fn: "getEqualWeights", input: { n: 2 }, expected: [0.5, 0.4], tolerance: 0.01 },
          { name: "shorter", fn: "getEqualWeights", input: { n: 2 }, expected: [0.5], tolerance: 1 },
          { name: "nothing", fn: "hash", input: { seed: "", value: "", version: 1 }, expected: null, tolerance: 0 },
        ],
      }),
    ),
  );
  expect(code).toBe(1);
  expect(lines).toEqual([
    "off: expected [0.5,0.4], came [0.5,0.5]",
    "shorter: expected [0.5], came [0.5,0.5]",
    "nothing: expected null, came 0.261",
    "2 passed, 3 failed",
  ]);
});

test("a case of a fn that nothing answers fails and says so", () => {
  const { code, lines } = run(
    file(JSON.stringify({ topic: "health", cases: [{ name: "c", fn: "toString", input: {}, expected: 1 }] })),
  );
  expect(code).toBe(1);
  expect(lines).toEqual(['c: nothing here answers fn "toString" (topic "health")', "0 passed, 1 failed"]);
});

test("a file that is missing, not JSON or not of cases is named, and fails", () => {
  const [text, list, bare] = [file("{"), file("[]"), file('{"cases": [{"input": {}}]}')];
  const { code, lines } = run(join(folder, "none.json"), text, list, bare);
  expect(code).toBe(1);
  expect(lines[0]).toContain("none.json: cannot be read");
  expect(lines[1]).toContain(`${text}: not JSON`);
  expect(lines[2]).toBe(`${list}: not a file of cases: it has no list "cases"`);
  expect(lines[3]).toBe(`${bare}: case 0 has no input or no expected answer`);
  expect(lines.at(-1)).toBe("0 passed, 4 failed");
});

test("without a file it says what it wants", () => {
  expect(run()).toEqual({ code: 1, lines: ["Which files? npm run -s cases -- FILE..."] });
});
