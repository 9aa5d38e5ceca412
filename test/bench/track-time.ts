import type { Page } from "playwright-core";
import type { BenchWindow } from "./contenders.ts";
import type { Returning } from "./visit.ts";

const CALLS = 30;

/**
 * What `track()` keeps its caller waiting, µs, at this slowdown: each call in a task of its own. The page is isolated
 * from other origins, so its clock tells 5 µs apart.
 */
export async function trackTimes(page: Page, cdp: Returning["cdp"], slowdown: number): Promise<number[]> {
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  return page.evaluate(async (calls) => {
    if (!crossOriginIsolated) throw new Error("the clock is coarse");
    const { bench } = window as unknown as BenchWindow;
    const times: number[] = [];
    for (let i = 0; i < calls; i++) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      const startedMs = performance.now();
      bench.track(`Timed ${i}`);
      times.push((performance.now() - startedMs) * 1000);
    }
    return times;
  }, CALLS);
}
