import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asHtml, EVERY_SLOT, hearHits, strayFrom, withoutLook } from "./hostile-page.ts";
import { hostileStrings } from "./hostile-strings.ts";
import type { LocalSite } from "./local-site.ts";
import { KINDS, showKind } from "./show-kind.ts";
import { REQUESTS, surfaceSite } from "./surface-page.ts";

const HOSTILE = hostileStrings(1_000);
const STRINGS = HOSTILE.map(({ text }) => text);
/** The control's own: no string has this number. */
const CONTROL = 1_000_000;

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

/** What ran until an element that is known to run has run. */
async function ranBy(page: Page, hits: () => Promise<number[]>): Promise<number[]> {
  await asHtml(page, [`<img src=x onerror=hit(${CONTROL})>`]);
  await expect.poll(hits).toContain(CONTROL);
  return (await hits()).filter((n) => n !== CONTROL);
}

test("S1 the strings are as many as they are said to be, no two alike, and of every sort", () => {
  expect(new Set(STRINGS).size).toBe(1_000);
  expect(HOSTILE.filter(({ live }) => live)).toHaveLength(500);
  for (const mark of ["<img", "<IMG", "&#104;", "{{", "\u202e", "\ud800", "javascript:", "%3C", "&lt;"]) {
    expect([mark, STRINGS.filter((text) => text.includes(mark)).length > 5]).toEqual([mark, true]);
  }
  expect(Math.max(...STRINGS.map((text) => text.length))).toBeGreaterThan(2_900);
});

test.each(Object.entries(EVERY_SLOT))(
  "S1 S3 each of them in every text of %s is shown as typed, on a page that would let it run",
  async (_, state) => {
    const page = await site.open({ path: "/control", viewport: { width: 1280, height: 800 } });
    await withoutLook(page);
    const hits = await hearHits(page);
    expect(await strayFrom(page, state, STRINGS)).toEqual([]);
    expect(await ranBy(page, hits)).toEqual([]);
    await page.context().close();
  },
);

test("S1 the same strings as HTML do run: every one that is said to", async () => {
  const page = await site.open({ path: "/control" });
  const hits = await hearHits(page);
  await asHtml(page, STRINGS);
  const live = HOSTILE.flatMap(({ live }, n) => (live ? [n] : []));
  const silent = async () => {
    const heard = new Set(await hits());
    return live.filter((n) => !heard.has(n));
  };
  await expect.poll(silent, { timeout: 20_000 }).toEqual([]);
  expect((await hits()).length).toBeGreaterThanOrEqual(500);
  await page.context().close();
});

test("S4 on the strict page none of them makes anything that the policy has to refuse", async () => {
  const page = await site.open({ viewport: { width: 1280, height: 800 } });
  for (const state of Object.values(EVERY_SLOT)) {
    expect(await strayFrom(page, state, STRINGS.slice(0, 30))).toEqual([]);
  }
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
  await page.context().close();
});

test("S1 what is announced of a kind is spoken as typed", async () => {
  const page = await site.open({ path: "/control", viewport: { width: 1280, height: 800 } });
  const [first, second, third] = ["<img src=x onerror=hit(1)>", "{{hit(2)}}", "\u202e<b>"];
  const hits = await hearHits(page);
  const title = first as string;
  const body = [second as string, third as string];
  const said = () =>
    page.evaluate(() => {
      const status = document.querySelector("[data-waypost]")?.shadowRoot?.querySelector("[role=status]");
      return [...(status?.querySelectorAll("*") ?? [])].map(({ tagName, textContent }) => `${tagName} ${textContent}`);
    });
  const contents = {
    nudge: { title, body },
    tip: { target: "#send", title, body },
    banner: { body: [title, ...body] },
  };
  for (const kind of ["nudge", "tip", "banner"] as const) {
    await showKind(page, kind as "nudge", { content: contents[kind as "nudge"] });
    await expect.poll(said).toEqual([`P ${first}`, `P ${second}`, `P ${third}`, expect.stringMatching(/^P Press F8/)]);
    await page.evaluate(() => fixture.close());
  }
  expect(await ranBy(page, hits)).toEqual([]);
  await page.context().close();
});

/** Addresses, and whether a link to them is one that a site may show. */
const ADDRESSES: [href: string, isLink: boolean][] = [
  ["/help#here", true],
  ["https://other.example/?a=b", true],
  ["mailto:help@shop.example", true],
  ["tel:+441632960123", true],
  ["javascript:hit(1)", false],
  ["JaVa\tScRiPt:hit(2)", false],
  ["\u0001javascript:hit(3)", false],
  ["data:text/html,<script>hit(4)</script>", false],
  ["vbscript:hit(5)", false],
  ["blob:https://shop.example/0", false],
  ["file:///etc/passwd", false],
  ["https://", false],
];

test.each(["nudge", "tip", "offer", "banner", "checklist"] as const)(
  "S1 a %s has a link only where its address is http, https, mailto or tel",
  async (kind) => {
    const page = await site.open({ path: "/control", viewport: { width: 1280, height: 800 } });
    const hits = await hearHits(page);
    for (const [href, isLink] of ADDRESSES) {
      const content =
        kind === "checklist"
          ? { ...REQUESTS.checklist.content, items: [{ id: "a", label: "Go", href }] }
          : { ...REQUESTS[kind].content, action: { label: "Go", href }, contest: undefined };
      await showKind(page, kind as "nudge", { content: content as typeof REQUESTS.nudge.content });
      if (kind === "offer") await page.getByRole("button", { name: "See the offer" }).click();
      const links = await page
        .locator("[data-waypost] a")
        .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
      expect([href, links]).toEqual([href, isLink ? [new URL(href, page.url()).href] : []]);
      await page.evaluate(() => fixture.close());
    }
    expect(await ranBy(page, hits)).toEqual([]);
    await page.context().close();
  },
);

test("S1 no kind writes an attribute that runs, styles or loads, a picture's address apart", async () => {
  const page = await site.open({ viewport: { width: 1280, height: 800 } });
  for (const kind of KINDS) {
    await showKind(page, kind);
    const written = await page.evaluate(() => {
      const root = document.querySelector("[data-waypost]")?.shadowRoot;
      return [...(root?.querySelectorAll("*") ?? [])].flatMap((one) =>
        one.getAttributeNames().filter((name) => /^on|^style$|^src|^action$|^formaction$/.test(name)),
      );
    });
    expect([kind, written.filter((name) => name !== "src")]).toEqual([kind, []]);
    await page.evaluate(() => fixture.close());
  }
  await page.context().close();
});
