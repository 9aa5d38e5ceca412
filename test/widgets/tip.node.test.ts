import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TipContent } from "../../models/content.ts";
import type { LocalSite } from "./local-site.ts";
import { reset, showKind } from "./show-kind.ts";
import { REQUESTS, surfaceSite } from "./surface-page.ts";

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Between card and target, px. */
const GAP_PX = 10;

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
  page = await site.open();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(async () => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await reset(page);
});

const calls = () => page.evaluate(() => fixture.calls);
const shown = () => page.locator("[data-waypost=tip]").count();
const tip = (change: Partial<TipContent> = {}) =>
  showKind(page, "tip", { content: { ...REQUESTS.tip.content, target: "#planted", ...change } });

async function boxOf(selector: string): Promise<Box> {
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`There is no ${selector}.`);
  return box;
}
const card = () => boxOf("[data-waypost=tip] section");

/** A button at the start of the page, in a box that `css` can style: `#holder`, `#planted`. */
const plant = (css = "") =>
  page.evaluate((rules) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets.push(sheet);
    const holder = document.createElement("div");
    holder.id = "holder";
    const button = document.createElement("button");
    button.id = "planted";
    button.textContent = "Planted";
    holder.append(button);
    document.body.prepend(holder);
  }, css);
const restyle = (css: string) =>
  page.evaluate((rules) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets.push(sheet);
  }, css);

/** How far the card is below its target; and that it is in its line. */
async function belowBy(selector = "#planted"): Promise<number> {
  const [at, target] = [await card(), await boxOf(selector)];
  expect(at.x).toBeLessThanOrEqual(target.x + target.width);
  expect(at.x + at.width).toBeGreaterThanOrEqual(target.x);
  return Math.round(at.y - target.y - target.height);
}

test.each([
  ["block-end", "", (at: Box, target: Box) => at.y - target.y - target.height],
  ["block-start", "", (at: Box, target: Box) => target.y - at.y - at.height],
  ["inline-start", "", (at: Box, target: Box) => target.x - at.x - at.width],
  ["inline-end", "", (at: Box, target: Box) => at.x - target.x - target.width],
  ["inline-end", "#planted{direction:rtl}", (at: Box, target: Box) => target.x - at.x - at.width],
] as const)(
  "A7 A19 a tip stands at its target's %s, as its text runs (%s), and not over it",
  async (placement, css, gap) => {
    await plant(`#holder{padding:350px 600px}${css}`);
    expect(await tip({ placement })).toBe("");
    expect(gap(await card(), await boxOf("#planted"))).toBeCloseTo(GAP_PX, 0);
  },
);

test("A19 where there is no room below it stands above, and where there is none beside it, below", async () => {
  await plant("#planted{position:fixed;bottom:20px;left:100px}");
  await tip();
  const [at, target] = [await card(), await boxOf("#planted")];
  expect(target.y - at.y - at.height).toBeCloseTo(GAP_PX, 0);
  await page.evaluate(() => fixture.close());
  await page.setViewportSize({ width: 320, height: 640 });
  await restyle("#planted{bottom:auto;top:20px}");
  await tip({ placement: "inline-end" });
  expect(await belowBy()).toBe(GAP_PX);
});

test.each([16, 32])(
  "A4 A5 at 320 × 256 px and text of %i px all of a tip can be reached, and its target is seen",
  async (textPx) => {
    await page.setViewportSize({ width: 320, height: 256 });
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Page.setFontSizes", { fontSizes: { standard: textPx, fixed: textPx } });
    await plant("#holder{padding:100px 100px}");
    const own = await page.evaluate(() => document.documentElement.scrollWidth);
    await tip();
    const at = await card();
    expect(at.x).toBeGreaterThanOrEqual(0);
    expect(at.x + at.width).toBeLessThanOrEqual(320);
    expect(at.y).toBeGreaterThanOrEqual(0);
    expect(at.y + at.height).toBeLessThanOrEqual(256);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(own);
    const why = page.getByRole("button", { name: "Why am I seeing this?" });
    await why.scrollIntoViewIfNeeded();
    expect((await why.boundingBox())?.y).toBeLessThan(at.y + at.height);
    await page.focus("#planted");
    const seen = await page.locator("#planted").evaluate((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      const points = [top + 2, (top + bottom) / 2, bottom - 2];
      return points.some((y) => document.elementFromPoint((left + right) / 2, y) === one);
    });
    expect(seen).toBe(true);
    await cdp.send("Page.setFontSizes", { fontSizes: { standard: 16, fixed: 16 } });
  },
);

test("A19 a tip goes with its target: when the page scrolls, a part of it, when what stands before it grows", async () => {
  await plant("#holder{block-size:300px;overflow:auto;margin-block-start:100px}#planted{margin-block:150px 900px}");
  await tip();
  expect(await belowBy()).toBe(GAP_PX);
  await page.evaluate(() => scrollTo(0, 60));
  await expect.poll(() => belowBy()).toBe(GAP_PX);
  await page.evaluate(() => document.querySelector("#holder")?.scrollTo(0, 40));
  await expect.poll(() => belowBy()).toBe(GAP_PX);
  await restyle("#holder{margin-block-start:160px}");
  await expect.poll(() => belowBy()).toBe(GAP_PX);
  await restyle("#planted{translate:50px 10px}");
  await expect.poll(() => belowBy()).toBe(GAP_PX);
});

test("A19 a tip whose target is scrolled away goes out of sight with it and comes back with it", async () => {
  await plant("#holder{block-size:300px;overflow:auto}#planted{margin-block:50px 900px}");
  await tip();
  const isSeen = () => page.locator("[data-waypost=tip] section").isVisible();
  expect(await isSeen()).toBe(true);
  await page.evaluate(() => document.querySelector("#holder")?.scrollTo(0, 500));
  await expect.poll(isSeen).toBe(false);
  await page.evaluate(() => document.querySelector("#holder")?.scrollTo(0, 0));
  await expect.poll(isSeen).toBe(true);
  await page.evaluate(() => scrollTo(0, 900));
  await expect.poll(isSeen).toBe(false);
  expect(await calls()).toEqual([]);
});

test.each([
  ["missing", "target-gone", "", "#nowhere"],
  ["named by no selector", "target-gone", "", "#planted:::"],
  ["behind a host without a shadow root", "target-gone", "", "#holder >>> #planted"],
  ["not displayed", "target-gone", "#planted{display:none}", "#planted"],
  ["invisible", "target-gone", "#planted{visibility:hidden}", "#planted"],
  ["transparent", "target-gone", "#holder{opacity:0}", "#planted"],
  ["without size", "target-gone", "#planted{padding:0;border:0;inline-size:0;block-size:0}", "#planted"],
  ["below the window", "target-gone", "#holder{padding-block-start:2000px}", "#planted"],
  ["beside the window", "target-gone", "#planted{position:fixed;left:-500px}", "#planted"],
  [
    "cut off by its scroller",
    "target-gone",
    "#holder{block-size:60px;overflow:auto}#planted{margin-block-start:200px}",
    "#planted",
  ],
  [
    "covered",
    "target-covered",
    "#planted{position:relative}body::before{content:'';position:fixed;inset:0;z-index:9}",
    "#planted",
  ],
])("A19 a tip whose target is %s is not shown: %s", async (_, veto, css, target) => {
  await plant(css);
  expect(await tip({ target })).toBe(veto);
  expect(await shown()).toBe(0);
  expect(await page.evaluate(() => scrollY)).toBe(0);
});

test("A19 a target that lets the pointer through, or is partly covered, is seen", async () => {
  await plant("#planted{pointer-events:none}");
  expect(await tip()).toBe("");
  await page.evaluate(() => fixture.close());
  await restyle(
    "#planted{pointer-events:auto;inline-size:200px;block-size:80px}#send{position:fixed;left:8px;top:8px;block-size:20px}",
  );
  expect(await tip()).toBe("");
});

test.each([
  ["removed", () => document.querySelector("#planted")?.remove()],
  ["hidden", () => document.querySelector("#planted")?.setAttribute("hidden", "")],
])("A19 a tip whose target is %s later is taken away, and says why", async (_, change) => {
  await plant();
  await page.focus("#name");
  await tip();
  await page.evaluate(change);
  await expect.poll(shown).toBe(0);
  expect(await calls()).toEqual(["target-gone"]);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("name");
});

/** For a test that leaves traces: `page` is a new one until it ends. */
async function anotherPage(): Promise<AsyncDisposable> {
  const first = page;
  page = await site.open({ viewport: { width: 1280, height: 800 } });
  return {
    [Symbol.asyncDispose]: async () => {
      await page.context().close();
      page = first;
    },
  };
}

test("A19 what covers the target for more than a second takes the tip away; what only passes does not", async () => {
  await using _ = await anotherPage();
  await page.clock.install();
  await plant();
  await tip();
  const cover = (on: boolean) =>
    page.evaluate((covers) => {
      document.querySelector("#cover")?.remove();
      if (!covers) return;
      const over = document.createElement("dialog");
      over.id = "cover";
      document.body.append(over);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("#cover{display:block;position:fixed;inset:0;inline-size:auto;block-size:auto;z-index:9}");
      document.adoptedStyleSheets.push(sheet);
    }, on);
  await cover(true);
  await page.clock.runFor(900);
  await cover(false);
  await page.clock.runFor(500);
  await cover(true);
  await page.clock.runFor(900);
  expect([await shown(), await calls()]).toEqual([1, []]);
  await page.clock.runFor(600);
  expect([await shown(), await calls()]).toEqual([0, ["target-covered"]]);
});

test("A19 a target that a framework makes anew is followed, and nothing is lost", async () => {
  await plant();
  await tip();
  await page.evaluate(() => {
    const old = document.querySelector("#planted");
    const copy = old?.cloneNode(true) as HTMLElement;
    copy.textContent = "Planted anew, and longer";
    old?.replaceWith(copy);
  });
  await restyle("#holder{padding-block-start:90px}");
  await expect.poll(() => belowBy()).toBe(GAP_PX);
  expect(await calls()).toEqual([]);
});

test("A19 a target in a shadow root, in a frame of the page's own, and in one inside the other is found and followed", async () => {
  await page.evaluate(async () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("#outer{padding:30px}");
    document.adoptedStyleSheets.push(sheet);
    const outer = document.createElement("div");
    outer.id = "outer";
    document.body.prepend(outer);
    const root = outer.attachShadow({ mode: "open" });
    const button = document.createElement("button");
    button.textContent = "In the shadow";
    button.id = "inner";
    const frame = document.createElement("iframe");
    const framed = new CSSStyleSheet();
    framed.replaceSync(
      "iframe{padding:13px;border:7px solid;inline-size:500px;block-size:200px;scale:.8;display:block}",
    );
    root.adoptedStyleSheets = [framed];
    frame.src = "/control";
    root.append(button, frame);
    await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  });
  expect(await tip({ target: "#outer >>> #inner" })).toBe("");
  expect(await belowBy("#outer #inner")).toBe(GAP_PX);
  await page.evaluate(() => fixture.close());
  const inFrame = async () => {
    const box = await page.frameLocator("#outer iframe").locator("#first").boundingBox();
    if (!box) throw new Error("There is no link in the frame.");
    const at = await card();
    expect(Math.abs(at.x + at.width / 2 - box.x - box.width / 2)).toBeLessThan(at.width / 2);
    return Math.round(at.y - box.y - box.height);
  };
  expect(await tip({ target: "#outer >>> iframe >>> #first" })).toBe("");
  expect(await inFrame()).toBe(GAP_PX);
  await page.evaluate(() => {
    const frame = document.querySelector("#outer")?.shadowRoot?.querySelector("iframe");
    frame?.contentWindow?.scrollTo(0, 8);
  });
  await expect.poll(inFrame).toBe(GAP_PX);
  // What the frame does not show is not seen, and what covers the frame covers what is in it.
  await page.evaluate(() => fixture.close());
  expect(await tip({ target: "#outer >>> iframe >>> #last" })).toBe("target-gone");
  await restyle("body::before{content:'';position:fixed;inset:0;z-index:9}");
  expect(await tip({ target: "#outer >>> iframe >>> #first" })).toBe("target-covered");
});

test.each(["popover", "dialog"] as const)(
  "A19 a tip for what is in an open %s stands above it, can be pressed, and leaves it open",
  async (kind) => {
    await page.evaluate((which) => {
      const holder = document.createElement(which === "dialog" ? "dialog" : "div");
      holder.id = "holder";
      if (which === "popover") holder.popover = "auto";
      const button = document.createElement("button");
      button.id = "planted";
      button.textContent = "Planted";
      holder.append(button);
      document.body.append(holder);
      if (holder instanceof HTMLDialogElement) holder.showModal();
      else holder.showPopover();
    }, kind);
    const isOpen = () => page.locator("#holder").evaluate((one) => one.matches(":is(:modal,:popover-open)"));
    expect(await tip()).toBe("");
    expect(await belowBy()).toBe(GAP_PX);
    await page.getByRole("button", { name: "Why am I seeing this?" }).click();
    expect(await isOpen()).toBe(true);
    await page.getByRole("button", { name: "Show less like this" }).click();
    expect(await calls()).toEqual(["less"]);
    expect(await isOpen()).toBe(true);
  },
);

test("A19 a tip changes nothing of its target, is a named region and no tooltip, and refuses no policy", async () => {
  await plant();
  const target = () => page.locator("#planted").evaluate((one) => one.outerHTML);
  const before = await target();
  await tip();
  expect(await target()).toBe(before);
  expect(await page.getByRole("tooltip").count()).toBe(0);
  expect(await page.getByRole("region", { name: REQUESTS.tip.content.title }).count()).toBe(1);
  await page.evaluate(() => fixture.close());
  expect(await target()).toBe(before);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});
