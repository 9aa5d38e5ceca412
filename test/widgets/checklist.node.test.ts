import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { axTree } from "./ax-tree.ts";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { reset, showKind } from "./show-kind.ts";
import { surfaceSite } from "./surface-page.ts";

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
  page = await site.open({ viewport: { width: 1280, height: 800 } });
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => reset(page));

const calls = () => page.evaluate(() => fixture.calls);
const tick = (item: string) => page.evaluate((one) => fixture.tick(one), item);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const box = (name: string) => page.getByRole("checkbox", { name, exact: true });
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const said = () =>
  page.evaluate(() => {
    const status = document.querySelector("[data-waypost=checklist]")?.shadowRoot?.querySelector("[role=status]");
    return [...(status?.children ?? [])].map(({ textContent }) => textContent);
  });

test("A9 A11 a screen reader meets a checklist as a region with a list, each state in words", async () => {
  await showKind(page, "checklist");
  expect(await axTree(page, "Get started")).toEqual([
    "region Get started",
    "button Close",
    "heading Get started",
    "button 1 of 4 done [expanded=true]",
    "progressbar Get started",
    "list",
    "listitem",
    "LabelText",
    "StaticText Make an account",
    "StaticText Done",
    "listitem",
    "checkbox Send the first message [checked=false]",
    "link Send the first message",
    "StaticText To do",
    "paragraph",
    "StaticText It takes a minute.",
    "listitem",
    "checkbox Tell your team [checked=false]",
    "LabelText",
    "StaticText Tell your team",
    "StaticText To do",
    "listitem",
    "LabelText",
    "StaticText Choose colours",
    "StaticText To do",
    "button Why am I seeing this? [expanded=false]",
    "StaticText Press F8 to go to this message and back, Escape to close it.",
  ]);
});

test("A2 an item is ticked by keyboard, told once, and stays; what a touchpoint does has no box", async () => {
  await showKind(page, "checklist");
  expect(await page.getByRole("checkbox").count()).toBe(2);
  await box("Tell your team").focus();
  await press("Space");
  await expect.poll(() => button("2 of 4 done").count()).toBe(1);
  expect(await box("Tell your team").isChecked()).toBe(true);
  await press("Space");
  expect(await box("Tell your team").isChecked()).toBe(true);
  expect(await focusedIn(page)).toContain("tick-");
  expect(await calls()).toEqual(["ticked team"]);
  await expect.poll(said).toEqual(["Tell your team: Done", "2 of 4 done"]);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("what a touchpoint has done is ticked from outside and said, without moving the focus; twice is once", async () => {
  await page.focus("#name");
  await showKind(page, "checklist");
  await tick("theme");
  await tick("theme");
  await tick("nothing of the list");
  await expect.poll(() => button("2 of 4 done").count()).toBe(1);
  await expect.poll(said).toEqual(["Choose colours: Done", "2 of 4 done"]);
  expect(await focusedIn(page)).toBe("name");
  expect(await calls()).toEqual([]);
});

test("two ticks in one task both count, and what else is done is not counted as an item", async () => {
  await showKind(page, "checklist", { done: ["an item of an older version"] });
  await page.evaluate(() => {
    fixture.tick("theme");
    fixture.tick("team");
  });
  await expect.poll(() => button("2 of 4 done").count()).toBe(1);
});

test("when all is done that is shown and said, and closing it has acted; before, it dismisses", async () => {
  await showKind(page, "checklist", { done: ["account", "first", "team"] });
  expect(await page.getByText("All done. Enjoy it.").count()).toBe(0);
  await tick("theme");
  await expect.poll(said).toEqual(["Choose colours: Done", "All done. Enjoy it."]);
  expect(await page.locator("[data-waypost=checklist] .scroll").textContent()).toContain("All done. Enjoy it.");
  await button("Close").click();
  expect(await calls()).toEqual(["acted"]);
  await showKind(page, "checklist");
  await button("Close").click();
  expect(await calls()).toEqual(["acted", "dismissed"]);
});

test("A2 a checklist folds to its first line by its button and by Escape, and keeps the focus there", async () => {
  await showKind(page, "checklist");
  const height = async () => (await page.getByRole("region").boundingBox())?.height ?? 0;
  const whole = await height();
  await button("1 of 4 done").focus();
  await press("Enter");
  await expect.poll(height).toBeLessThan(whole / 2);
  expect(await button("1 of 4 done").getAttribute("aria-expanded")).toBe("false");
  expect(await page.getByRole("checkbox").count()).toBe(0);
  await press("Enter");
  await expect.poll(height).toBe(whole);
  await box("Tell your team").focus();
  await press("Escape");
  expect(await focusedIn(page)).toBe("1 of 4 done");
  expect(await calls()).toEqual([]);
  // What is done meanwhile counts in the folded line.
  await tick("theme");
  await expect.poll(() => button("2 of 4 done").count()).toBe(1);
});
