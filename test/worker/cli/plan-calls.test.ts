import { expect, test } from "vitest";
import type { FileEvent } from "../../../worker/cli/event-file.ts";
import { planCalls } from "../../../worker/cli/plan-calls.ts";

/** Room for items of a call of 1,000 bytes: the frame takes 256. */
const CALL_BYTES = 1_000;

/** Events of 99 bytes and a comma, in order of time; `seqs` are their places in the file. */
function visitor(name: string, seqs: readonly number[]): FileEvent[] {
  return seqs.map((seq, at) => ({ line: seq, at, seq, json: `${name}${seq}`.padEnd(99, ".") }));
}

function names(chains: FileEvent[][][]): string[][] {
  return chains.map((chain) => chain.map((call) => call.map(({ json }) => json.replaceAll(".", "")).join(" ")));
}

test("visitors share a call as long as it holds all of their events, and nobody who fits is split", () => {
  const chains = planCalls([visitor("a", [0, 1, 2]), visitor("b", [0, 1, 2]), visitor("c", [0, 1])], CALL_BYTES);
  expect(names(chains)).toEqual([["a0 a1 a2 b0 b1 b2"], ["c0 c1"]]);
});

test("a visitor who fits in no call has a chain of them, earliest first; in a call events stand by their place", () => {
  const chains = planCalls(
    [visitor("a", [0]), visitor("b", [8, 7, 6, 5, 4, 3, 2, 1, 0]), visitor("c", [0])],
    CALL_BYTES,
  );
  expect(names(chains)).toEqual([["b2 b3 b4 b5 b6 b7 b8", "b0 b1"], ["a0 c0"]]);
});

test("a call holds at most 100 visitors", () => {
  const visitors = Array.from({ length: 201 }, (_, i) => [{ line: i, at: 0, seq: 0, json: "{}" }]);
  expect(planCalls(visitors).map((chain) => chain.map((call) => call.length))).toEqual([[100], [100], [1]]);
});

test("bytes are those of UTF-8, and an event that no call can hold is named by its line", () => {
  const wide = [{ line: 7, at: 0, seq: 0, json: "é".repeat(400) }];
  expect(() => planCalls([wide], CALL_BYTES)).toThrow("Line 7 has 801 bytes; a call takes at most 744.");
  expect(names(planCalls([[{ line: 7, at: 0, seq: 0, json: "e".repeat(400) }]], CALL_BYTES))).toHaveLength(1);
});
