import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { axTree } from "./ax-tree.ts";
import { focusedIn } from "./focused.ts";
import { hiddenStops } from "./hidden-stops.ts";
import type { LocalSite } from "./local-site.ts";
import { hostOf, showKind } from "./show-kind.ts";
import { BANNER, CENTRE, CONSENT, NUDGE, REQUESTS, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(async () => {
  page = await site.open({ viewport: { width: 1280, height: 800 } });
  return () => page.context().close();
});

const calls = () => page.evaluate(() => fixture.calls);
const button = (name: string) => page.getByRole("button", { name, exact: true });

test("B14 what was given with one press is withdrawn with one; with nothing to withdraw there is no such button", async () => {
  await page.evaluate((r) => fixture.control(r, false), CONSENT);
  expect(await button("Withdraw").count()).toBe(0);
  await page.evaluate((r) => fixture.control(r, true), CONSENT);
  await button("Withdraw").click();
  expect(await calls()).toEqual(["withdraw"]);
  await button("Privacy choices").click();
  expect(await calls()).toEqual(["withdraw", "open"]);
});

test("A18 a withdrawal is said by a status, and the focus stays on the control when its button goes", async () => {
  await page.evaluate((r) => fixture.control(r), CONSENT);
  await button("Withdraw").focus();
  await page.keyboard.press("Enter");
  await page.evaluate((r) => fixture.control(r, false), CONSENT);
  expect(await focusedIn(page)).toBe("Privacy choices");
  expect(await page.getByRole("status").allTextContents()).toEqual(["Your choice is saved."]);
});

test("A9 A11 a screen reader meets the control as a named region of two buttons", async () => {
  await page.evaluate((r) => fixture.control(r), CONSENT);
  expect(await axTree(page, "Privacy choices")).toEqual([
    "region Privacy choices",
    "button Privacy choices",
    "button Withdraw",
  ]);
});

test("A2 the control is reached by keyboard after everything else, shows its focus, and never takes it", async () => {
  await page.focus("#last");
  await page.evaluate((r) => fixture.control(r), CONSENT);
  expect(await focusedIn(page)).toBe("last");
  await page.keyboard.press("Tab");
  expect(await focusedIn(page)).toBe("Privacy choices");
  const ring = await page.evaluate(() => {
    const stop = document.activeElement?.shadowRoot?.activeElement as Element;
    const { outlineWidth, outlineStyle } = getComputedStyle(stop);
    return `${outlineWidth} ${outlineStyle}`;
  });
  expect(ring).toBe("3px solid");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  expect(await calls()).toEqual(["open", "withdraw"]);
});

test("A14 A16 a centre that the control opened gives the focus back to it", async () => {
  await page.evaluate((r) => fixture.control(r), CONSENT);
  await button("Privacy choices").focus();
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  await page.keyboard.press("Escape");
  expect(await focusedIn(page)).toBe("Privacy choices");
});

test.each([
  [320, 256, 16],
  [320, 640, 32],
  [1280, 800, 16],
])(
  "A3 A4 at %i × %i px and text of %i px each button is 44 px or more and nothing scrolls sideways",
  async (width, height, textPx) => {
    await page.setViewportSize({ width, height });
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Page.setFontSizes", { fontSizes: { standard: textPx, fixed: textPx } });
    const own = await page.evaluate(() => document.documentElement.scrollWidth);
    await page.evaluate((r) => fixture.control(r), CONSENT);
    for (const name of ["Privacy choices", "Withdraw"]) {
      const box = await button(name).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
      expect(box?.width).toBeGreaterThanOrEqual(44);
      expect((box?.x ?? 999) + (box?.width ?? 999)).toBeLessThanOrEqual(width);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(own);
  },
);

test.each([
  [1280, 800],
  [320, 400],
])(
  "A5 what has the focus is never wholly under the control, nor under it and a nudge, at %i × %i px",
  async (width, height) => {
    await page.setViewportSize({ width, height });
    await page.evaluate((r) => fixture.control(r), CONSENT);
    expect(await hiddenStops(page)).toEqual([]);
    await page.evaluate((r) => fixture.nudge(r), NUDGE);
    expect(await hiddenStops(page)).toEqual([]);
    // The control is not under the nudge either.
    const [control, card] = await Promise.all([
      button("Privacy choices").boundingBox(),
      page.getByRole("region", { name: "Can we help?" }).boundingBox(),
    ]);
    if (!control || !card) throw new Error("One of the two is not there.");
    const apart = control.x + control.width <= card.x || control.y + control.height <= card.y;
    expect(apart).toBe(true);
    // Without the room that it makes for itself, the same walk finds hidden ones.
    await page.evaluate(() => {
      document.adoptedStyleSheets = [];
    });
    expect(await hiddenStops(page)).not.toEqual([]);
  },
);

test.each(["offer", "survey", "checklist", "banner"] as const)(
  "A5 the control is neither under a %s that takes the whole width nor under what that grows to, and comes down after it",
  async (kind) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await page.evaluate((r) => fixture.control(r), CONSENT);
    const before = await button("Privacy choices").boundingBox();
    await showKind(page, kind);
    const apart = async () => {
      const [control, card] = await Promise.all([
        button("Privacy choices").boundingBox(),
        page.locator(`${hostOf(kind)} section`).boundingBox(),
      ]);
      return !!control && !!card && control.y + control.height <= card.y;
    };
    await expect.poll(apart).toBe(true);
    await button("Why am I seeing this?").click();
    await expect.poll(apart).toBe(true);
    await page.evaluate(() => fixture.close());
    await expect.poll(() => button("Privacy choices").boundingBox()).toEqual(before);
  },
);

test("the control is left where it is by what stands beside something, or at the start of the page", async () => {
  await page.evaluate((r) => fixture.control(r), CONSENT);
  const before = await button("Privacy choices").boundingBox();
  for (const [kind, change] of [
    ["tip", {}],
    ["tour", {}],
    ["banner", { content: { ...REQUESTS.banner.content, at: "start" as const } }],
  ] as const) {
    await showKind(page, kind as "banner", change);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    expect([kind, await button("Privacy choices").boundingBox()]).toEqual([kind, before]);
    await page.evaluate(() => fixture.close());
  }
});

test("the control goes out of a banner's way and comes back after it, its room too", async () => {
  await page.evaluate((r) => fixture.control(r), CONSENT);
  const room = () => page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).paddingBlockEnd));
  const own = await room();
  expect(own).toBeGreaterThan(40);
  await page.evaluate((r) => fixture.banner(r), BANNER);
  await expect.poll(() => button("Privacy choices").count()).toBe(0);
  expect(await room()).toBeGreaterThan(own);
  await page.evaluate(() => fixture.close());
  await expect.poll(() => button("Privacy choices").count()).toBe(1);
  await expect.poll(room).toBe(own);
});

test("A7 the control stands at the start of the line: at the left, in Arabic at the right", async () => {
  for (const dir of ["ltr", "rtl"] as const) {
    const other = await site.open({ viewport: { width: 1280, height: 800 } });
    await other.evaluate(([r, d]) => fixture.control({ ...r, dir: d }), [CONSENT, dir] as const);
    const box = await other.getByRole("button", { name: "Privacy choices" }).boundingBox();
    expect((box?.x ?? 0) > 640).toBe(dir === "rtl");
    await other.context().close();
  }
});

test("a site moves and colours the control by custom properties, and its rules for other things do not reach it", async () => {
  const box = () => button("Privacy choices").boundingBox();
  await page.evaluate((r) => fixture.control(r), CONSENT);
  const before = await box();
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      ":root{--waypost-control-block-end:100px;--waypost-control-inline-start:50px;--waypost-control-background:rgb(1, 2, 3);--waypost-control-text:rgb(250, 251, 252)}",
    );
    document.adoptedStyleSheets.push(sheet);
  });
  const after = await box();
  expect((before?.y ?? 0) - (after?.y ?? 0)).toBe(100);
  expect((after?.x ?? 0) - (before?.x ?? 0)).toBe(50);
  expect(await button("Privacy choices").evaluate((one) => getComputedStyle(one).color)).toBe("rgb(250, 251, 252)");
  const hostile = await site.open({ path: "/hostile", viewport: { width: 1280, height: 800 } });
  await hostile.evaluate((r) => fixture.control(r), CONSENT);
  expect(await hostile.getByRole("button", { name: "Privacy choices" }).boundingBox()).toEqual(before);
  expect(await hostile.evaluate(() => fixture.violations)).toEqual([]);
  await hostile.context().close();
});
