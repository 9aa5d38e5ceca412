import type { Page } from "playwright-core";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import { capturing, carries, collectRequest, isCollect, type Visitor } from "./install.ts";
import type { WaypostWindow } from "./waypost-window.ts";

/** Everything of these types that reached the edge, each touchpoint once, in the order of stream and seq. */
export function sent(v: Visitor, ...types: TouchpointType[]): Touchpoint[] {
  const all = v
    .asked()
    .filter((exchange) => isCollect(exchange) && exchange.status === 200)
    .flatMap((exchange) => collectRequest(exchange).streams)
    .flatMap(({ stream, touchpoints }) => touchpoints.map((t): [string, Touchpoint] => [`${stream} ${t.seq}`, t]));
  return [...new Map(all).values()].filter(({ type }) => types.includes(type));
}

/** Resolves when all that was captured has arrived: the page is told that it is left, and so sends at once. */
export async function sendAll(v: Visitor, mark = "End"): Promise<void> {
  await v.page.evaluate((name) => {
    (window as unknown as WaypostWindow).waypost.track(name);
    dispatchEvent(new PageTransitionEvent("pagehide"));
  }, mark);
  await v.seen(carries("track", mark));
}

/**
 * Resolves when capture runs, and hears all that the page does: its sources are a chunk of their own, which may come
 * later. A module that was imported before is the same, and whoever waited for it longer goes on first.
 */
export async function hearing(page: Page): Promise<void> {
  await capturing(page);
  const url = await page.waitForFunction(
    () => performance.getEntriesByType("resource").find(({ name }) => name.includes("/chunks/sources-"))?.name,
  );
  // A text, because vitest would make an import of its own of this one.
  await page.evaluate(`import(${JSON.stringify(await url.jsonValue())}).then(() => new Promise((r) => setTimeout(r)))`);
}

/** As another tab in front of this one does. */
export async function show({ page }: Visitor, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((next) => {
    Object.defineProperty(Document.prototype, "visibilityState", { get: () => next, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, state);
}
