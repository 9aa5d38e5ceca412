import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { hostOf, KINDS, reset, showKind } from "./show-kind.ts";
import { REQUESTS, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
  page = await site.open({ viewport: { width: 1280, height: 800 } });
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => reset(page));

const calls = () => page.evaluate(() => fixture.calls);
const violations = () => page.evaluate(() => fixture.violations);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const said = () =>
  page.evaluate(
    () => document.querySelector("[data-waypost=status]")?.shadowRoot?.querySelector("[role=status]")?.textContent,
  );

test.each(KINDS)("A20 a %s never takes the focus by itself; F8 goes to it and back", async (kind) => {
  await page.focus("#name");
  expect(await showKind(page, kind)).toBe("");
  await page.keyboard.type("Ada");
  expect(await page.inputValue("#name")).toBe("Ada");
  await press("F8");
  expect(await focusedIn(page)).toBe("surface");
  await press("F8");
  expect(await focusedIn(page)).toBe("name");
  expect(await calls()).toEqual([]);
  expect(await violations()).toEqual([]);
});

test.each(KINDS)(
  "A20 the close button of a %s is reached by keyboard, ends it once, and gives the focus back",
  async (kind) => {
    await page.focus("#name");
    await showKind(page, kind);
    await press("F8", "Tab");
    expect(await focusedIn(page)).toBe("Close");
    await press("Enter");
    expect(await focusedIn(page)).toBe("name");
    expect(await calls()).toEqual(["dismissed"]);
    expect(await page.locator("[data-waypost]").count()).toBe(0);
  },
);

test.each(KINDS)(
  "A2 A18 less of a %s, by keyboard: it says what it does before, and a status says that it is done",
  async (kind) => {
    await page.focus("#name");
    await showKind(page, kind);
    expect(await button("Show less like this").count()).toBe(0);
    await button("Why am I seeing this?").focus();
    await press("Enter");
    expect(
      await button("Show less like this").evaluate((one) => {
        const root = one.getRootNode() as ShadowRoot;
        return root.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent;
      }),
    ).toBe("Nothing of this kind comes up here for a while.");
    await press("Tab");
    expect(await focusedIn(page)).toBe("Show less like this");
    await press("Enter");
    expect(await calls()).toEqual(["less"]);
    expect(await focusedIn(page)).toBe("name");
    expect(await page.locator(hostOf(kind)).count()).toBe(0);
    // A live region is heard only where it was there, empty, before it spoke.
    expect(await said()).toBe("");
    await expect.poll(said).toBe("Nothing of this kind comes up for a while.");
  },
);

test.each(KINDS)("A2 A18 turning all of it off, from a %s", async (kind) => {
  await showKind(page, kind);
  await button("Why am I seeing this?").click();
  const off = button("Turn all of this off");
  await off.focus();
  await press("Space");
  expect(await calls()).toEqual(["off"]);
  await expect.poll(said).toBe("It is turned off. No hints, offers or questions come up any more.");
});

test.each(KINDS)("what is pressed twice in a %s before it is gone is reported once", async (kind) => {
  await showKind(page, kind);
  await page.evaluate((host) => {
    const root = document.querySelector(host)?.shadowRoot;
    const close = root?.querySelector<HTMLElement>(".close");
    close?.click();
    close?.click();
    root?.querySelector<HTMLElement>(".quiet")?.click();
  }, hostOf(kind));
  expect(await calls()).toEqual(["dismissed"]);
});

test.each(KINDS)("a %s that the page closes itself reports nothing, and leaves nothing in the page", async (kind) => {
  const sheets = () => page.evaluate(() => document.adoptedStyleSheets.length);
  await page.focus("#name");
  const before = await page.evaluate(() => document.documentElement.outerHTML);
  await showKind(page, kind);
  await press("F8");
  await page.evaluate(() => fixture.close());
  await page.evaluate(() => fixture.close());
  expect(await focusedIn(page)).toBe("name");
  expect(await calls()).toEqual([]);
  expect(await sheets()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.outerHTML)).toBe(before);
});

const EVERYWHERE = ["nudge", "tip", "offer", "tour"] as const;
const INSIDE = ["survey", "checklist", "banner"] as const;

test.each(EVERYWHERE)("A19 A20 Escape closes a %s from the page, and the focus stays where it is", async (kind) => {
  await page.focus("#name");
  await showKind(page, kind);
  await press("Escape");
  expect(await calls()).toEqual(["dismissed"]);
  expect(await focusedIn(page)).toBe("name");
});

test.each(EVERYWHERE)(
  "A20 Escape that the page has a use for leaves a %s, and one that ends a composition",
  async (kind) => {
    await showKind(page, kind);
    await page.focus("#find");
    await press("Escape");
    await page.evaluate(() => {
      document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Escape", isComposing: true, bubbles: true, composed: true }),
      );
    });
    expect(await calls()).toEqual([]);
    await page.focus("#send");
    await press("Escape");
    expect(await calls()).toEqual(["dismissed"]);
  },
);

test.each(INSIDE)("A20 Escape in the page leaves a %s; inside, it ends", async (kind) => {
  await page.focus("#name");
  await showKind(page, kind);
  await press("Escape");
  expect(await page.locator(hostOf(kind)).count()).toBe(1);
  await press("F8", "Escape");
  // A checklist folds first.
  if (kind === "checklist") await press("Escape");
  expect(await calls()).toEqual(["dismissed"]);
  expect(await focusedIn(page)).toBe("name");
});

test.each(KINDS)(
  "a page's own rules do not reach a %s, important ones neither, nor does what it puts on top",
  async (kind) => {
    const look = async (path: string) => {
      const other = await site.open({ path, viewport: { width: 1280, height: 800 } });
      expect(await showKind(other, kind)).toBe("");
      await other.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(
          "#cover{all:unset;position:fixed!important;inset:30px!important;z-index:2147483647!important}",
        );
        document.adoptedStyleSheets.push(sheet);
        const cover = document.createElement("b");
        cover.id = "cover";
        document.body.append(cover);
      });
      const found = await other.evaluate((host) => {
        const surface = document.querySelector(host) as HTMLElement;
        const section = surface.shadowRoot?.querySelector("section") as HTMLElement;
        const { width, height, x, y } = section.getBoundingClientRect();
        const { fontSize, color, opacity } = getComputedStyle(section);
        const onTop = document.elementFromPoint(x + width / 2, y + height / 2) === surface;
        return { width, height, fontSize, color, opacity, onTop };
      }, hostOf(kind));
      expect(await other.evaluate(() => fixture.violations)).toEqual([]);
      await other.context().close();
      return found;
    };
    const plain = await look("/");
    expect(plain).toMatchObject({ onTop: true, opacity: "1", fontSize: "16px" });
    expect(await look("/hostile")).toEqual(plain);
  },
);

test("a picture is asked for without a referrer, and one that cannot be had leaves its room to the text", async () => {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("?asked")) asked.push(request.headers().referer || "none");
  });
  const pictured = (src: string) => ({ content: { ...REQUESTS.nudge.content, image: { src, alt: "A parcel" } } });
  await showKind(page, "nudge", pictured("/picture.png?asked"));
  const picture = page.getByRole("img", { name: "A parcel" });
  await expect.poll(() => picture.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(1);
  expect(asked).toEqual(["none"]);
  expect(await picture.evaluate((one) => [...one.getAttributeNames()].sort())).toEqual([
    "alt",
    "decoding",
    "loading",
    "referrerpolicy",
    "src",
  ]);
  const whole = (await page.getByRole("region").boundingBox())?.height ?? 0;
  await page.evaluate(() => fixture.close());
  await showKind(page, "nudge", pictured("/gone.css?"));
  await expect.poll(() => page.getByRole("img", { name: "A parcel" }).count()).toBe(0);
  expect((await page.getByRole("region").boundingBox())?.height ?? 999).toBeLessThan(whole - 100);
});

test("a picture's room is kept while it is on its way: nothing shifts when it comes", async () => {
  let answer = () => {};
  const until = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route(
    "**/picture.png?late",
    async (route) => {
      await until;
      return route.continue();
    },
    { times: 1 },
  );
  const image = { src: "/picture.png?late", alt: "A parcel" };
  await showKind(page, "nudge", { content: { ...REQUESTS.nudge.content, image } });
  const before = await page.getByRole("region").boundingBox();
  answer();
  const picture = page.getByRole("img", { name: "A parcel" });
  await expect.poll(() => picture.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBe(1);
  expect(await page.getByRole("region").boundingBox()).toEqual(before);
});

test("what stands across the page is at its end, or at its start, and keeps room for itself there alone", async () => {
  const room = () =>
    page.evaluate(() => {
      const { paddingBlockStart, paddingBlockEnd } = getComputedStyle(document.documentElement);
      return [paddingBlockStart, paddingBlockEnd].map(Number.parseFloat);
    });
  await showKind(page, "banner");
  const atEnd = await page.getByRole("region", { name: "Announcement" }).boundingBox();
  expect([atEnd?.x, atEnd?.width, (atEnd?.y ?? 0) + (atEnd?.height ?? 0)]).toEqual([0, 1280, 800]);
  expect(await room()).toEqual([0, expect.closeTo(atEnd?.height ?? 0, 0)]);
  await page.evaluate(() => fixture.close());
  await showKind(page, "banner", { content: { ...REQUESTS.banner.content, at: "start" } });
  const atStart = await page.getByRole("region", { name: "Announcement" }).boundingBox();
  expect([atStart?.x, atStart?.y, atStart?.width]).toEqual([0, 0, 1280]);
  expect(await room()).toEqual([expect.closeTo(atStart?.height ?? 0, 0), 0]);
  // It is the last stop wherever it stands.
  await page.focus("#first");
  expect((await page.locator("#first").boundingBox())?.y).toBeGreaterThan((atStart?.height ?? 999) - 1);
  await page.focus("#last");
  await press("Tab");
  expect(await focusedIn(page)).toBe("Close");
});
