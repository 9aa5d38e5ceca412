import { build } from "esbuild";
import type { Frame, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { type HostInstall, type HostVisit, startHostInstall } from "../browser/host-install.ts";
import { answerBanner, arrived, carries, collectRequest, isCollect, ready } from "../browser/install.ts";
import type { Exchange, SiteHost } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** At payment everybody is helped at once. */
const HELPFUL: SiteConfig = {
  ...SMALL_SITE,
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({
    ...campaign,
    holdout: 0,
    trigger: { kind: "stage", stage: "pay" },
  })),
};

let install: HostInstall;
/** Each fixture as one script, by file name. */
const scripts = new Map<string, string>();

beforeAll(async () => {
  install = await startHostInstall(HELPFUL);
  for (const name of ["router", "strict-mode", "turbo"]) {
    const bundled = await build({
      entryPoints: [`${import.meta.dirname}/frameworks/${name}.js`],
      bundle: true,
      write: false,
      format: "iife",
      // Strict mode mounts twice only in React's development build.
      define: { "process.env.NODE_ENV": '"development"' },
    });
    scripts.set(name, (bundled.outputFiles[0] as { text: string }).text);
  }
});
afterAll(() => install.close());

function serveScript({ serve }: HostVisit, name: string): string {
  serve(`/${name}.js`, { html: scripts.get(name) ?? "", headers: { "content-type": "text/javascript" } });
  return `<script defer src="/${name}.js"></script>`;
}

function grant(page: Page | Frame): Promise<void> {
  return (page as Page).evaluate(() =>
    (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "scoring", "personalization"]),
  );
}

/** A batch full, so that it is sent now. */
function trackMany(page: Page | Frame, name: string): Promise<void> {
  return (page as Page).evaluate((event) => {
    for (let i = 0; i < 10; i++) (window as unknown as WaypostWindow).waypost.track(event);
  }, name);
}

/** Capture asks for its database once it has begun. */
function captures({ path }: Exchange): boolean {
  return path.includes("/chunks/database");
}

function nudge(page: Page) {
  return page.getByText("Need a hand?", { exact: true }).first();
}

/** The streams under which touchpoints came: one for each instance on each load of a page. */
function streams(host: SiteHost): Set<string> {
  const sent = host.exchanges.filter(isCollect).flatMap((exchange) => collectRequest(exchange).streams);
  return new Set(sent.map(({ stream }) => stream));
}

function views(host: SiteHost): string[] {
  return arrived(host.exchanges).filter((what) => what.startsWith("page"));
}

test.concurrent("a page with a router of its own: one view for each step, back included, and help where it is due", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, open, own, errors } = visit;
    const html = `<!doctype html><html lang="en"><title>Home</title><div id="app"></div>${serveScript(visit, "router")}${tag()}`;
    for (const path of ["/", "/cart", "/pay"]) serve(path, html);
    await open("/");
    await answerBanner(page, "Accept");
    await own.seen(captures);
    await page.getByRole("link", { name: "To Cart" }).click();
    await page.getByRole("button", { name: "Do Cart" }).click();
    await page.getByRole("link", { name: "To Pay" }).click();
    await nudge(page).waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "Do Cart" }).click();
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Done"));
    await page.goto("about:blank");
    await own.seen(carries("track", "Done"));
    expect(views(own)).toEqual(["page Home", "page Cart", "page Pay", "page Cart"]);
    expect(streams(own).size).toBe(1);
    expect(errors).toEqual([]);
  }));

test.concurrent("React in strict mode mounts the tag twice: one instance, one view, each call once", () =>
  install.visit(async (visit) => {
    const { page, serve, open, own, publicKey, errors } = visit;
    serve(
      "/pay",
      `<!doctype html><html lang="en"><title>Pay</title><div id="app" data-src="/_w/waypost.js" data-site="${publicKey}"></div>${serveScript(visit, "strict-mode")}`,
    );
    await open("/pay");
    await answerBanner(page, "Accept");
    await nudge(page).waitFor();
    await page.getByRole("button", { name: "Add (0)" }).click();
    // The twin: it was mounted twice.
    expect(await page.evaluate(() => (window as unknown as { effects: number }).effects)).toBe(2);
    await page.goto("about:blank");
    await own.seen(carries("leave"));
    expect(arrived(own.exchanges).sort()).toEqual(
      ["click Add (0)", "leave", "outcome help", "page Pay", "track Product Added"].sort(),
    );
    expect(streams(own).size).toBe(1);
    expect(errors).toEqual([]);
  }));

test.concurrent("Turbo replaces the body: the banner stays, views come once each, and help stays on the page", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, open, own, errors } = visit;
    const head = `${serveScript(visit, "turbo")}${tag()}`;
    for (const [path, title] of Object.entries({ "/": "Home", "/cart": "Cart", "/pay": "Pay", "/after": "After" })) {
      serve(
        path,
        `<!doctype html><html lang="en"><head><title>${title}</title>${head}</head>
<body><main><h1>${title}</h1><a href="/cart">To Cart</a><a href="/pay">To Pay</a><a href="/after">To After</a><button>Do ${title}</button></main></body></html>`,
      );
    }
    await open("/");
    await page.getByRole("button", { name: "Accept", exact: true }).waitFor();
    await page.getByRole("link", { name: "To Cart" }).click();
    await page.getByRole("button", { name: "Do Cart" }).waitFor();
    await answerBanner(page, "Accept");
    await own.seen(captures);
    await page.getByRole("link", { name: "To Pay" }).click();
    await nudge(page).waitFor();
    await page.getByRole("link", { name: "To After" }).click();
    await page.getByRole("button", { name: "Do After" }).click();
    expect(await nudge(page).isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await own.seen(({ body }) => body.includes('"dismissed"'));
    await page.goBack();
    await page.getByRole("button", { name: "Do Pay" }).waitFor();
    // The copy that Turbo kept of this page holds nothing of ours.
    expect(await page.locator("[data-waypost]").count()).toBe(0);
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Done"));
    await page.goto("about:blank");
    await own.seen(carries("track", "Done"));
    expect(views(own)).toEqual(["page Cart", "page Pay", "page After", "page Pay"]);
    expect(arrived(own.exchanges)).toContain("click Do After");
    expect(streams(own).size).toBe(1);
    // The twin: the document was never loaded again.
    expect(
      own.exchanges.filter(({ path, headers }) => path === "/pay" && headers["sec-fetch-mode"] === "navigate"),
    ).toEqual([]);
    expect(errors).toEqual([]);
  }));

test.concurrent("a checkout in a frame of the same site, without a tag: nothing in it is captured, nothing breaks", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, open, own, errors } = visit;
    serve(
      "/frame",
      `<!doctype html><title>Frame</title><form><input name="card"><button>Pay in the frame</button></form>
<script>addEventListener("submit", (event) => { event.preventDefault(); document.title = "Paid"; });</script>`,
    );
    serve(
      "/pay",
      `<!doctype html><html lang="en"><title>Pay</title>${tag()}<h1>Pay</h1><button>Outside</button><iframe name="checkout" src="/frame"></iframe>`,
    );
    await open("/pay");
    await answerBanner(page, "Accept");
    await nudge(page).waitFor();
    const frame = page.frame("checkout") as Frame;
    await frame.locator("input").fill("4111");
    await frame.getByRole("button", { name: "Pay in the frame" }).click();
    expect(await frame.title()).toBe("Paid");
    expect(await frame.evaluate(() => "waypost" in window)).toBe(false);
    await page.getByRole("button", { name: "Outside" }).click();
    await page.goto("about:blank");
    await own.seen(carries("leave"));
    // The twin: what is outside of the frame was captured.
    expect(arrived(own.exchanges).sort()).toEqual(["click Outside", "leave", "outcome help", "page Pay"].sort());
    expect(errors).toEqual([]);
  }));

test.concurrent("a checkout in a frame of another site with a tag of its own: two instances that do not know each other", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, open, own, edge, errors, newSite } = visit;
    const paymentKey = await newSite();
    serve(
      "/frame",
      `<!doctype html><html lang="en"><title>Frame</title><script>window.waypost = [];</script>
<script async src="/_w/waypost.js" data-site="${paymentKey}"></script><h1>Checkout</h1><button>Pay in the frame</button>`,
    );
    serve(
      "/pay",
      `<!doctype html><html lang="en"><title>Pay</title><script>window.waypost = [];</script>${tag()}<h1>Pay</h1><iframe name="checkout" src="${edge.url}/frame"></iframe>`,
    );
    await open("/pay");
    await ready(page);
    await grant(page);
    await trackMany(page, "Outside");
    await own.seen(carries("track", "Outside"));
    const frame = page.frame("checkout") as Frame;
    expect(await frame.evaluate(() => localStorage.length)).toBe(0);
    expect(edge.exchanges.filter(({ method }) => method === "POST")).toEqual([]);
    await grant(frame);
    await trackMany(frame, "Inside");
    await edge.seen(carries("track", "Inside"));
    expect(arrived(own.exchanges)).not.toContain("track Inside");
    expect(arrived(edge.exchanges)).not.toContain("track Outside");
    const secret = () => localStorage.getItem("waypost.secret");
    expect(await frame.evaluate(secret)).not.toBe(await page.evaluate(secret));
    const sites = [own, edge].map(
      ({ exchanges }) => new Set(exchanges.filter(isCollect).map((one) => collectRequest(one).site)),
    );
    expect(sites).toEqual([new Set([visit.publicKey]), new Set([paymentKey])]);
    expect(errors).toEqual([]);
  }));
