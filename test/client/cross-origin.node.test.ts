import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { type HostInstall, type HostVisit, startHostInstall } from "../browser/host-install.ts";
import { answerBanner, arrived, carries, collectRequest, isCollect, workerOf } from "../browser/install.ts";
import type { Exchange, SiteHost } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** Who stays a second at payment is helped. */
const QUICK: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 500 })),
  })),
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({ ...campaign, holdout: 0 })),
};

let install: HostInstall;
beforeAll(async () => {
  install = await startHostInstall(QUICK);
});
afterAll(() => install.close());

const QUEUE = '<script>(window.waypost = window.waypost || []).push(["track", "Queued"]);</script>';

function payWith(head: string, end = ""): string {
  return `<!doctype html><html lang="en"><head><title>Pay</title>${QUEUE}${head}</head><body><main><h1>Pay</h1><button>Pay now</button></main>${end}</body></html>`;
}

/** Consents, acts, is helped: everything that an install has to do. Gives what arrived. */
async function wholeVisit({ page, open, errors }: HostVisit, { seen, exchanges }: SiteHost): Promise<string[]> {
  await open("/pay");
  await answerBanner(page, "Accept");
  await page.getByRole("button", { name: "Pay now" }).click();
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Captured"));
  await page.getByText("Need a hand?", { exact: true }).first().waitFor();
  // The page goes: what is unsent is sent.
  await open("/elsewhere");
  await seen(carries("leave"));
  expect(errors).toEqual([]);
  return arrived(exchanges).sort();
}

/** Calls made before a choice are dropped, so "Queued" never comes. */
const EVERYTHING = ["click Pay now", "leave", "outcome help", "page Pay", "track Captured"];

function isOurs({ path }: Exchange): boolean {
  return path.startsWith("/_w/");
}

for (const kind of ["site", "port"] as const) {
  test.concurrent(`an edge on another ${kind}: chunks, models, configuration and collect work across, and no cookie travels`, () =>
    install.visit(async (visit) => {
      const { context, page, serve, tag, own, edge } = visit;
      // Cookies do not know ports: there, only `credentials` keeps them back.
      if (kind === "port") edge.url = edge.url.replace("127.0.0.1", "localhost");
      serve("/pay", payWith(tag({ from: "edge", attributes: 'async crossorigin="anonymous"' })));
      const { hostname } = new URL(edge.url);
      await context.addCookies([{ name: "planted", value: "yes", domain: hostname, path: "/", sameSite: "Lax" }]);
      expect(await wholeVisit(visit, edge)).toEqual(EVERYTHING);

      const ours = edge.exchanges.filter(isOurs);
      expect(ours.filter(({ headers, setCookie }) => headers.cookie || setCookie)).toEqual([]);
      expect(own.exchanges.filter(isOurs)).toEqual([]);
      for (const part of ["/waypost.js", "/v1/config/", "/chunks/capture", "/models/", "/v1/consent", "/v1/collect"]) {
        expect(ours.filter(({ path }) => path.includes(part)).length, part).toBeGreaterThan(0);
      }
      expect(page.workers()).toEqual([]);
      // The twin: asked with credentials, a page of the same host carries the cookie.
      await page.goto(`${edge.url}/elsewhere`);
      const twin = edge.exchanges.find(({ path }) => path === "/elsewhere");
      expect(twin?.headers.cookie).toBe("planted=yes");
    }));
}

test.concurrent("an edge on another site with a blob worker: the engine runs beside the page", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, edge } = visit;
    serve("/pay", payWith(tag({ from: "edge", attributes: 'async data-worker="blob"' })));
    const blob = workerOf(page).then((worker) => worker.url());
    expect(await wholeVisit(visit, edge)).toEqual(EVERYTHING);
    expect(await blob).toMatch(/^blob:http:\/\/localhost/);
    expect(edge.exchanges.filter(({ path }) => path.includes("/chunks/main-thread"))).toEqual([]);
  }));

test.concurrent("a site that is not on the edge's list of origins gets no configuration, and its page is not harmed", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, edge, own, errors } = visit;
    serve("/pay", payWith(tag({ from: "edge" })));
    await page.goto(`${own.url.replace("localhost", "127.0.0.1")}/pay`);
    const refused = await edge.seen(({ path }) => path.includes("/v1/config/"));
    expect(refused.status).toBe(403);
    await page.getByRole("button", { name: "Pay now" }).click();
    expect(await page.locator("[data-waypost]").count()).toBe(0);
    expect(errors).toEqual([]);
  }));

/** Where a tag can stand. `%` is its element with the attributes. */
const PLACES: Record<string, (tag: (attributes: string) => string) => string> = {
  "in the head, async": (tag) => payWith(tag("async")),
  "in the head, deferred": (tag) => payWith(tag("defer")),
  "in the head, blocking": (tag) => payWith(tag("")),
  "at the end of the body": (tag) => payWith("", tag("")),
  "in the head and at the end": (tag) => payWith(tag("async"), tag("async")),
  "brought by a tag manager": (tag) => {
    const [, src, site] = /src="(.*?)" data-site="(.*?)"/.exec(tag("")) ?? [];
    return payWith(`<script>addEventListener("load", () => {
  const made = Object.assign(document.createElement("script"), { src: "${src}", async: true });
  made.dataset.site = "${site}";
  document.querySelector("script").before(made);
});</script>`);
  },
};

for (const [place, html] of Object.entries(PLACES)) {
  test.concurrent(`a tag ${place}: everything comes once`, () =>
    install.visit(async (visit) => {
      const { serve, tag, own } = visit;
      serve(
        "/pay",
        html((attributes) => tag({ attributes })),
      );
      expect(await wholeVisit(visit, own)).toEqual(EVERYTHING);
      const sent = own.exchanges.filter(isCollect).flatMap((exchange) => collectRequest(exchange).streams);
      expect(new Set(sent.map(({ stream }) => stream)).size).toBe(1);
    }));
}

test.concurrent("a copy of the tag on the site's own host, with data-host, takes everything else from the edge", () =>
  install.visit(async (visit) => {
    const { serve, own, edge, publicKey } = visit;
    const html = await readFile(join(install.dist, "waypost.js"), "utf8");
    serve("/copy.js", { html, headers: { "content-type": "text/javascript" } });
    serve(
      "/pay",
      payWith(`<script async src="/copy.js" data-site="${publicKey}" data-host="${edge.url}/_w"></script>`),
    );
    expect(await wholeVisit(visit, edge)).toEqual(EVERYTHING);
    expect(own.exchanges.filter(isOurs)).toEqual([]);
  }));
