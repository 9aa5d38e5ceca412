import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { safeLink } from "../../widgets/visitor/link.ts";
import type { LocalSite } from "./local-site.ts";
import { BANNER, CENTRE, NUDGE, surfaceSite } from "./surface-page.ts";

const HOSTILE: string[] = JSON.parse(
  readFileSync(new URL("../cases/hostile-text.json", import.meta.url), "utf8"),
).strings;

let site: LocalSite;
let page: Page;
let dialogs: string[];
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(async () => {
  page = await site.open();
  dialogs = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  return () => page.context().close();
});

/** Elements by name, in order, and the texts of those that hold text only. */
function shown() {
  return page.evaluate(() => {
    const root = document.querySelector("[data-waypost]")?.shadowRoot as ShadowRoot;
    // The status speaks a moment later, so it is looked at by itself, below.
    const all = [...root.querySelectorAll("section, section *, dialog, dialog *")];
    return {
      tags: all.map(({ tagName }) => tagName),
      texts: all.filter((e) => !e.childElementCount).map((e) => e.textContent),
      attributes: all.flatMap((e) => e.getAttributeNames().filter((name) => /^on|^style$|^src/.test(name))),
    };
  });
}

/** Every sentence of a text replaced, whatever it stands for. */
function saying<T>(words: T, text: string): T {
  return JSON.parse(JSON.stringify(words), (_, value) => (typeof value === "string" ? text : value));
}
const bannerOf = (text: string) => ({
  ...BANNER,
  signal: "gpc" as const,
  news: [text],
  consent: {
    ...BANNER.consent,
    language: text,
    purposes: ["analytics" as const],
    text: saying(BANNER.consent.text, text),
  },
});
const centreOf = (text: string) => ({
  ...CENTRE,
  signal: "gpc" as const,
  news: [text],
  // Sentences with a gap: what is filled in is hostile, the gap has to stay one.
  text: { ...saying(CENTRE.text, text), needs: "{name}", recipients: "{names}", kept: "{days}" },
  consent: { ...CENTRE.consent, language: "en", recipients: [{ name: text, purposes: ["sharing" as const] }] },
});
const nudgeOf = (text: string) => ({
  ...NUDGE,
  content: { title: text, body: [text, text], action: { label: text, href: "/help" } },
  why: [text, text],
  language: text,
});

test("S1 S4 a hostile string in every slot of the banner is shown as typed, and nothing is made of it", async () => {
  const open = async (text: string) => {
    await page.evaluate((r) => fixture.banner(r), bannerOf(text));
    const seen = await shown();
    await page.evaluate(() => fixture.close());
    return seen;
  };
  const plain = await open("plain");
  expect(plain.texts.filter((text) => text === "plain")).toHaveLength(9);
  for (const text of HOSTILE) {
    const seen = await open(text);
    expect(seen.tags).toEqual(plain.tags);
    expect(seen.texts).toEqual(plain.texts.map((was) => (was === "plain" ? text : was)));
    expect(seen.attributes).toEqual([]);
  }
  expect(dialogs).toEqual([]);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("S1 S4 a hostile string in every slot of the preference centre is shown as typed, and nothing is made of it", async () => {
  const open = async (text: string) => {
    await page.evaluate((r) => fixture.centre(r), centreOf(text));
    const seen = await shown();
    await page.evaluate(() => fixture.close());
    return seen;
  };
  const plain = await open("plain");
  expect(plain.texts.filter((text) => text === "plain").length).toBeGreaterThan(15);
  for (const text of HOSTILE) {
    const seen = await open(text);
    expect(seen.tags).toEqual(plain.tags);
    // Some sentences are put together of two.
    expect(seen.texts).toEqual(plain.texts.map((was) => was?.replaceAll("plain", () => text)));
    expect(seen.attributes).toEqual([]);
  }
  expect(dialogs).toEqual([]);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("S1 S4 a hostile string in every slot of the nudge is shown as typed, and nothing is made of it", async () => {
  const open = async (text: string) => {
    await page.evaluate((r) => fixture.nudge(r), nudgeOf(text));
    await page.getByRole("button", { name: "Why am I seeing this?" }).click();
    const seen = await shown();
    await page.evaluate(() => fixture.close());
    return seen;
  };
  const plain = await open("plain");
  expect(plain.texts.filter((text) => text === "plain")).toHaveLength(6);
  for (const text of HOSTILE) {
    const seen = await open(text);
    expect(seen.tags).toEqual(plain.tags);
    expect(seen.texts).toEqual(plain.texts.map((was) => (was === "plain" ? text : was)));
    expect(seen.attributes).toEqual([]);
  }
  expect(dialogs).toEqual([]);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("S1 a hostile string that is announced is spoken as typed, and nothing is made of it", async () => {
  const said = () =>
    page.evaluate(() => {
      const status = document.querySelector("[data-waypost]")?.shadowRoot?.querySelector("[role=status]");
      return [...(status?.querySelectorAll("*") ?? [])].map(({ tagName, textContent }) => [tagName, textContent]);
    });
  for (const text of HOSTILE) {
    await page.evaluate((r) => fixture.nudge(r), nudgeOf(text));
    const keys = "Press F8 to go to this message and back, Escape to close it.";
    await expect.poll(said).toEqual([text, text, text, keys].map((sentence) => ["P", sentence]));
    await page.evaluate(() => fixture.close());
  }
  expect(dialogs).toEqual([]);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("S1 the same strings as HTML, on a page without a policy, do run: the instrument sees it", async () => {
  await page.goto("/control");
  const asked = page.waitForEvent("dialog");
  await page.evaluate((strings) => {
    for (const text of strings) {
      const element = document.createElement("p");
      element.innerHTML = text;
      document.body.append(element);
    }
  }, HOSTILE);
  await asked;
  await expect.poll(() => dialogs.length).toBeGreaterThanOrEqual(3);
});

test("S4 the strict policy does report what it refuses: the instrument sees it", async () => {
  await page.evaluate(() => document.body.setAttribute("style", "color:red"));
  await expect.poll(() => page.evaluate(() => fixture.violations)).toEqual(["style-src-attr"]);
});

const LINKS: [href: string, shown: string | null][] = [
  ["/help#checkout", "http://shop.example/help#checkout"],
  ["help", "http://shop.example/a/help"],
  ["https://example.com/x?y=1", "https://example.com/x?y=1"],
  ["mailto:help@example.com", "mailto:help@example.com"],
  ["tel:+441632960123", "tel:+441632960123"],
  ["javascript:alert(1)", null],
  ["JaVaScRiPt:alert(1)", null],
  ["java\nscript:alert(1)", null],
  ["\u0001 javascript:alert(1)", null],
  ["data:text/html,<script>alert(1)</script>", null],
  ["vbscript:msgbox(1)", null],
  ["blob:https://example.com/0", null],
  ["file:///etc/passwd", null],
  ["https://", null],
];

test.each(LINKS)("S1 the link %j becomes %j", (href, expected) => {
  expect(safeLink(href, "http://shop.example/a/b")).toBe(expected);
});

test("S1 a nudge shows its link only where the address is allowed, and goes nowhere else", async () => {
  for (const [href, expected] of LINKS) {
    await page.evaluate(
      ([r, address]) => fixture.nudge({ ...r, content: { ...r.content, action: { label: "Go", href: address } } }),
      [NUDGE, href] as const,
    );
    expect(await page.getByRole("link", { name: "Go", exact: true }).count()).toBe(expected ? 1 : 0);
    await page.evaluate(() => fixture.close());
  }
  expect(dialogs).toEqual([]);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});
