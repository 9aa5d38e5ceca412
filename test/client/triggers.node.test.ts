import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { capturing, collectRequest, type Install, isCollect, startInstall, type Visitor } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { askedOn, enter, later, route, type Script, script } from "./scripted.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const { stages: _, ...EVERYWHERE } = HELP;

/** A campaign for each trigger that a page hears of by itself. */
const SITE: SiteConfig = {
  ...SMALL_SITE,
  campaigns: [
    { ...EVERYWHERE, id: "leaving", trigger: { kind: "exit" } },
    { ...EVERYWHERE, id: "reading", trigger: { kind: "scroll", share: 0.75 } },
    { ...EVERYWHERE, id: "price", trigger: { kind: "element", selector: "#price" } },
    { ...EVERYWHERE, id: "inner", trigger: { kind: "element", selector: "shop-box >>> .inner" } },
    { ...EVERYWHERE, id: "framed", trigger: { kind: "element", selector: "iframe >>> #framed" } },
    { ...EVERYWHERE, id: "exported", trigger: { kind: "touchpoint", name: "Report Exported" } },
  ],
};

/** Longer than the window, so that a share of it is below. */
const LONG = `<div style="height:3000px">Long</div><p id="end">End</p>`;
const BODY: Record<string, string> = {
  "/long": LONG,
  "/short": "<p>Short</p>",
  "/price": `${LONG}<p id="price">9.99</p>`,
  "/hidden": `<p id="price" style="visibility:hidden">9.99</p>`,
  "/tall": `${LONG}<p id="price" style="height:5000px">9.99</p>`,
};

let install: Install;
beforeAll(async () => {
  install = await startInstall({ config: SITE, body: (path) => BODY[path] ?? "" });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

/** Resolves when the page has asked on this, so often. */
async function asked(v: Visitor, on: string, times = 1): Promise<void> {
  await v.seen(() => askedOn(v).filter((one) => one === on).length === times);
}

/** A page whose clock the test moves, once what watches it is there; `path` is granted. */
async function watched(v: Visitor, path: string, said: Script = {}): Promise<void> {
  script(v, said);
  await enter(v, path);
  await v.seen(({ path: chunk }) => chunk.includes("/chunks/pageTriggers"));
  await capturing(v.page);
}

/** Whatever was to be asked has been: the page sends what it has, and it arrives after it. */
async function nothingMore(v: Visitor, mark: string): Promise<void> {
  await v.page.evaluate(async (name) => {
    // Two frames and a task: what looks once a frame has looked.
    for (let i = 0; i < 3; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    (window as unknown as WaypostWindow).waypost.track(name);
    dispatchEvent(new PageTransitionEvent("pagehide"));
  }, mark);
  await v.seen(
    (exchange) =>
      isCollect(exchange) &&
      collectRequest(exchange).streams.some(({ touchpoints }) => touchpoints.some(({ name }) => name === mark)),
  );
}

/** In the page: the pointer leaves through the top, as the browser tells of it. */
async function leaveThroughTop(v: Visitor, told: { clientY?: number; buttons?: number } = {}): Promise<void> {
  await v.page.evaluate(
    (init) =>
      document.documentElement.dispatchEvent(new MouseEvent("mouseout", { bubbles: true, clientY: -1, ...init })),
    told,
  );
}

visit("L31 whoever leaves through the top of the page is asked for, once a view", async (v) => {
  await watched(v, "/short");
  await later(v, 6_000);
  await leaveThroughTop(v);
  await asked(v, "exit");
  await leaveThroughTop(v);
  await nothingMore(v, "Same view");
  expect(askedOn(v).filter((on) => on === "exit")).toHaveLength(1);
  await route(v, "/short/2");
  await v.seen((exchange) => isCollect(exchange) && exchange.body.includes("/short/2"));
  await later(v, 6_000);
  await leaveThroughTop(v);
  await asked(v, "exit", 2);
});

visit(
  "L31 a pointer that leaves in the first five seconds, with a button held, to an element or through a side asks nothing",
  async (v) => {
    await watched(v, "/short");
    await leaveThroughTop(v);
    await later(v, 6_000);
    await leaveThroughTop(v, { buttons: 1 });
    await leaveThroughTop(v, { clientY: 200 });
    await v.page.evaluate(() =>
      document.documentElement.dispatchEvent(
        new MouseEvent("mouseout", { bubbles: true, clientY: -1, relatedTarget: document.body }),
      ),
    );
    await nothingMore(v, "Stayed");
    expect(askedOn(v)).not.toContain("exit");
    await leaveThroughTop(v);
    await asked(v, "exit");
  },
);

visit("L31 a real pointer that leaves the window's top asks", async (v) => {
  await watched(v, "/short");
  await later(v, 6_000);
  await v.page.mouse.move(200, 200);
  await v.page.mouse.move(200, 1);
  await v.page.mouse.move(200, -20);
  await asked(v, "exit");
});

visit("L32 who has scrolled through the share of the page is asked for once, and not before it", async (v) => {
  await watched(v, "/long");
  await v.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight * 0.7 - innerHeight));
  await nothingMore(v, "Less");
  expect(askedOn(v)).toEqual([]);
  await v.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight * 0.76 - innerHeight));
  await asked(v, "scroll.0.75");
  expect(askedOn(v)).toEqual(["scroll.0.75"]);
  await v.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await nothingMore(v, "End");
  expect(askedOn(v)).toEqual(["scroll.0.75"]);
});

visit("L32 a page that needs no scrolling counts once the visitor has stayed five seconds", async (v) => {
  await watched(v, "/short");
  await nothingMore(v, "At once");
  expect(askedOn(v)).toEqual([]);
  await asked(v, "scroll.0.75");
  expect(askedOn(v)).toEqual(["scroll.0.75"]);
  const asking = v.asked().find((exchange) => isCollect(exchange) && collectRequest(exchange).asks.length > 0);
  const viewed = v.asked().find(isCollect);
  expect((asking?.cameMs ?? 0) - (viewed?.cameMs ?? 0)).toBeGreaterThan(3_000);
});

visit("L32 L33 what holds on a page that nobody sees is asked for when it is seen", async (v) => {
  await v.context.addInitScript(() => {
    const page = window as unknown as { isHidden?: boolean };
    Object.defineProperty(Document.prototype, "visibilityState", {
      get: () => (page.isHidden ? "hidden" : "visible"),
    });
  });
  await watched(v, "/short");
  const see = (isHidden: boolean) =>
    v.page.evaluate((hidden) => {
      Object.assign(window, { isHidden: hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, isHidden);
  await see(true);
  await v.page.evaluate(async () => {
    const sinceMs = performance.now();
    while (performance.now() < sinceMs + 6_000) await new Promise(requestAnimationFrame);
  });
  await nothingMore(v, "Hidden");
  expect(askedOn(v)).toEqual([]);
  await see(false);
  await asked(v, "scroll.0.75");
});

visit("L33 an element asks when it is seen, not while it is below the window, and once a view", async (v) => {
  await watched(v, "/price");
  await nothingMore(v, "Above");
  expect(askedOn(v)).toEqual([]);
  await v.page.locator("#price").scrollIntoViewIfNeeded();
  await asked(v, "element.#price");
  await v.page.evaluate(() => scrollTo(0, 0));
  await v.page.locator("#price").scrollIntoViewIfNeeded();
  await nothingMore(v, "Again");
  expect(askedOn(v).filter((on) => on.startsWith("element"))).toEqual(["element.#price"]);
  await route(v, "/price?2");
  await route(v, "/price/2");
  await asked(v, "element.#price", 2);
});

visit("L33 an element that comes later is seen too", async (v) => {
  await watched(v, "/short");
  await v.page.evaluate(() => {
    const late = document.createElement("p");
    late.id = "price";
    late.textContent = "9.99";
    document.querySelector("main")?.append(late);
  });
  await asked(v, "element.#price");
});

visit("L33 of an element that is taller than the window it is enough that it fills half of it", async (v) => {
  await watched(v, "/tall");
  await v.page.evaluate(() => document.querySelector("#price")?.scrollIntoView());
  await asked(v, "element.#price");
});

visit("L33 what cannot be seen asks nothing until it can", async (v) => {
  await watched(v, "/hidden");
  await nothingMore(v, "Hidden");
  expect(askedOn(v)).not.toContain("element.#price");
  await v.page.evaluate(() => document.querySelector("#price")?.removeAttribute("style"));
  await asked(v, "element.#price");
});

visit("L33 a selector leads on into an open shadow root and a frame of the same origin", async (v) => {
  await watched(v, "/short");
  await v.page.evaluate(() => {
    const box = document.createElement("shop-box");
    const inner = document.createElement("p");
    inner.className = "inner";
    inner.textContent = "Inner";
    box.attachShadow({ mode: "open" }).append(inner);
    const frame = document.createElement("iframe");
    document.querySelector("main")?.append(box, frame);
    const framed = frame.contentDocument?.createElement("p");
    if (framed) Object.assign(framed, { id: "framed", textContent: "Framed" });
    frame.contentDocument?.body.append(framed as Node);
  });
  await asked(v, "element.shop-box >>> .inner");
  await asked(v, "element.iframe >>> #framed");
});

visit(
  "L34 the page's own touchpoint of that name asks at once, together with it, and once in ten seconds",
  async (v) => {
    await watched(v, "/long");
    const track = (name: string) =>
      v.page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);
    await track("Report Opened");
    await nothingMore(v, "Other name");
    expect(askedOn(v)).toEqual([]);
    await track("Report Exported");
    await asked(v, "touchpoint.Report Exported");
    expect(askedOn(v)).toEqual(["touchpoint.Report Exported"]);
    const asking = v.asked().find((exchange) => isCollect(exchange) && collectRequest(exchange).asks.length > 0);
    expect(asking?.body).toContain('"name":"Report Exported"');
    await track("Report Exported");
    await nothingMore(v, "Twice");
    expect(askedOn(v)).toHaveLength(1);
    await later(v, 11_000);
    await track("Report Exported");
    await asked(v, "touchpoint.Report Exported", 2);
  },
);

visit("L35 the page asks by whatever trigger a reply names, once", async (v) => {
  await watched(v, "/long", { said: [{ on: "returning" }, { on: "returning" }, { on: "outcome.help.dismissed" }] });
  await nothingMore(v, "First");
  await asked(v, "returning");
  await nothingMore(v, "Second");
  await nothingMore(v, "Third");
  await asked(v, "outcome.help.dismissed");
  expect(askedOn(v)).toEqual(["returning", "outcome.help.dismissed"]);
});

visit("L35 what a reply names for later is asked then, at the time that was said last, and once", async (v) => {
  const on = "outcome.help.shown";
  await watched(v, "/long", {
    said: [
      { on, onInMs: 300_000 },
      { on, onInMs: 1_500 },
    ],
  });
  await nothingMore(v, "First");
  await nothingMore(v, "Second");
  expect(askedOn(v)).toEqual([]);
  await asked(v, on);
  expect(askedOn(v)).toEqual([on]);
});

visit("L35 what waits to be asked is not asked after a withdrawal", async (v) => {
  await watched(v, "/long", { said: [{ on: "outcome.help.shown", onInMs: 1_000 }] });
  await nothingMore(v, "First");
  await v.page.evaluate(async () => {
    (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  });
  await nothingMore(v, "Withdrawn");
  expect(askedOn(v)).toEqual([]);
});

visit("L31 L32 L33 without the purpose of personalisation nothing watches the page", async (v) => {
  script(v, {});
  await enter(v, "/price", ["analytics", "scoring"]);
  await capturing(v.page);
  await later(v, 6_000);
  await leaveThroughTop(v);
  await v.page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await nothingMore(v, "End");
  expect(askedOn(v)).toEqual([]);
  expect(v.asked().filter(({ path }) => path.includes("pageTriggers"))).toEqual([]);
});
