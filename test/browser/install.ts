import type { BrowserContext, Page, Worker } from "playwright-core";
import type { SiteConfig } from "../../models/site-config.ts";
import type { CollectReply, CollectRequest, ConsentRequest } from "../../models/wire.ts";
import { shareBrowser } from "../harness/browser.ts";
import { built } from "../harness/built.ts";
import { type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { type Exchange, type FaultFor, type SiteHost, startSiteHost } from "./site-host.ts";

/** A site with the tag on every page, a real edge behind it, and a browser before it. */
export interface Install {
  publicKey: string;
  /** Asks the edge as who runs it. */
  api: Edge["api"];
  /** Folder of the edge's state. */
  persist: string;
  /** Hosts of the site that no visit has taken: for tests that bring a browser of their own. */
  freeHosts: SiteHost[];
  /** Gives `visit` a browser of its own: no storage, no cookies. Visits may run side by side. */
  visit: (visit: (visitor: Visitor) => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
}

export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** The site as this visitor reaches it. */
  host: SiteHost;
  /** Opens a path of the site and waits until the tag has its configuration. */
  open: (path?: string, page?: Page) => Promise<void>;
  /** Every request that this visitor's pages made, in the order in which they were answered. */
  asked: () => Exchange[];
  /** The first request of this visitor, past or to come, that fits. */
  seen: (fits: (exchange: Exchange) => boolean) => Promise<Exchange>;
  /** From now on answers this visitor in the edge's place; null: not any more. */
  fault: (answer: FaultFor | null) => void;
}

export interface InstallOptions {
  /** Or what it is for these origins. */
  config?: SiteConfig | ((origins: string[]) => SiteConfig);
  /** Configurations that the site had before. */
  earlier?: SiteConfig[];
  /** What stands in the body of the page at a path. */
  body?: (path: string) => string;
  /** Further attributes of the tag. */
  attributes?: string;
  /** Where the visitors are; absent: it is not known. */
  place?: { country: string; regionCode?: string };
  /** Gives each host a name of its own, for visitors who share a browser: cookies know names, and no ports. */
  named?: boolean;
}

/**
 * One host for each visit, so that what a visitor's pages sent is known by where it arrived: a request that outlives
 * its page has lost every mark that a test tool could put on it.
 */
const VISITS_MAX = 20;

export async function startInstall({
  config = SMALL_SITE,
  body,
  attributes = "",
  named = false,
  place,
  earlier = [],
}: InstallOptions = {}): Promise<Install> {
  const { dist } = await built();
  const edge = await startEdge({ assets: dist, ...(place ? { place } : {}) });
  const publicKey = randomKey(16);
  const pageFor = (path: string) => pageHtml(publicKey, attributes, path, body?.(path) ?? "");
  const hosts = await Promise.all(Array.from({ length: VISITS_MAX }, () => startSiteHost(edge.url, pageFor)));
  if (named) for (const [i, host] of hosts.entries()) host.url = host.url.replace("//", `//v${i}.`);
  const origins = hosts.map(({ url }) => url);
  await edge.api("PUT", "/api/sites/shop", { id: "shop", publicKey, writeKey: randomKey(16) });
  const told = typeof config === "function" ? config(origins) : config;
  for (const one of [...earlier, told]) {
    const put = await edge.api("PUT", "/api/sites/shop/config", { ...one, origins });
    if (!put.ok) throw new Error(await put.text());
  }
  const browser = await shareBrowser();
  const free = [...hosts];
  return {
    publicKey,
    api: edge.api,
    persist: edge.persist,
    freeHosts: free,
    visit: async (visit) => {
      const host = free.pop();
      if (!host) throw new Error(`at most ${VISITS_MAX} visits`);
      const context = await browser.newContext();
      context.setDefaultTimeout(20_000);
      await context.addInitScript(noticeDatabase);
      await visit(await newVisitor(context, host));
      await context.close();
    },
    close: async () => {
      await browser.close();
      await Promise.all(hosts.map((host) => host.close()));
      await edge.close();
    },
  };
}

async function newVisitor(context: BrowserContext, host: SiteHost): Promise<Visitor> {
  const page = await context.newPage();
  return {
    context,
    page,
    host,
    open: async (path = "/", tab = page) => {
      await tab.goto(host.url + path);
      await ready(tab);
    },
    asked: () => host.exchanges,
    seen: host.seen,
    fault: (answer) => {
      host.fault = answer ?? (() => null);
    },
  };
}

/** Resolves when the tag has decided what may run. */
export function ready(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => (window as unknown as { waypost: unknown[] }).waypost.push(["ready", resolve])),
  );
}

function pageHtml(publicKey: string, attributes: string, path: string, body: string): string {
  return `<!doctype html><html lang="en"><title>Page ${path}</title>
<script>window.waypost = window.waypost || [];</script>
<script async src="/_w/waypost.js" data-site="${publicKey}" ${attributes}></script>
<link rel="icon" href="data:,">
<main><h1>Shop</h1>${body}</main>`;
}

/** The page's scoring worker, running or to come. */
export async function workerOf(page: Page): Promise<Worker> {
  return page.workers()[0] ?? page.waitForEvent("worker");
}

/** Resolves when capture runs, and what it records outlives the page. */
export async function capturing(page: Page): Promise<void> {
  await page.waitForFunction(() => (window as unknown as { databaseIsOpen?: true }).databaseIsOpen);
}

/** Runs in the page: `indexedDB.databases()` names a database while it is still being deleted or made. */
export function noticeDatabase(): void {
  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...names) {
    const opening = open.apply(this, names);
    opening.addEventListener("success", () => {
      (window as unknown as { databaseIsOpen?: true }).databaseIsOpen = true;
    });
    return opening;
  };
}

/** Resolves when the site has no database any more: a browser deletes one after the last tab has let go of it. */
export async function noDatabase(page: Page): Promise<void> {
  // The browser tells of no such event to others than who deletes.
  await page.evaluate(async () => {
    while ((await indexedDB.databases()).length > 0) await new Promise(requestAnimationFrame);
  });
}

/** The choice in the banner, as a person makes it. */
export async function answerBanner(page: Page, name: "Accept" | "Reject"): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

export function isCollect({ method, path }: Exchange): boolean {
  return method === "POST" && path === "/_w/v1/collect";
}

export function isConsent({ method, path }: Exchange): boolean {
  return method === "POST" && path === "/_w/v1/consent";
}

export function collectRequest({ body }: Exchange): CollectRequest {
  return JSON.parse(body);
}

export function collectReply({ reply }: Exchange): CollectReply {
  return JSON.parse(reply);
}

export function consentRequest({ body }: Exchange): ConsentRequest {
  return JSON.parse(body);
}

/**
 * Everything that reached the edge, each touchpoint once, as `type name`: a stream after the other, each by seq, whatever
 * the order in which requests side by side were answered.
 */
export function arrived(exchanges: readonly Exchange[]): string[] {
  const streams = new Map<string, string[]>();
  for (const exchange of exchanges.filter(isCollect)) {
    if (exchange.status !== 200) continue;
    for (const { stream, touchpoints } of collectRequest(exchange).streams) {
      const names = streams.get(stream) ?? [];
      streams.set(stream, names);
      for (const { seq, type, name } of touchpoints) names[seq] = `${type} ${name}`.trim();
    }
  }
  // Seqs that have not arrived are holes, and no names.
  return [...streams.values()].flatMap((names) => Object.values(names));
}

/** Resolves when this much has reached the edge: what leaves a page goes in requests side by side. */
export async function arrivals(v: Visitor, count: number): Promise<string[]> {
  await v.seen(() => arrived(v.asked()).length >= count);
  return arrived(v.asked());
}

/** Whether a touchpoint of this type and name has been answered with 200. */
export function carries(type: string, name?: string): (exchange: Exchange) => boolean {
  return (exchange) =>
    isCollect(exchange) &&
    exchange.status === 200 &&
    collectRequest(exchange).streams.some(({ touchpoints }) =>
      touchpoints.some((t) => t.type === type && (name === undefined || t.name === name)),
    );
}

/** All that the browser keeps for the site. */
export interface Kept {
  local: Record<string, string>;
  session: number;
  databases: string[];
  caches: string[];
  workers: number;
  cookies: string;
}

export function keptBy(page: Page): Promise<Kept> {
  return page.evaluate(async () => ({
    local: { ...localStorage },
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).map(({ name }) => name ?? ""),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    cookies: document.cookie,
  }));
}
