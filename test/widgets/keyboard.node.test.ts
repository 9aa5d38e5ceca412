import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { luminance } from "./luminance.ts";
import { BANNER, NUDGE, surfaceSite } from "./surface-page.ts";

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

const focused = () => focusedIn(page);

async function press(...keys: string[]): Promise<string> {
  for (const key of keys) await page.keyboard.press(key);
  return focused();
}

const calls = () => page.evaluate(() => fixture.calls);
const isOpen = () => page.evaluate(() => document.querySelector("[data-waypost]") !== null);

test("A2 A13 the banner does not take the focus, comes first in tab order, and Tab leaves it both ways", async () => {
  await page.evaluate((r) => fixture.banner(r), BANNER);
  expect(await focused()).toBe("BODY");
  expect(await press("Tab")).toBe("Choose in detail");
  expect(await press("Tab")).toBe("Reject");
  expect(await press("Tab")).toBe("Accept");
  expect(await press("Tab")).toBe("first");
  expect(await press("Shift+Tab")).toBe("Accept");
});

test("A2 A14 rejecting by keyboard reports it once and gives the focus back to where it was", async () => {
  await page.focus("#first");
  await page.evaluate((r) => fixture.banner(r), BANNER);
  expect(await focused()).toBe("first");
  expect(await press("Shift+Tab", "Shift+Tab")).toBe("Reject");
  expect(await press("Space")).toBe("first");
  expect(await calls()).toEqual(["reject []"]);
  expect(await isOpen()).toBe(false);
});

test("A2 A14 accepting as the first thing on a page grants what was offered and lands on the first heading", async () => {
  await page.evaluate((r) => fixture.banner(r), BANNER);
  expect(await press("Tab", "Tab", "Tab", "Enter")).toBe("A page");
  expect(await calls()).toEqual(["accept [analytics,scoring,personalization]"]);
});

test("A14 a choice by mouse gives the focus back to the field that had it", async () => {
  await page.focus("#name");
  await page.evaluate((r) => fixture.banner(r), BANNER);
  await page.getByRole("button", { name: "Accept" }).click();
  expect(await focused()).toBe("name");
});

test("A15 Escape in a banner that came by itself decides nothing and closes nothing", async () => {
  await page.evaluate((r) => fixture.banner(r), BANNER);
  await press("Tab", "Escape");
  expect(await calls()).toEqual([]);
  expect(await isOpen()).toBe(true);
});

test("A14 A15 a banner that the visitor opened takes the focus; Escape and its close button decide nothing", async () => {
  for (const keys of [["Escape"], ["Tab", "Enter"]]) {
    await page.focus("#send");
    await page.evaluate((r) => fixture.banner({ ...r, openedByVisitor: true }), BANNER);
    expect(await focused()).toBe("surface");
    expect(await press(...keys)).toBe("send");
    expect(await isOpen()).toBe(false);
  }
  expect(await calls()).toEqual(["closed", "closed"]);
});

test("A2 every stop on banner and nudge shows its focus: at least 2 px, at least 3:1 against the surface", async () => {
  const outline = () =>
    page.evaluate(() => {
      const root = document.activeElement?.shadowRoot;
      const stop = root?.activeElement;
      if (!root || !stop) return null;
      const style = getComputedStyle(stop);
      const surface = getComputedStyle(root.querySelector("section") as Element).backgroundColor;
      return { width: Number.parseFloat(style.outlineWidth), colour: style.outlineColor, surface };
    });
  const look = async (stops: number) => {
    for (let i = 0; i < stops; i++) {
      await press("Tab");
      const ring = await outline();
      expect(ring?.width).toBeGreaterThanOrEqual(2);
      const [dark = 0, light = 0] = [luminance(ring?.colour ?? ""), luminance(ring?.surface ?? "")].sort(
        (a, b) => a - b,
      );
      expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(3);
    }
  };
  await page.evaluate((r) => fixture.banner({ ...r, openedByVisitor: true }), BANNER);
  await look(4);
  await page.evaluate(() => fixture.close());
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await press("F8");
  await look(3);
});

test("A20 a nudge never takes the focus from the field that is being filled", async () => {
  await page.focus("#name");
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await page.keyboard.type("Ada");
  expect(await focused()).toBe("name");
  expect(await page.inputValue("#name")).toBe("Ada");
});

test("A20 F8 goes to the nudge and back; Escape there closes it and gives the focus back", async () => {
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await page.focus("#name");
  expect(await press("F8")).toBe("surface");
  expect(await press("F8")).toBe("name");
  expect(await press("F8", "Tab")).toBe("Close");
  expect(await press("Tab")).toBe("See how delivery works");
  expect(await press("Tab")).toBe("Why am I seeing this?");
  expect(await press("Enter")).toBe("Why am I seeing this?");
  expect(await press("Escape")).toBe("name");
  expect(await calls()).toEqual(["dismissed"]);
});

test("A20 Escape closes the nudge from anywhere on the page, once", async () => {
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await page.focus("#first");
  expect(await press("Escape", "Escape")).toBe("first");
  expect(await calls()).toEqual(["dismissed"]);
  expect(await isOpen()).toBe(false);
});

test("A20 Escape that the page needs itself leaves the nudge: an open dialog, a search field, a handled key", async () => {
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await page.evaluate(() => {
    document.body.append(document.createElement("dialog"));
    document.querySelector("dialog")?.showModal();
  });
  await press("Escape");
  expect(await page.evaluate(() => document.querySelector("dialog")?.open)).toBe(false);
  expect(await isOpen()).toBe(true);
  await page.focus("#find");
  await press("Escape");
  expect(await isOpen()).toBe(true);
  await page.focus("#send");
  await page.evaluate(() => document.addEventListener("keydown", (event) => event.preventDefault(), { once: true }));
  await press("Escape");
  expect(await isOpen()).toBe(true);
  await press("Escape");
  expect(await calls()).toEqual(["dismissed"]);
});

test("A20 the nudge's link is followed by keyboard and reported once; its close button too", async () => {
  await page.evaluate(
    (r) => fixture.nudge({ ...r, content: { ...r.content, action: { label: "Go", href: "#end" } } }),
    NUDGE,
  );
  await press("F8", "Tab", "Tab", "Enter");
  expect(await calls()).toEqual(["acted"]);
  expect(new URL(page.url()).hash).toBe("#end");
  expect(await isOpen()).toBe(false);
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await press("F8", "Tab", "Enter");
  expect(await calls()).toEqual(["acted", "dismissed"]);
});

test("A20 the nudge comes after everything else in tab order, so that it is not in the way of the form", async () => {
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await page.focus("#last");
  expect(await press("Tab")).toBe("Close");
});

test("a button that is pressed twice before it is gone reports once", async () => {
  const pressTwice = (label: string) =>
    page.evaluate((text) => {
      const root = document.querySelector("[data-waypost]")?.shadowRoot;
      const button = [...(root?.querySelectorAll("button") ?? [])].find(
        (b) => b.textContent === text || b.getAttribute("aria-label") === text,
      );
      button?.click();
      button?.click();
    }, label);
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await pressTwice("Close");
  await page.evaluate((r) => fixture.banner(r), BANNER);
  await pressTwice("Accept");
  expect(await calls()).toEqual(["dismissed", "accept [analytics,scoring,personalization]"]);
});

test("a surface that the page closes itself reports nothing and gives the focus back", async () => {
  await page.focus("#name");
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await press("F8");
  await page.evaluate(() => fixture.close());
  expect(await focused()).toBe("name");
  await page.evaluate(() => fixture.close());
  expect(await calls()).toEqual([]);
});
