import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  arrivals,
  arrived,
  capturing,
  carries,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

/**
 * The Chromium that comes by npm neither prerenders nor keeps pages for going back to: what a browser says of both is
 * said here by the test, and what the page then does is real.
 */
let install: Install;

beforeAll(async () => {
  install = await startInstall();
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

visit("T a page that is being prerendered asks for nothing and notes nothing until it is shown", async (v) => {
  await v.open();
  await answerBanner(v.page, "Accept");
  await capturing(v.page);
  await v.context.addInitScript(() => {
    Object.defineProperty(Document.prototype, "prerendering", {
      get: () => (window as unknown as { shown?: true }).shown !== true,
    });
  });
  // The last file that a page asks for: what is still on its way as it is left would be taken for the next page's.
  await v.seen(({ path }) => path.includes("scoring-worker"));
  await v.page.goto("about:blank");
  await v.seen(carries("leave"));
  const before = v.asked().length;
  await v.page.goto(`${v.host.url}/offer`);
  const decided = await v.page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    for (let i = 0; i < 10; i++) waypost.track(`Rendered ahead ${i}`);
    return waypost.consent.get().decided;
  });
  expect(decided).toBe(false);
  await v.page.evaluate(() => fetch("/marker"));
  const ahead = v.asked().slice(before);
  expect(ahead.map(({ path }) => path).filter((path) => path.startsWith("/_w/") && !isTag(path))).toEqual([]);

  await v.page.evaluate(() => {
    Object.assign(window, { shown: true });
    document.dispatchEvent(new Event("prerenderingchange"));
  });
  const shownAt = await v.page.evaluate(() => Date.now());
  await v.page.evaluate(() => {
    for (let i = 0; i < 10; i++) (window as unknown as WaypostWindow).waypost.track(`Shown ${i}`);
  });
  await v.seen(carries("track", "Shown 9"));
  const view = v
    .asked()
    .filter(isCollect)
    .flatMap((exchange) => collectRequest(exchange).streams.flatMap(({ touchpoints }) => touchpoints))
    .find(({ name }) => name === "Page /offer");
  expect(view?.type).toBe("page");
  expect(shownAt - (view?.at ?? 0)).toBeLessThan(1_000);
  expect(arrived(v.asked())).toContain("track Rendered ahead 9");
});

function isTag(path: string): boolean {
  return path === "/_w/waypost.js";
}

visit(
  "T a page that the browser takes back from its memory is a view again, and lets go of its locks meanwhile",
  async (v) => {
    await v.open();
    await answerBanner(v.page, "Accept");
    await capturing(v.page);
    const locks = () => v.page.evaluate(async () => ((await navigator.locks.query()).held ?? []).length);
    const go = (type: "pagehide" | "pageshow") =>
      v.page.evaluate((what) => dispatchEvent(new PageTransitionEvent(what, { persisted: true })), type);
    expect(await locks()).toBe(1);
    await go("pagehide");
    expect(await locks()).toBe(0);
    await v.seen(carries("leave"));
    await go("pageshow");
    expect(await locks()).toBe(1);
    await go("pagehide");
    expect(await arrivals(v, 4)).toEqual(["page Page /", "leave", "page Page /", "leave"]);
  },
);

visit("T a page that is only hidden and seen again is no further view", async (v) => {
  await v.open();
  await answerBanner(v.page, "Accept");
  await capturing(v.page);
  await v.page.evaluate(() => {
    for (const state of ["hidden", "visible", "hidden"]) {
      Object.defineProperty(Document.prototype, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }
  });
  expect(await arrivals(v, 3)).toEqual(["page Page /", "leave", "leave"]);
});
