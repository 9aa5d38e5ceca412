import { expect, test } from "vitest";
import { type Chain, type ImportLine, importLine, planCalls } from "../../../../worker/cli/import/plan-calls.ts";

/** Room for items of a call of 1,512 bytes: the frame takes 512. */
const CALL_BYTES = 1_512;

/** A line of 99 bytes and a comma. */
function line(no: number, visitor: string, more: Partial<ImportLine> = {}): ImportLine {
  return { line: no, json: "", bytes: 100, countedBy: visitor, isAlias: false, ...more };
}

const told = (chains: Chain[]) =>
  chains.map((chain) =>
    chain.map(({ lines, covers }) => [
      lines.map(({ line: no, countedBy }) => `${countedBy}${no}`).join(" "),
      ...covers,
    ]),
  );

function plan(visitors: string, more: Partial<ImportLine> = {}, from = 1) {
  const lines = [...visitors].map((visitor, i) => line(10 + i, visitor, more));
  return told(planCalls({ lines, from, through: 99 }, CALL_BYTES));
}

test("visitors share a call as long as it holds all of their lines, and nobody who fits is split", () => {
  expect(plan("abcabcabbcc")).toEqual([[["a10 a13 a16 b11 b14 b17 b18", 1, 99]], [["c12 c15 c19 c20", 1, 99]]]);
  expect(plan("aabb", {}, 7)).toEqual([[["a10 a11 b12 b13", 7, 99]]]);
  expect(plan("")).toEqual([]);
});

test("who fits in no call has a chain of them in the order of the lines, of which each covers what was sent with it", () => {
  expect(plan("abbbbbbbbbbbbc")).toEqual([
    [
      ["b11 b12 b13 b14 b15 b16 b17 b18 b19 b20", 1, 20],
      ["b21 b22", 1, 99],
    ],
    [["a10 c23", 1, 99]],
  ]);
});

test("a call holds at most 100 visitors; an alias is of one more than who counts it", () => {
  const lines = Array.from({ length: 201 }, (_, i) => line(i, `v${i}`, { bytes: 1 }));
  const counts = (own: ImportLine[]) =>
    planCalls({ lines: own, from: 1, through: 999 }).map((chain) => chain.map((call) => call.lines.length));
  expect(counts(lines)).toEqual([[100], [100], [1]]);
  expect(counts(lines.slice(0, 99).map((own, i) => ({ ...own, isAlias: i < 2 })))).toEqual([[98], [1]]);
  // One who was given 150 names is split, too.
  expect(counts(lines.slice(0, 150).map((own) => ({ ...own, countedBy: "v", isAlias: true })))).toEqual([[99, 51]]);
});

test("a line is sent with its number as its seq, and its bytes are those of UTF-8", () => {
  const item = { userId: "ü", type: "page", seq: 3 };
  const json = '{"userId":"ü","type":"page","seq":7}';
  expect(importLine(7, item)).toEqual({ line: 7, json, bytes: 38, countedBy: "user ü", isAlias: false });
  expect(importLine(7, { anonymousId: "a", type: "alias" })).toMatchObject({ countedBy: "visitor a", isAlias: true });
});
