import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "../../build.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { CollectRequest, LiveMessage } from "../../models/wire.ts";
import { answerBanner, ready } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { type GuardedBrowser, shareBrowser } from "../harness/browser.ts";
import { createSite, type DemoSite, type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const [JOURNEY] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[0]];
const { stages: _, ...EVERYWHERE } = HELP;

/** A ticket that the site's own support system opens is a stage, and help is offered in it. */
const TICKETS: SiteConfig = {
  ...SMALL_SITE,
  journeys: [
    {
      ...JOURNEY,
      stages: [
        ...JOURNEY.stages.slice(0, -1),
        { id: "ticket", name: "Ticket", match: { type: "track", name: "Ticket Opened" } },
        ...JOURNEY.stages.slice(-1),
      ],
    },
  ],
  campaigns: [
    { ...EVERYWHERE, holdout: 0, trigger: { kind: "stage", stage: "ticket" } },
    {
      ...EVERYWHERE,
      id: "failed",
      holdout: 0,
      trigger: { kind: "touchpoint", name: "Payment Failed" },
      content: { title: "Your card was declined", body: ["Try another one."] },
    },
  ],
};
const SITES = { live: { ...TICKETS, live: true }, still: TICKETS };

let edge: Edge;
let folder: string;
let browser: GuardedBrowser;
let sites: Record<keyof typeof SITES, DemoSite>;
let served: { assets: string; persist: string; port: number };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-live-"));
  const assets = join(folder, "dist");
  await build(assets);
  const keyOf = { live: randomKey(16), still: randomKey(16) };
  const persist = join(folder, "state");
  await writeFile(join(assets, "live.html"), pageHtml(keyOf.live));
  await writeFile(join(assets, "still.html"), pageHtml(keyOf.still));
  // A policy that lets requests through, and no socket.
  await writeFile(join(assets, "strict.html"), pageHtml(keyOf.live, "connect-src http:"));
  edge = await startEdge({ assets, persist });
  served = { assets, persist, port: Number(new URL(edge.url).port) };
  const create = (id: keyof typeof SITES) =>
    createSite(edge, id, SITES[id], { id, publicKey: keyOf[id], writeKey: randomKey(16) });
  sites = { live: await create("live"), still: await create("still") };
  browser = await shareBrowser();
});
afterAll(async () => {
  await browser.close();
  await edge.close();
  await rm(folder, { recursive: true, force: true });
});

function pageHtml(publicKey: string, policy = ""): string {
  const meta = policy === "" ? "" : `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  return `<!doctype html><html lang="en"><title>Page</title>${meta}
<script>window.waypost = window.waypost || []; waypost.push(["on", "visitor", (id) => { window.visitor = id; }]);</script>
<script async src="/waypost.js" data-site="${publicKey}" data-worker="off"></script>
<link rel="icon" href="data:,"><main><h1>Shop</h1></main>`;
}

/** A visitor who has accepted, and does nothing from then on. `asks`: what its pages have asked on. */
async function arrive(path: string) {
  const context = await browser.newContext({ baseURL: edge.url });
  await context.addInitScript(countLines);
  const page = await context.newPage();
  const heard: LiveMessage[] = [];
  let lines = 0;
  page.on("websocket", (line) => {
    lines++;
    line.on("framereceived", ({ payload }) => heard.push(JSON.parse(String(payload))));
    line.on("close", () => lines--);
  });
  const asks: string[] = [];
  page.on("request", (request) => {
    if (!request.url().endsWith("/v1/collect")) return;
    asks.push(...(JSON.parse(request.postData() ?? "{}") as CollectRequest).asks.map(({ on }) => on));
  });
  await page.goto(path);
  await ready(page);
  await answerBanner(page, "Accept");
  // Enough for a batch at once: the edge's answer brings token and id.
  await page.evaluate(() => {
    for (let i = 0; i < 10; i++) (window as unknown as WaypostWindow).waypost.track(`Arrival ${i}`);
  });
  await page.waitForFunction(() => (window as unknown as { visitor?: string }).visitor);
  const visitor = await page.evaluate(() => (window as unknown as { visitor: string }).visitor);
  return { page, visitor, heard, asks, lines: () => lines, close: () => context.close() };
}

interface Counts {
  opened: number;
  closed: number;
  refused: number;
}

/** Runs in the page: how many lines it tried to open and closed itself, and how often its policy refused something. */
function countLines(): void {
  const counts = { opened: 0, closed: 0, refused: 0 };
  Object.assign(window, { counts });
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      counts.opened++;
    }
    override close(code?: number, reason?: string) {
      counts.closed++;
      super.close(code, reason);
    }
  };
  document.addEventListener("securitypolicyviolation", () => counts.refused++);
}

function counted(page: Page): Promise<Counts> {
  return page.evaluate(() => (window as unknown as { counts: Counts }).counts);
}

/** What the site's support system tells of a visitor. */
async function paymentFails(site: DemoSite, anonymousId: string): Promise<void> {
  const answer = await fetch(`${edge.url}/v1/track`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
    body: JSON.stringify({ anonymousId, event: "Payment Failed", messageId: randomKey(16) }),
  });
  expect(await answer.json()).toMatchObject({ accepted: 1 });
}

async function openTicket(site: DemoSite, anonymousId: string): Promise<void> {
  const item = { anonymousId, seq: 0, type: "track", event: "Ticket Opened", timestamp: Date.now() };
  const answer = await fetch(`${edge.url}/v1/batch`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
    body: JSON.stringify({ historical: false, stream: "tickets", batch: [item] }),
  });
  expect(await answer.json()).toEqual({ results: [{ index: 0, result: "accepted" }] });
}

const nudge = (page: Page) => page.getByText("Need a hand?", { exact: true }).first();

test("L3 a server's touchpoint brings the nudge to an open page that does nothing, through an ask of its own", async () => {
  const v = await arrive("/live");
  await waitFor(
    () => v.heard.length,
    (count) => count === 1,
  );
  expect(v.asks).toEqual([]);
  await openTicket(sites.live, v.visitor);
  await nudge(v.page).waitFor();
  expect(v.asks).toEqual(["stage.ticket"]);
  expect(v.heard).toHaveLength(2);
  await v.close();
});

test("L3 without live there is no line, and what a server tells is heard with the page's next batch and asks nothing", async () => {
  const v = await arrive("/still");
  await openTicket(sites.still, v.visitor);
  const answered = v.page.waitForResponse((response) => response.url().endsWith("/v1/collect"));
  await v.page.evaluate(() => {
    for (let i = 0; i < 30; i++) (window as unknown as WaypostWindow).waypost.track(`Step ${i}`);
  });
  expect(await (await answered).json()).toMatchObject({ features: { stage: "ticket" } });
  expect(await counted(v.page)).toMatchObject({ opened: 0 });
  expect(v.asks).toEqual([]);
  expect(await nudge(v.page).count()).toBe(0);
  await v.close();
});

const declined = (page: Page) => page.getByText("Your card was declined", { exact: true }).first();

test("L14 D15 what a server tells is answered on the open page at once, in no stage, and once", async () => {
  const v = await arrive("/live");
  await waitFor(
    () => v.heard.length,
    (count) => count === 1,
  );
  await paymentFails(sites.live, v.visitor);
  await declined(v.page).waitFor();
  expect(v.asks).toEqual(["touchpoint.Payment Failed"]);
  // Whatever comes then does not ask by it again.
  await v.page.evaluate(() => {
    for (let i = 0; i < 30; i++) (window as unknown as WaypostWindow).waypost.track(`Step ${i}`);
  });
  await v.page.waitForResponse((response) => response.url().endsWith("/v1/collect"));
  expect(v.asks).toEqual(["touchpoint.Payment Failed"]);
  await v.close();
});

test("L14 without a line it waits: the next page asks after its first batch", async () => {
  const v = await arrive("/still");
  await v.page.goto("about:blank");
  await paymentFails(sites.still, v.visitor);
  await v.page.goto("/still");
  await ready(v.page);
  expect(v.asks).toEqual([]);
  await declined(v.page).waitFor();
  expect(v.asks).toEqual(["touchpoint.Payment Failed"]);
  expect((await counted(v.page)).opened).toBe(0);
  await v.close();
});

test("L6 a page whose edge was started anew connects again, and hears of what comes then", async () => {
  const v = await arrive("/live");
  await waitFor(
    () => v.heard.length,
    (count) => count === 1,
  );
  await edge.close();
  edge = await startEdge({ ...served, keys: edge.keys });
  await openTicket(sites.live, v.visitor);
  await nudge(v.page).waitFor();
  expect((await counted(v.page)).opened).toBeGreaterThan(1);
  await v.close();
});

test("L4 a withdrawal on the page ends its line in the same task", async () => {
  const v = await arrive("/live");
  await waitFor(
    () => v.heard.length,
    (count) => count === 1,
  );
  expect(v.lines()).toBe(1);
  // The edge closes it as well, once it has heard.
  const closed = await v.page.evaluate(() => {
    const { waypost, counts } = window as unknown as WaypostWindow & { counts: Counts };
    const before = counts.closed;
    waypost.consent.set([]);
    return [before, counts.closed];
  });
  expect(closed).toEqual([0, 1]);
  await waitFor(v.lines, (lines) => lines === 0);
  await v.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  expect((await counted(v.page)).opened).toBe(1);
  await v.close();
});

test("L13 a policy that refuses the line ends it for this page, without a word; where it is allowed, a page that is seen again connects again", async () => {
  const strict = await arrive("/strict");
  const said: string[] = [];
  strict.page.on("console", (message) => said.push(message.text()));
  await waitFor(
    () => counted(strict.page),
    ({ refused }) => refused === 1,
  );
  const seenAgain = (page: Page) =>
    page.evaluate(() => {
      window.dispatchEvent(new Event("pagehide"));
      document.dispatchEvent(new Event("visibilitychange"));
    });
  await seenAgain(strict.page);
  expect(await counted(strict.page)).toMatchObject({ opened: 1, refused: 1 });
  expect(said.filter((text) => text.includes("[waypost]"))).toEqual([]);
  await strict.close();
  const allowed = await arrive("/live");
  await waitFor(
    () => allowed.heard.length,
    (count) => count === 1,
  );
  await seenAgain(allowed.page);
  expect((await counted(allowed.page)).opened).toBe(2);
  await waitFor(
    () => allowed.heard.length,
    (count) => count === 2,
  );
  await allowed.close();
});
