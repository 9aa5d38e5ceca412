import { expect, test } from "vitest";
import { progress } from "../../../worker/cli/progress.ts";

function watched(isTTY: boolean): { written: string[]; sink: { isTTY: boolean; write: (text: string) => number } } {
  const written: string[] = [];
  return { written, sink: { isTTY, write: (text) => written.push(text) } };
}

test("a log gets a line every 10 %, with the rate since the start", () => {
  const { written, sink } = watched(false);
  const { report, end } = progress({ total: 200, before: 0, startedAt: 1_000, unit: "lines" }, sink);
  for (let done = 1; done <= 200; done++) report(done, 1_000 + done * 10);
  end();
  expect(written).toHaveLength(10);
  expect(written[0]).toBe(" 10 %  20 of 200 lines  100 lines/s\n");
  expect(written.at(-1)).toBe("100 %  200 of 200 lines  100 lines/s\n");
});

test("a terminal gets one line that is drawn anew, not more often than every 100 ms, and the last one always", () => {
  const { written, sink } = watched(true);
  const { report, end } = progress({ total: 4, before: 0, startedAt: 0, unit: "lines" }, sink);
  report(1, 50);
  report(2, 100);
  report(3, 200);
  report(4, 210);
  end();
  expect(written.map((text) => text.replace("\x1b[K", ""))).toEqual([
    "\r[#######.......................]  25 %  1 of 4 lines  20 lines/s",
    "\r[######################........]  75 %  3 of 4 lines  15 lines/s",
    "\r[##############################] 100 %  4 of 4 lines  19 lines/s",
    "\n",
  ]);
});

test("what was done before counts for the share and not for the rate, and of nothing all is done", () => {
  const { written, sink } = watched(false);
  progress({ total: 200, before: 100, startedAt: 0, unit: "lines" }, sink).report(120, 1_000);
  expect(written).toEqual([" 60 %  120 of 200 lines  20 lines/s\n"]);
  const bar = watched(true);
  progress({ total: 0, before: 0, startedAt: 0, unit: "lines" }, bar.sink).report(0, 1);
  expect(bar.written[0]).toContain("] 100 %  0 of 0 lines");
});
