import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import type { GuardedBrowser } from "../harness/browser.ts";
import type { BenchWindow, Contender } from "./contenders.ts";
import type { Host } from "./host.ts";
import { runPool } from "./pool.ts";
import { grantAll } from "./visit.ts";

/** What may happen to an event on its way, and how long after it the collector has to have it, ms. */
export const LOSSES = {
  "closed at once": { trials: 20, graceMs: 3_000 },
  "navigated away": { trials: 20, graceMs: 3_000 },
  "killed after 300 ms": { trials: 20, graceMs: 5_000 },
  "offline, online": { trials: 5, graceMs: 20_000 },
  "reload, collector down": { trials: 5, graceMs: 20_000 },
  "next tab": { trials: 5, graceMs: 20_000 },
} as const;
export type Loss = keyof typeof LOSSES;
type LossInPage = Exclude<Loss, "killed after 300 ms">;

export interface Tally {
  delivered: number;
  trials: number;
  /** How often an event reached the collector more than once. */
  repeated: number;
}

interface Trial {
  context: BrowserContext;
  page: Page;
  host: Host;
  /** Makes the event. */
  track: () => Promise<void>;
}

/** What happens from the event on, and the collector's condition meanwhile. */
const STEPS: Record<LossInPage, (trial: Trial) => Promise<unknown>> = {
  "closed at once": async ({ page, track }) => {
    await track();
    await page.close();
  },
  "navigated away": async ({ page, track }) => {
    await track();
    await page.evaluate("location.href = '/elsewhere'");
  },
  "offline, online": async ({ context, track }) => {
    await context.setOffline(true);
    await track();
    await sleep(1_000);
    await context.setOffline(false);
  },
  "reload, collector down": async ({ page, host, track }) => {
    host.fault = "down";
    await track();
    await sleep(500);
    await page.reload();
    await sleep(1_000);
    host.fault = "none";
  },
  "next tab": async ({ context, page, host, track }) => {
    host.fault = "down";
    await track();
    await sleep(500);
    await page.close();
    await sleep(500);
    host.fault = "none";
    await (await context.newPage()).goto(host.url);
  },
};

/** One loss test of every contender, their trials side by side: only what arrives counts, not when. */
export async function lossTest(
  browser: GuardedBrowser,
  contenders: readonly Contender[],
  test: { loss: LossInPage; trials: number; atOnce: number },
): Promise<Tally[]> {
  const { loss, trials, atOnce } = test;
  const jobs = contenders.flatMap(({ hosts, asks }) => {
    // A trial has a host for itself: its fault is nobody else's.
    const free = [...hosts];
    return Array.from({ length: trials }, (_, i) => async () => {
      const host = free.shift() as Host;
      const times = await tryOnce(browser, { loss, host, asks, name: `Lost ${loss} ${i}.` });
      free.push(host);
      return times;
    });
  });
  // Side by side are different contenders, so that each finds a free host.
  const order = jobs.map((_, i) => (i % contenders.length) * trials + Math.floor(i / contenders.length));
  const results = await runPool(
    order.map((i) => jobs[i] as () => Promise<number>),
    atOnce,
  );
  return contenders.map((_, c) => tallyOf(results.filter((_, i) => i % contenders.length === c)));
}

/** `arrivals`: how often each event reached the collector. */
export function tallyOf(arrivals: readonly number[]): Tally {
  return {
    delivered: arrivals.filter((times) => times > 0).length,
    trials: arrivals.length,
    repeated: arrivals.filter((times) => times > 1).length,
  };
}

async function tryOnce(
  browser: GuardedBrowser,
  { loss, host, asks, name }: { loss: LossInPage; host: Host; asks: boolean; name: string },
): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await openReady(page, host, asks);
  await STEPS[loss]({ context, page, host, track: () => trackIn(page, name) });
  const times = await arrivals(host, name, LOSSES[loss].graceMs);
  await context.close();
  return times;
}

/** Opens the site and waits until the contender has everything that it needs to run. */
export async function openReady(page: Page, host: Host, asks: boolean): Promise<void> {
  await page.goto(host.url);
  await page.evaluate(() => (window as unknown as BenchWindow).bench.ready);
  if (asks) await grantAll(page);
  await sleep(1_000);
}

export async function trackIn(page: Page, name: string): Promise<void> {
  await page.evaluate((event) => (window as unknown as BenchWindow).bench.track(event), name);
}

/** How often an event reached the collector; waits for the first time as long as it may take. */
export async function arrivals(host: Host, name: string, graceMs: number): Promise<number> {
  const until = performance.now() + graceMs;
  while (!host.has(name) && performance.now() < until) await sleep(50);
  // A second time would follow soon.
  await sleep(200);
  return host.times(name);
}
