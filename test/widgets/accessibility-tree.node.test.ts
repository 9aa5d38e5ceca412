import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axTree } from "./ax-tree.ts";
import type { LocalSite } from "./local-site.ts";
import { BANNER, NUDGE, ROOT, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

/** What the status says once it speaks, sentence by sentence. */
async function announced(page: Page): Promise<(string | null)[]> {
  const said = () =>
    page.evaluate(() => {
      const status = document.querySelector("[data-waypost]")?.shadowRoot?.querySelector("[role=status]");
      return [...(status?.children ?? [])].map(({ textContent }) => textContent);
    });
  await expect.poll(said).not.toEqual([]);
  return said();
}

test("A11 A12 A13 a screen reader meets the banner as a named region that is not modal, and hears of it once", async () => {
  const page = await site.open();
  await page.evaluate((r) => fixture.banner(r), BANNER);
  expect(await axTree(page, "May we learn from your visit?")).toEqual([
    "region May we learn from your visit?",
    "heading May we learn from your visit?",
    "paragraph",
    "StaticText We would like to keep which pages you open, so that we can help where people get stuck.",
    "paragraph",
    "StaticText Your visit · Predictions · Help and offers",
    "button Choose in detail",
    "button Reject",
    "button Accept",
  ]);
  expect(await announced(page)).toEqual(["May we learn from your visit?", "You can choose at the start of this page."]);
  expect(await page.evaluate(`${ROOT}.querySelectorAll("[aria-modal],[role=alert]").length`)).toBe(0);
  expect(await page.evaluate(() => document.querySelector("[data-waypost]")?.role)).toBeNull();
  await page.context().close();
});

test("A9 A11 an opened banner says what the browser asks for, what is new, and how to close it", async () => {
  const page = await site.open();
  const news = ["Another recipient: Parcel Post"];
  await page.evaluate(([r, n]) => fixture.banner({ ...r, signal: "gpc", news: n, openedByVisitor: true }), [
    BANNER,
    news,
  ] as const);
  expect(await axTree(page, "May we learn from your visit?")).toEqual([
    "region May we learn from your visit?",
    "button Close without changing my choice",
    "heading May we learn from your visit?",
    "paragraph",
    "StaticText We would like to keep which pages you open, so that we can help where people get stuck.",
    "paragraph",
    "StaticText Opt-out request honoured: your browser asks for it.",
    "heading New since you last chose",
    "list",
    "listitem",
    "StaticText Another recipient: Parcel Post",
    "paragraph",
    "StaticText Your visit · Predictions · Help and offers",
    "button Choose in detail",
    "button Reject",
    "button Accept",
  ]);
  await page.context().close();
});

test("A11 A20 a screen reader meets the nudge as a named region, hears its text politely, and why it is there", async () => {
  const page = await site.open();
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  expect(await announced(page)).toEqual([
    "Can we help?",
    "Returns are free for 60 days.",
    "You can also call us.",
    "Press F8 to go to this message and back, Escape to close it.",
  ]);
  await page.getByRole("button", { name: "Why am I seeing this?" }).click();
  expect(await axTree(page, "Can we help?")).toEqual([
    "region Can we help?",
    "button Close",
    "heading Can we help?",
    "paragraph",
    "StaticText Returns are free for 60 days.",
    "paragraph",
    "StaticText You can also call us.",
    "link See how delivery works",
    "button Why am I seeing this? [expanded=true]",
    "list",
    "listitem",
    "StaticText You have been on this step for a while.",
    "listitem",
    "StaticText You came back to it twice.",
    "paragraph",
    "StaticText This was decided automatically, by a rule, from the steps taken on this site. No person was involved.",
    "paragraph",
    "StaticText Nothing of this kind comes up here for a while.",
    "button Show less like this",
    "paragraph",
    "StaticText This site then shows you no hints, offers or questions of this sort any more.",
    "button Turn all of this off",
    "StaticText Press F8 to go to this message and back, Escape to close it.",
  ]);
  await page.context().close();
});

test("A13 the announcement is a polite status that stands there empty before it speaks", async () => {
  const page = await site.open();
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  // In the task of the opening nothing is said yet: a live region that arrives with its text is not read out.
  const before = await page.evaluate(async (r) => {
    fixture.close();
    await fixture.nudge(r);
    return document.querySelector("[data-waypost]")?.shadowRoot?.querySelector("[role=status]")?.textContent;
  }, NUDGE);
  expect(before).toBe("");
  expect(await announced(page)).toContain("Can we help?");
  await page.context().close();
});
