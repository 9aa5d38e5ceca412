import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { BrowserContext, Page } from "playwright-core";
import type { Campaign } from "../../models/campaign.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { GuardedBrowser } from "../harness/browser.ts";
import { createSite, type Edge, randomKey, stateFolder } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { firstParty } from "./contenders.ts";
import { type Backend, type Host, startHost } from "./host.ts";
import { openReady } from "./loss.ts";
import { median } from "./median.ts";
import { pageFor } from "./page.ts";

/** ms from the request to the paint, medians: `first` nudge of a browser, and one whose files it has. */
export interface NudgeTime {
  controlMs: number;
  firstMs: number;
  laterMs: number;
}

/** Everybody who says so is helped, as often as they do. */
const HELPED: SiteConfig = {
  ...SMALL_SITE,
  campaigns: SMALL_SITE.campaigns.map(
    ({ stages: _, ...campaign }): Campaign => ({
      ...campaign,
      trigger: { kind: "touchpoint", name: "Stuck" },
      againAfterMs: 1_000,
      holdout: 0,
      cap: { count: 10, windowMs: 86_400_000 },
    }),
  ),
};

/** Longer than the first moments of a view, in which nothing is shown (client/quiet.ts). */
const SETTLED_MS = 2_200;

const ONE_ROW = `import { DurableObject } from "cloudflare:workers";
export class One extends DurableObject {
  async write(text) { this.ctx.storage.kv.put("row", text); return "written"; }
}
export default {
  async fetch(request, env) { return new Response(await env.ONE.getByName("one").write(await request.text())); },
};`;

/** From an ask to the painted nudge, beside a POST to an object that writes one row, and an element appended then. */
export async function nudgeTimes(browser: GuardedBrowser, edge: Edge, rounds: number): Promise<NudgeTime> {
  const control = await startControl();
  const publicKey = randomKey(16);
  const host = await startHost(withControl(firstParty(edge, publicKey), control.url), pageFor);
  const site = { id: "helped", publicKey, writeKey: randomKey(16) };
  await createSite(edge, site.id, HELPED, site);
  await edge.api("PUT", `/api/sites/${site.id}/config`, { ...HELPED, origins: [host.url] });
  const times = { control: [] as number[], first: [] as number[], later: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const context = await browser.newContext();
    await context.addInitScript(watchPaint);
    for (const state of ["first", "later"] as const) {
      const { controlMs, nudgeMs } = await measureOnPage(context, host, state === "first");
      times.control.push(controlMs);
      times[state].push(nudgeMs);
    }
    await context.close();
  }
  await host.close();
  await control.close();
  return { controlMs: median(times.control), firstMs: median(times.first), laterMs: median(times.later) };
}

async function measureOnPage(context: BrowserContext, host: Host, isNew: boolean) {
  const page = await context.newPage();
  await openReady(page, host, isNew);
  const controlMs = await painted(page, "askControl()");
  // The first seconds of a view are left alone: that is no part of what is measured.
  await sleep(SETTLED_MS);
  const nudgeMs = await painted(page, 'waypost.track("Stuck")');
  // So that the next page may show one: this one is closed, and that is known.
  await page.keyboard.press("Escape");
  await sleep(1_100);
  await page.close();
  return { controlMs, nudgeMs };
}

interface PaintWindow {
  askedMs: number | null;
  paintedMs: Promise<number>;
}

/** Runs `expression`, which sends something, and waits for the paint of the element that comes of it. */
async function painted(page: Page, expression: string): Promise<number> {
  await page.evaluate("expectPaint()");
  await page.evaluate(expression);
  return page.evaluate(() => (window as unknown as PaintWindow).paintedMs);
}

/** Runs in the page before everything else: notes when a request leaves, and when the next new element was painted. */
function watchPaint(): void {
  const page = window as unknown as PaintWindow & Record<string, unknown>;
  const { fetch } = window;
  window.fetch = (...args) => {
    if (String(args[1]?.body).includes('"asks":[{')) page.askedMs = performance.now();
    return fetch(...args);
  };
  page.expectPaint = () => {
    page.askedMs = null;
    page.paintedMs = new Promise((resolve) => {
      const observer = new MutationObserver((changes) => {
        if (!changes.some(({ addedNodes }) => [...addedNodes].some((node) => node instanceof HTMLElement))) return;
        if (page.askedMs === null) return;
        observer.disconnect();
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now() - (page.askedMs ?? 0));
        // The frame's callbacks run before its paint; a message sent from one is handled after it.
        requestAnimationFrame(() => port2.postMessage(null));
      });
      observer.observe(document, { childList: true, subtree: true });
    });
  };
  page.askControl = async () => {
    const body = JSON.stringify({ asks: [], row: "x".repeat(500) });
    page.askedMs = performance.now();
    const reply = await fetch("/control", { method: "POST", body });
    const element = document.createElement("div");
    element.textContent = await reply.text();
    document.body.append(element);
  };
}

function withControl(backend: Backend, controlUrl: string): Backend {
  return {
    ...backend,
    answer: async (asked) => {
      if (asked.path !== "/control") return backend.answer(asked);
      const answered = await fetch(controlUrl, { method: "POST", body: new Uint8Array(asked.body) });
      return { status: answered.status, bytes: Buffer.from(await answered.arrayBuffer()) };
    },
  };
}

async function startControl(): Promise<{ url: string; close: () => Promise<void> }> {
  const persist = await stateFolder();
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "one-row.js", contents: ONE_ROW }],
      compatibilityDate: "2026-10-30",
      durableObjects: { ONE: { className: "One", useSQLite: true } },
      resourcePersistencePath: persist,
      host: "127.0.0.1",
      cf: false,
      telemetry: { enabled: false },
    } as never),
  );
  const url = (await runtime.ready).href;
  return {
    url,
    close: async () => {
      await runtime.dispose();
      await rm(persist, { recursive: true, force: true });
    },
  };
}
