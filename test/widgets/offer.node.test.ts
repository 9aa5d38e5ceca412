import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { axTree } from "./ax-tree.ts";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { reset, showKind } from "./show-kind.ts";
import { REQUESTS, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
  page = await site.open({ viewport: { width: 1280, height: 800 } });
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => reset(page));

const TITLE = REQUESTS.offer.content.title;
const calls = () => page.evaluate(() => fixture.calls);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const dialog = () => page.getByRole("dialog", { name: TITLE });
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const open = async () => {
  await page.focus("#name");
  await showKind(page, "offer");
  await button("See the offer").focus();
  await press("Enter");
  await dialog().waitFor();
};

test("A22 an offer comes as a small card that is not modal; its dialog opens on the visitor's press alone", async () => {
  await showKind(page, "offer");
  expect(await page.evaluate(() => document.querySelectorAll(":modal").length)).toBe(0);
  expect(await dialog().count()).toBe(0);
  expect(await page.getByText("WELCOME-10").count()).toBe(0);
  await page.focus("#last");
  await button("See the offer").click();
  expect(await dialog().count()).toBe(1);
  expect(await page.getByText("WELCOME-10").count()).toBe(1);
});

test("A16 A22 the dialog takes the focus to its title, Tab cycles in it both ways, and the page behind is inert", async () => {
  await open();
  expect(await focusedIn(page)).toBe("title");
  const stops: string[] = [];
  for (let i = 0; i < 6; i++) {
    await press("Tab");
    // Between the last and the first is the browser's own.
    if ((await focusedIn(page)) === "BODY") await press("Tab");
    stops.push(await focusedIn(page));
  }
  expect(stops).toEqual([
    "Copy the code",
    "Have a person look at this",
    "Go to the basket",
    "Why am I seeing this?",
    "Close",
    "Copy the code",
  ]);
  await press("Shift+Tab");
  expect(await focusedIn(page)).toBe("Close");
  await page.locator("#send").evaluate((one) => one.focus());
  expect(await focusedIn(page)).not.toBe("send");
  // F8 leads nowhere from a modal dialog.
  await button("Copy the code").focus();
  await press("F8");
  expect(await focusedIn(page)).toBe("Copy the code");
});

test.each([
  ["Escape", () => press("Escape")],
  ["its close button", () => button("Close").click()],
])("A16 A22 %s closes the dialog, which dismisses it, and gives the focus back to where it was", async (_, close) => {
  await open();
  await close();
  expect(await calls()).toEqual(["dismissed"]);
  expect(await page.locator("[data-waypost]").count()).toBe(0);
  expect(await focusedIn(page)).toBe("name");
});

test("an offer that the page closes while its dialog is open gives the focus back and reports nothing", async () => {
  await open();
  await page.evaluate(() => fixture.close());
  expect(await focusedIn(page)).toBe("name");
  expect(await calls()).toEqual([]);
});

test("A18 A22 a copied code is on the clipboard, said by a status, told once, and the dialog stays", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open();
  await button("Copy the code").click();
  const status = dialog().getByRole("status");
  await expect.poll(() => status.textContent()).toBe("The code is copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("WELCOME-10");
  await button("Copy the code").click();
  expect(await calls()).toEqual(["onActed"]);
  await press("Escape");
  expect(await calls()).toEqual(["onActed", "dismissed"]);
  await page.context().clearPermissions();
});

test("A22 where the clipboard is refused the code is selected instead, and said to be", async () => {
  await open();
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error("refused"));
  });
  await button("Copy the code").click();
  await expect
    .poll(() => dialog().getByRole("status").textContent())
    .toBe("The code is selected. You can copy it now.");
  expect(await page.evaluate(() => getSelection()?.toString())).toBe("WELCOME-10");
  expect(await calls()).toEqual(["onActed"]);
});

test("the link of an offer is followed and told as acted; without a code there is nothing to copy", async () => {
  const { code: _, ...content } = { ...REQUESTS.offer.content, action: { label: "Go", href: "#end" } };
  await showKind(page, "offer", { content });
  await button("See the offer").click();
  expect(await button("Copy the code").count()).toBe(0);
  await page.getByRole("link", { name: "Go" }).click();
  expect(await calls()).toEqual(["acted"]);
  expect(new URL(page.url()).hash).toBe("#end");
});

test("A9 A11 a screen reader meets a dialog with a name, and all that is in it in order", async () => {
  await open();
  expect(await axTree(page, TITLE, "dialog")).toEqual([
    `dialog ${TITLE}`,
    "button Close",
    `heading ${TITLE}`,
    "image A parcel",
    "paragraph",
    "StaticText For everything in the shop.",
    "StaticText Your code",
    "code",
    "StaticText WELCOME-10",
    "button Copy the code",
    "status  [live=polite]",
    "StaticText Once for each household, until the end of the year.",
    "link Have a person look at this",
    "link Go to the basket",
    "button Why am I seeing this? [expanded=false]",
  ]);
});

test("B34 an offer that a score has a part in leads to a person, by a link that can only lead somewhere", async () => {
  await open();
  expect(await page.getByRole("link", { name: "Have a person look at this" }).getAttribute("href")).toMatch(
    /\/contact$/,
  );
  await reset(page);
  const contest = { label: "Nobody", href: "javascript:alert(1)" };
  await showKind(page, "offer", { content: { ...REQUESTS.offer.content, contest } });
  await button("See the offer").click();
  expect(await dialog().count()).toBe(1);
  expect(await page.getByText("Nobody").count()).toBe(0);
});
