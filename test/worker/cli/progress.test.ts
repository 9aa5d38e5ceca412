import { expect, test } from "vitest";
import { progress } from "../../../worker/cli/progress.ts";

function watched(isTTY: boolean): { written: string[]; sink: { isTTY: boolean; write: (text: string) => number } } {
  const written: string[] = [];
  return { written, sink: { isTTY, write: (text) => written.push(text) } };
}

test("a log gets a line every 10 %, with the rate since the start", () => {
  const { written, sink } = watched(false);
  const { report, end } = progress({ total: 200, unit: "events" }, 1_000, sink);
  for (let done = 1; done <= 200; done++) report(done, 1_000 + done * 10);
  end();
  expect(written).toHaveLength(10);
  expect(written[0]).toBe(" 10 %  20 of 200 events  100 events/s\n");
  expect(written.at(-1)).toBe("100 %  200 of 200 events  100 events/s\n");
});

test("a terminal gets one line that is drawn anew, not more often than every 100 ms, and the last one always", () => {
  const { written, sink } = watched(true);
  const { report, end } = progress({ total: 4, unit: "visitors" }, 0, sink);
  report(1, 50);
  report(2, 100);
  report(3, 200);
  report(4, 210);
  end();
  expect(written.map((text) => text.replace("\x1b[K", ""))).toEqual([
    "\r[#######.......................]  25 %  1 of 4 visitors  20 visitors/s",
    "\r[######################........]  75 %  3 of 4 visitors  15 visitors/s",
    "\r[##############################] 100 %  4 of 4 visitors  19 visitors/s",
    "\n",
  ]);
});
