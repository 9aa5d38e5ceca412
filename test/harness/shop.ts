import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page, Request } from "playwright-core";
import { armOf } from "../../models/assignment.ts";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { layOut } from "../../worker/cli/public-folder.ts";
import config from "../site/waypost.config.ts";
import { type GuardedBrowser, shareBrowser } from "./browser.ts";
import { built } from "./built.ts";
import { startConsole } from "./console-edge.ts";
import { createSite, type DemoSite, type Edge, type EdgeKeys, randomKey, startEdge, visitorOf } from "./edge.ts";

/** The demo shop as a visitor meets it: built files, the real edge with state on disk, a real Chromium. */
export interface Shop {
  edge: Edge;
  site: DemoSite;
  browser: GuardedBrowser;
  /** A visitor's browser of its own; `secret` stands for one that came before. */
  visitor: (options?: { secret?: string }) => Promise<ShopVisitor>;
  close: () => Promise<void>;
}

export interface ShopVisitor {
  context: BrowserContext;
  page: Page;
  /** Every request that its pages made, as `METHOD /path?query`. */
  requests: string[];
  /** Bodies of the posts of a path, in order. */
  posts: (path: string) => Record<string, unknown>[];
}

/** The campaign of the demo shop. */
export const HELP = config.campaigns[0] as CampaignOf<"nudge">;

/** The demo's configuration with every stage taking `dwellMs`, so that a test is stuck sooner than a person. */
function hurried(dwellMs: number): SiteConfig {
  const journeys = config.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: dwellMs })),
  }));
  return { ...config, journeys };
}

/** `port`: where its console is to be, too, for those who sign in. `changes`: what is other than in the demo's configuration. */
export async function startShop(
  dwellMs: number,
  { port, changes = {} }: { port?: number; changes?: Partial<SiteConfig> } = {},
): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), "waypost-shop-"));
  const { dist } = await built();
  const site: DemoSite = { id: "demo", publicKey: randomKey(16), writeKey: randomKey(16) };
  const to = join(folder, "public");
  await layOut({
    dist,
    site: new URL("../site", import.meta.url).pathname,
    to,
    publicKey: site.publicKey,
    secrets: [],
  });
  const edge = await (port === undefined ? startEdge({ assets: to }) : startConsole({ assets: to, port }));
  await createSite(edge, site.id, { ...hurried(dwellMs), ...changes }, site);
  const browser = await shareBrowser();
  return {
    edge,
    site,
    browser,
    visitor: (options = {}) => newVisitor(browser, edge, options.secret),
    close: async () => {
      await browser.close();
      await edge.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function newVisitor(browser: GuardedBrowser, edge: Edge, secret?: string): Promise<ShopVisitor> {
  const context = await browser.newContext({ baseURL: edge.url });
  if (secret !== undefined) {
    await context.addInitScript((planted) => {
      if (!localStorage.getItem("waypost.secret")) localStorage.setItem("waypost.secret", planted);
    }, secret);
  }
  const all: Request[] = [];
  context.on("request", (request) => all.push(request));
  const requests: string[] = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    requests.push(`${request.method()} ${url.pathname}${url.search}`);
  });
  return {
    context,
    page: await context.newPage(),
    requests,
    posts: (path) =>
      all
        .filter((r) => r.method() === "POST" && new URL(r.url()).pathname === path)
        .map((r) => JSON.parse(r.postData() ?? "")),
  };
}

/** A secret, found by search with the key, whose visitor is in this arm of a campaign. */
export function secretOf(keys: EdgeKeys, arm: string, campaign: Campaign = HELP): string {
  for (;;) {
    const secret = randomKey(16);
    if (armOf(visitorOf(keys, "demo", secret), campaign, undefined) === arm) return secret;
  }
}
