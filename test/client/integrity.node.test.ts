import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pinnedName } from "../../build.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { pinnedTag } from "../../worker/cli/integrity.ts";
import { type HostInstall, type HostVisit, startHostInstall, type TagOptions } from "../browser/host-install.ts";
import { answerBanner, arrived, carries, collectRequest, isCollect, isConsent, ready } from "../browser/install.ts";
import type { Exchange, SiteHost } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
/** At payment help is asked for at once, and again from who stays. */
const EAGER: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 500 })),
  })),
  campaigns: [
    { ...HELP, holdout: 0, trigger: { kind: "stage", stage: "pay" } },
    { ...HELP, holdout: 0, id: "later" },
  ],
};

let install: HostInstall;
/** Names of the built chunks, with their hash. */
let built: string[] = [];

beforeAll(async () => {
  install = await startHostInstall(EAGER);
  built = await readdir(join(install.dist, "chunks"));
});
afterAll(() => install.close());

function fileOf(chunk: string): string {
  const found = built.find((name) => new RegExp(`^${chunk}-[0-9A-Z]{8}\\.js$`).test(name));
  if (!found) throw new Error(`no chunk ${chunk}`);
  return found;
}

/** The first shared file that a chunk imports. */
async function sharedBy(chunk: string): Promise<string> {
  const [, name = ""] = /"\.\/(chunk-\w+\.js)"/.exec(await read(fileOf(chunk))) ?? [];
  return name;
}

function read(file: string): Promise<string> {
  return readFile(join(install.dist, "chunks", file), "utf8");
}

const JS = { "content-type": "text/javascript", "access-control-allow-origin": "*" };

/** One byte, and code that would run as before: a line's end becomes a space. */
async function flip(visit: HostVisit, file: string): Promise<void> {
  const body = (await read(file)).replace(/\n$/, " ");
  visit.fault(({ path }) => (path.includes(file) ? { status: 200, headers: JS, body } : null));
}

async function openPay({ serve, tag, open }: HostVisit, options: TagOptions = {}): Promise<void> {
  serve(
    "/pay",
    `<!doctype html><html lang="en"><title>Pay</title><script>window.waypost = [];</script>${tag(options)}
<main><h1>Pay</h1><button onclick="this.dataset.pressed = 'yes'">Pay now</button></main>`,
  );
  await open("/pay");
}

interface Row {
  chunk: string;
  /** The shared file that `chunk` imports is changed, not `chunk` itself. */
  shared?: true;
  tag?: TagOptions;
  /** What still arrives, outcomes aside, and in what order the edge was asked for help. */
  arrives: string[];
  asks: string[];
  /** How the first reservation ended. */
  outcome: string | null;
}

const ALL = ["click Pay now", "page Pay", "track Captured"];
/** Those first that wait for a batch's time. */
const ROWS: Row[] = [
  // Without the list of all others, capture itself is all there is.
  { chunk: "digests", arrives: ["page Pay", "track Captured"], asks: [], outcome: null },
  { chunk: "asking", arrives: ALL, asks: [], outcome: null },
  { chunk: "scoring", arrives: ALL, asks: ["stage.pay"], outcome: "shown" },
  {
    chunk: "main-thread",
    tag: { attributes: 'async data-worker="off"' },
    arrives: ALL,
    asks: ["stage.pay"],
    outcome: "shown",
  },
  { chunk: "capture", arrives: [], asks: [], outcome: null },
  { chunk: "sources", arrives: ["page Pay", "track Captured"], asks: ["stage.pay", "stall.high"], outcome: "shown" },
  { chunk: "database", arrives: ALL, asks: ["stage.pay", "stall.high"], outcome: "shown" },
  { chunk: "present", arrives: ALL, asks: ["stage.pay", "stall.high"], outcome: "withheld failed" },
  { chunk: "nudge", arrives: ALL, asks: ["stage.pay", "stall.high"], outcome: "withheld failed" },
  { chunk: "nudge", shared: true, arrives: ALL, asks: ["stage.pay", "stall.high"], outcome: "withheld failed" },
  { chunk: "banner", arrives: ALL, asks: ["stage.pay", "stall.high"], outcome: "shown" },
  // Which is Preact, and the nudge's too.
  { chunk: "banner", shared: true, arrives: ALL, asks: ["stage.pay", "stall.high"], outcome: "withheld failed" },
  {
    chunk: "scoring-worker",
    tag: { from: "edge", attributes: 'async data-worker="blob"' },
    arrives: ALL,
    asks: ["stage.pay", "stall.high"],
    outcome: "shown",
  },
];

/** Where there is none, the choice is made by the page's own code. */
function hasBanner({ chunk }: Row): boolean {
  return chunk !== "banner";
}

function collectorOf({ own, edge }: HostVisit, { tag }: Row): SiteHost {
  return tag?.from === "edge" ? edge : own;
}

function keepsNothing({ chunk }: Row): boolean {
  return ["capture", "digests", "database"].includes(chunk);
}

for (const row of ROWS) {
  const title = `S5 ${row.shared ? `what ${row.chunk}.js imports` : `${row.chunk}.js`}, changed by a byte, does not run; everything else goes on`;
  test.concurrent(title, () =>
    install.visit(async (visit) => {
      const { page, own } = visit;
      const file = row.shared ? await sharedBy(row.chunk) : fileOf(row.chunk);
      await flip(visit, file);
      await openPay(visit, row.tag);
      if (hasBanner(row)) await answerBanner(page, "Accept");
      else {
        await collectorOf(visit, row).seen(({ path }) => path.includes(file));
        await ready(page);
        expect(await page.locator("[data-waypost]").count()).toBe(0);
        await page.evaluate(() =>
          (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "scoring", "personalization"]),
        );
      }
      await page.getByRole("button", { name: "Pay now" }).click();
      await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Captured"));
      const collector = collectorOf(visit, row);
      await collector.seen(({ path }) => path.includes(file));
      if (row.arrives.length > 0) await collector.seen(carries("track", "Captured"));
      else await collector.seen(isConsent);
      for (const on of row.asks) await collector.seen((exchange) => asksOf(exchange).includes(on));
      if (row.outcome) await collector.seen((exchange) => outcomesOf(exchange).length > 0);

      expect(await page.locator('[data-waypost="nudge"]').count()).toBe(row.outcome === "shown" ? 1 : 0);
      expect(await page.getByRole("button", { name: "Pay now" }).getAttribute("data-pressed")).toBe("yes");
      expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(keepsNothing(row) ? 0 : 1);
      // The engine then runs on the main thread.
      if (row.chunk === "scoring-worker") expect(page.workers()).toEqual([]);
      // The twin: the same changed bytes run where nobody names their digest.
      expect(await page.evaluate(`import("${collector.url}/_w/chunks/${file}?unchecked").then(() => "ran")`)).toBe(
        "ran",
      );
      if (row.arrives.length === 0) {
        // The next page has the built bytes: what this one had captured would arrive before what that one says.
        visit.fault(null);
        visit.serve("/later", `<!doctype html><title>Later</title>${visit.tag(row.tag)}`);
        await visit.open("/later");
        await own.seen(({ path }) => path.includes("/chunks/database"));
        await page.goto("about:blank");
        await own.seen(carries("leave"));
      } else if (row.asks.length === 1) {
        // A batch later, an engine that runs would have asked.
        await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Late"));
        await collector.seen(carries("track", "Late"));
      }

      const { exchanges } = collector;
      const came = arrived(exchanges).filter((what) => !/^outcome|^track Late$|^page Later$|^leave$/.test(what));
      expect(came.sort()).toEqual(row.arrives);
      // One that is not answered yet goes with the next batch too, and who is stuck, acts and is stuck again asks again;
      // but the stage is reached once.
      expect([...new Set(exchanges.filter(isCollect).flatMap(asksOf))]).toEqual(row.asks);
      const asks = new Map(
        exchanges.filter(isCollect).flatMap((e) => collectRequest(e).asks.map((a) => [a.ask, a.on])),
      );
      expect([...asks.values()].filter((on) => on === "stage.pay").length).toBeLessThanOrEqual(1);
      expect(exchanges.flatMap(outcomesOf)[0] ?? null).toBe(row.outcome);
      expect(visit.errors).toEqual([]);
    }),
  );
}

function asksOf(exchange: Exchange): string[] {
  return isCollect(exchange) ? collectRequest(exchange).asks.map(({ on }) => on) : [];
}

function outcomesOf(exchange: Exchange): string[] {
  if (!isCollect(exchange) || exchange.status !== 200) return [];
  const sent = collectRequest(exchange).streams.flatMap(({ touchpoints }) => touchpoints);
  const outcomes = sent.filter(({ type }) => type === "outcome");
  return outcomes.map(({ props }) => [props.outcome, props.veto].filter(Boolean).join(" "));
}

test("S5 every file that a page loads is listed with its digest, and none is loaded past the list", async () => {
  const tag = await readFile(join(install.dist, "waypost.js"), "utf8");
  const lists = tag + (await read(fileOf("digests")));
  for (const file of built) {
    const text = await read(file);
    const sha256 = createHash("sha256").update(text).digest("base64");
    // onnxruntime-web is asked for by the worker alone, whose own bytes no browser checks.
    if (file.startsWith("onnx-runtime")) continue;
    expect(lists, file).toContain(`["${file.replace(/\.js$/, "")}","${sha256}"]`);
    if (!file.startsWith("scoring-worker")) expect(text, file).not.toMatch(/\bimport\(/);
  }
  // The twin: such a call is found where there is one.
  expect(tag).toMatch(/\bimport\(/);
});

/** The printed line in a page of its own. */
async function openPinned({ serve, open, own, publicKey }: HostVisit): Promise<void> {
  const line = await pinnedTag(install.dist, `${own.url}/_w`, publicKey);
  serve(
    "/pay",
    `<!doctype html><title>Pay</title><script>window.waypost = [];</script>${line}<main><h1>Pay</h1></main>`,
  );
  await open("/pay");
}

test.concurrent("S5 the printed script line runs the built tag, from a URL that is kept for ever", () =>
  install.visit(async (visit) => {
    await openPinned(visit);
    await answerBanner(visit.page, "Accept");
    await visit.own.seen(carries("page", "Pay"));
    const name = pinnedName(await readFile(join(install.dist, "waypost.js")));
    expect(name).toMatch(/^waypost-[0-9a-f]{16}\.js$/);
    const { headers } = await fetch(`${visit.own.url}/_w/${name}`);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const unpinned = await fetch(`${visit.own.url}/_w/waypost.js`);
    expect(unpinned.headers.get("cache-control")).not.toContain("immutable");
  }));

test.concurrent("S5 a pinned tag that was changed by a byte does not run, and the page goes on", () =>
  install.visit(async (visit) => {
    const { page, own, errors } = visit;
    const tag = await readFile(join(install.dist, "waypost.js"), "utf8");
    const body = tag.replace(/\n$/, " ");
    visit.fault(({ path }) => (path.includes("/waypost-") ? { status: 200, headers: JS, body } : null));
    await openPinned(visit);
    const state = () => page.evaluate(() => (window as unknown as { waypost: { loaded?: boolean } }).waypost.loaded);
    expect(await state()).toBeUndefined();
    expect(own.exchanges.filter(({ path }) => path.startsWith("/_w/v1/"))).toEqual([]);
    expect(errors).toEqual([]);
    // The twin: without `integrity` the same bytes run.
    await page.evaluate(
      ([src = "", site = ""]) =>
        new Promise((resolve) => {
          const script = Object.assign(document.createElement("script"), { src, onload: resolve });
          script.dataset.site = site;
          document.head.append(script);
        }),
      [`/_w/${pinnedName(Buffer.from(tag))}?unchecked`, visit.publicKey],
    );
    expect(await state()).toBe(true);
  }));

test("S5 without a build there is no line to print, and the command says what to do", async () => {
  await expect(pinnedTag("/nowhere", "https://shop.example/_w", "key")).rejects.toThrow("npm run build");
});
