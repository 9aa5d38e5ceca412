import { setTimeout as sleep } from "node:timers/promises";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import type { GuardedBrowser } from "../harness/browser.ts";
import type { BenchWindow, Contender } from "./contenders.ts";
import type { Host } from "./host.ts";
import { BUTTONS, FIELDS, SUBMIT } from "./page.ts";

/** Longer than any contender waits with what it has: 5 s. */
const SETTLED_MS = 5_500;

/** What a new visitor's page asks for before any choice, and how much script had come when all was loaded, brotli. */
export interface FirstVisit {
  requests: number;
  scriptBytes: number;
}

/** A browser of its own, that has been on the site before: choice made, scripts cached. */
export interface Returning {
  context: BrowserContext;
  page: Page;
  cdp: CDPSession;
  host: Host;
  first: FirstVisit;
  close: () => Promise<void>;
}

/** Opens the site once as a new visitor, makes the choice where one is asked for, goes through a visit, and leaves. */
export async function returningVisitor(browser: GuardedBrowser, contender: Contender, host: Host): Promise<Returning> {
  const context = await browser.newContext();
  const from = host.taken.length;
  const made = () => host.taken.slice(from);
  const newcomer = await context.newPage();
  await newcomer.goto(host.url);
  await newcomer.evaluate(() => (window as unknown as BenchWindow).bench.ready);
  await sleep(500);
  const requests = made().length - 1;
  if (contender.asks) await grantAll(newcomer);
  await sleep(500);
  // A visit, so that everything that is loaded lazily has been loaded.
  await drive(newcomer, await context.newCDPSession(newcomer), 0);
  await sleep(500);
  await newcomer.close();
  const scriptBytes = made().reduce((sum, { script, wireBytes }) => sum + (script ? wireBytes : 0), 0);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  return { context, page, cdp, host, first: { requests, scriptBytes }, close: () => context.close() };
}

/** The choice of a visitor who grants all that is asked for. */
export function grantAll(page: Page): Promise<void> {
  return page.evaluate(
    (all) => (window as unknown as WaypostWindow).waypost.consent.set(all),
    ["analytics", "scoring", "personalization"],
  );
}

/**
 * The scripted visit, by trusted input alone: 20 clicks, 10 routes, a form of 3 fields typed and submitted, 5 custom
 * events, scrolling. The page is open and stays open. The same for everyone; what it costs itself is the control's.
 * `pace`: 1 is a person in a hurry, 0 leaves out the pauses.
 */
async function drive(page: Page, cdp: CDPSession, pace: number): Promise<void> {
  const run = (expression: string) => cdp.send("Runtime.evaluate", { expression });
  for (const { x, y } of BUTTONS) {
    await page.mouse.click(x + 15, y + 10);
    await sleep(40 * pace);
  }
  for (let i = 1; i <= 10; i++) {
    await run(`go("/route/${i}")`);
    await sleep(130 * pace);
  }
  for (const { x, y } of FIELDS) {
    await page.mouse.click(x + 100, y + 10);
    await page.keyboard.type("Some words", { delay: 10 * pace });
  }
  await page.mouse.click(SUBMIT.x + 15, SUBMIT.y + 10);
  for (let i = 1; i <= 5; i++) {
    await run(`bench.track("Custom ${i}")`);
    await sleep(20 * pace);
  }
  for (let i = 0; i < 10; i++) {
    await page.mouse.wheel(0, 300);
    await sleep(30 * pace);
  }
}

export interface Cost {
  /** CPU time of the main thread from navigation to the end, ms. */
  cpuMs: number;
  heapBytes: number;
  /** Requests that the visit made beside its page. */
  requests: number;
}

/** One visit of a returning visitor, measured by `Performance.getMetrics` in thread time. Its page stays open. */
export async function measureVisit({ page, cdp, host }: Returning): Promise<Cost> {
  const from = host.taken.length;
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  await openAndDrive(page, cdp, host);
  await sleep(SETTLED_MS);
  const requests = host.taken.length - from - 1;
  const cpuMs = (await metric(cdp, "ThreadTime")) * 1000;
  await cdp.send("HeapProfiler.collectGarbage");
  const heapBytes = await metric(cdp, "JSHeapUsedSize");
  return { cpuMs, heapBytes, requests };
}

export async function openAndDrive(page: Page, cdp: CDPSession, host: Host): Promise<void> {
  await page.goto(host.url);
  await sleep(700);
  await drive(page, cdp, 1);
}

async function metric(cdp: CDPSession, name: string): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  const found = metrics.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name} among ${metrics.map((one) => one.name).join()}`);
  return found.value;
}
