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
      ...covers.map(([from, to]) => `${from}-${to}`),
    ]),
  );

function plan(visitors: string, open: number[] = []) {
  const lines = [...visitors].map((visitor, i) => line(10 + i, visitor));
  return told(planCalls({ lines, from: 7, through: 99, open }, CALL_BYTES));
}

test("visitors share a call as long as it holds all of their lines, and nobody who fits is split", () => {
  expect(plan("abcabcabbcc")).toEqual([[["a10 a13 a16 b11 b14 b17 b18", "7-99"]], [["c12 c15 c19 c20", "7-99"]]]);
  expect(plan("")).toEqual([]);
});

test("who fits in no call has a chain of them in the order of the lines, of which each covers what lies behind the one before", () => {
  expect(plan("abbbbbbbbbbc")).toEqual([
    [
      ["b11 b12 b13 b14 b15 b16 b17 b18 b19", "7-19"],
      ["b20", "20-99"],
    ],
    [["a10 c21", "7-99"]],
  ]);
});

test("W28 what could not be read is covered by no call; where that is in too many places, nothing is", () => {
  expect(plan("ab", [8, 99])).toEqual([[["a10 b11", "7-7", "9-98"]]]);
  expect(plan("abbbbbbbbbbc", [15, 16, 30])).toEqual([
    [
      ["b11 b12 b13 b14 b15 b16 b17 b18 b19", "7-14", "17-19"],
      ["b20", "20-29", "31-99"],
    ],
    [["a10 c21", "7-14", "17-29", "31-99"]],
  ]);
  const coversOf = (holes: number) => {
    const open = Array.from({ length: holes }, (_, i) => 3 + i * 2);
    return planCalls({ lines: [line(2, "a")], from: 1, through: 999, open })[0]?.[0]?.covers;
  };
  expect(coversOf(255)).toHaveLength(256);
  expect(coversOf(256)).toEqual([]);
});

test("a call holds at most 100 visitors; an alias is of one more than who counts it", () => {
  const lines = Array.from({ length: 201 }, (_, i) => line(i, `v${i}`, { bytes: 1 }));
  const counts = (own: ImportLine[]) =>
    planCalls({ lines: own, from: 1, through: 999, open: [] }).map((chain) => chain.map((call) => call.lines.length));
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
