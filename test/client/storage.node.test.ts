import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  arrived,
  capturing,
  carries,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { waitFor } from "../harness/wait-for.ts";

let install: Install;

beforeAll(async () => {
  install = await startInstall({ body: () => "<button>Buy now</button>" });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

function track(page: Page, ...names: string[]): Promise<void> {
  return page.evaluate((all) => {
    for (const name of all) (window as unknown as WaypostWindow).waypost.track(name);
  }, names);
}

/** Ten touchpoints are a batch, so they go at once. */
function ten(prefix: string): string[] {
  return Array.from({ length: 10 }, (_, i) => `${prefix} ${i}`);
}

/** How often each touchpoint was sent, by its name. */
function sendings(exchanges: readonly Exchange[], prefix: string): Map<string, number> {
  const counts = new Map<string, number>();
  const all = exchanges.filter(isCollect).flatMap((exchange) => collectRequest(exchange).streams);
  for (const { name } of all.flatMap(({ touchpoints }) => touchpoints)) {
    if (name.startsWith(prefix)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Leaves five touchpoints of a tab that is gone and one of a tab that is still there, unsent, then opens a third. */
async function leaveBehind(v: Visitor): Promise<Page> {
  await v.open();
  await answerBanner(v.page, "Accept");
  await capturing(v.page);
  const gone = await v.context.newPage();
  await v.open("/gone", gone);
  await capturing(gone);
  v.fault(({ path }) => (path.endsWith("/collect") ? "hang up" : null));
  await track(gone, ...ten("Gone"));
  await v.seen(isCollect);
  await gone.close();
  await track(v.page, ...ten("Here"));
  await waitFor(() => sendings(v.asked(), "Here").size, Boolean);
  const before = v.asked().length;
  const third = await v.context.newPage();
  await v.open("/third", third);
  await capturing(third);
  await waitFor(() => v.asked().slice(before).some(isCollect), Boolean);
  v.fault(null);
  return third;
}

visit(
  "two tabs, one outbox: what a closed tab left is sent by one of them, and nobody sends what the other holds",
  async (v) => {
    const third = await leaveBehind(v);
    const before = v.asked().length;
    await third.evaluate(() => dispatchEvent(new Event("online")));
    await v.page.evaluate(() => dispatchEvent(new Event("online")));
    await v.seen(carries("track", "Here 9"));
    await v.seen(carries("track", "Gone 9"));
    const kept = v
      .asked()
      .slice(before)
      .filter((exchange) => isCollect(exchange) && exchange.status === 200);
    expect([...sendings(kept, "Gone").values()]).toEqual(ten("").map(() => 1));
    expect([...sendings(kept, "Here").values()]).toEqual(ten("").map(() => 1));
  },
);

visit("without Web Locks two tabs may send the same, and each is still told of once", async (v) => {
  await v.context.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
  const third = await leaveBehind(v);
  await third.evaluate(() => dispatchEvent(new Event("online")));
  await v.page.evaluate(() => dispatchEvent(new Event("online")));
  await v.seen(carries("track", "Here 9"));
  await v.seen(carries("track", "Gone 9"));
  // The twin: what the locks prevent does happen.
  const streams = v
    .asked()
    .filter(isCollect)
    .map((exchange) => collectRequest(exchange).streams.length);
  expect(Math.max(...streams)).toBeGreaterThan(1);
  expect(arrived(v.asked()).filter((name) => name.startsWith("track Here"))).toHaveLength(10);
});

/** What a browser or a person can do to the storage of a page, before its first script runs. */
const BROKEN: Record<string, () => void> = {
  "IndexedDB refuses to open": () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  },
  "IndexedDB never answers": () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  },
  "IndexedDB is full": () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  },
  "IndexedDB is missing": () => {
    Object.defineProperty(window, "indexedDB", { value: undefined });
  },
  "localStorage is full": () => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  },
  "all storage is refused": () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
      Object.defineProperty(window, name, { get: refuse });
    }
    Object.defineProperty(document, "cookie", { get: refuse, set: refuse });
  },
};

for (const [what, breakIt] of Object.entries(BROKEN)) {
  visit(`B6 where ${what} a visitor is asked, the answer holds for the page, and nothing noted is lost`, async (v) => {
    const errors: Error[] = [];
    v.page.on("pageerror", (error) => errors.push(error));
    await v.context.addInitScript(breakIt);
    await v.open();
    await answerBanner(v.page, "Accept");
    await v.page.getByRole("button", { name: "Buy now" }).click();
    await track(v.page, ...ten("Kept"));
    await v.seen(carries("track", "Kept 9"));
    await v.seen(carries("click", "Buy now"));
    await track(v.page, "Last words");
    await v.page.close();
    await v.seen(carries("leave"));
    // A click that came before the chunk which reads clicks is noted behind what the page's code said meanwhile.
    expect(arrived(v.asked()).sort()).toEqual(
      ["page Page /", "click Buy now", ...ten("track Kept"), "track Last words", "leave"].sort(),
    );
    expect(errors).toEqual([]);
  });
}

for (const [what, storageTypes, goesOn] of [
  ["the database is", "indexeddb", true],
  ["everything is", "all", false],
] as const) {
  const then = goesOn ? "loses nothing" : "knows of no consent any more, and the next asks";
  visit(`where ${what} cleared in the middle of a page, it ${then}`, async (v) => {
    await v.open();
    await answerBanner(v.page, "Accept");
    await capturing(v.page);
    await track(v.page, ...ten("Before"));
    await v.seen(carries("track", "Before 9"));
    const browser = await v.context.newCDPSession(v.page);
    await browser.send("Storage.clearDataForOrigin", { origin: v.host.url, storageTypes });
    await waitFor(
      () => v.page.evaluate(() => Object.keys(localStorage).length > 0),
      (kept) => kept === goesOn,
    );
    await track(v.page, ...ten("After"));
    if (goesOn) await v.seen(carries("track", "After 9"));
    await v.open("/next");
    if (!goesOn) await v.page.getByRole("button", { name: "Accept" }).waitFor();
    await track(v.page, "On the next");
    await v.page.close();
    if (goesOn) await v.seen(carries("track", "On the next"));
    const names = arrived(v.asked());
    expect(names).toContain("track Before 9");
    expect(names.filter((name) => name.startsWith("track After"))).toHaveLength(goesOn ? 10 : 0);
    expect(names.includes("page Page /next")).toBe(goesOn);
  });
}

visit("an ad blocker that refuses the edge makes one failed request, no error and no word of ours", async (v) => {
  const noise: string[] = [];
  v.page.on("pageerror", (error) => noise.push(error.message));
  // What the browser itself says of a failed request names no script of ours.
  v.page.on("console", (message) => message.text().startsWith("Failed to load resource") || noise.push(message.text()));
  const refused: string[] = [];
  await v.context.route("**/_w/v1/**", (route) => {
    refused.push(route.request().url());
    return route.abort("blockedbyclient");
  });
  const failed = v.page.waitForEvent("requestfailed");
  await v.page.goto(v.host.url);
  await failed;
  const answers = await v.page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    waypost.track("Unheard");
    waypost.consent.set(["analytics"]);
    return [waypost.consent.get(), waypost.why()];
  });
  expect(answers).toEqual([{ rev: 0, purposes: [], decided: false }, null]);
  expect(refused).toHaveLength(1);
  expect(noise).toEqual([]);
  // The twin: where the same page reaches the edge, it is asked.
  await v.context.unroute("**/_w/v1/**");
  await v.page.goto(v.host.url);
  await v.page.getByRole("button", { name: "Accept" }).waitFor();
});

visit("an edge that is down for an hour is asked fewer than 40 times", async (v) => {
  await v.page.clock.install();
  await v.open();
  await answerBanner(v.page, "Accept");
  v.fault(({ path }) => (path.endsWith("/collect") ? { status: 502 } : null));
  await track(v.page, ...ten("Held"));
  await v.seen(isCollect);
  for (let minute = 0; minute < 60; minute++) {
    await v.page.clock.runFor(60_000);
    // An answer of the network takes real time.
    await v.page.evaluate(() => fetch("/"));
  }
  const tries = v.asked().filter(isCollect).length;
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(40);
});
