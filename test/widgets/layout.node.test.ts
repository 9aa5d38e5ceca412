import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hiddenStops } from "./hidden-stops.ts";
import type { LocalSite } from "./local-site.ts";
import { hostOf, KINDS, reset, showKind } from "./show-kind.ts";
import { BANNER, NUDGE, REQUESTS, ROOT, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const BUTTONS = ["Reject", "Accept"];

/** Everything that makes a button weigh more than another, of those named. */
function buttons(page: Page, names = BUTTONS) {
  return Promise.all(
    names.map((name) =>
      page.getByRole("button", { name, exact: true }).evaluate((button) => {
        const { width, height } = button.getBoundingClientRect();
        const style = getComputedStyle(button);
        const look = [
          "color",
          "backgroundColor",
          "fontSize",
          "fontWeight",
          "border",
          "padding",
          "opacity",
          "boxShadow",
        ];
        return { width, height, look: look.map((key) => style[key as keyof CSSStyleDeclaration]) };
      }),
    ),
  );
}

test.each([1280, 320])(
  "B8 Reject and Accept have equal size, weight and colours at %i px, whatever their words",
  async (width) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await site.open({ viewport: { width, height: 640 }, colorScheme });
      await page.evaluate((r) => fixture.banner(r), BANNER);
      const [reject, accept] = await buttons(page);
      expect(reject).toEqual(accept);
      await page.evaluate(() => fixture.close());
      const long = "Reject everything that this shop can do without";
      await page.evaluate(
        ([r, text]) => fixture.banner({ ...r, consent: { ...r.consent, text: { ...r.consent.text, reject: text } } }),
        [BANNER, long] as const,
      );
      const [longer, shorter] = await buttons(page, [long, "Accept"]);
      expect(longer).toEqual(shorter);
      // The instrument sees a difference where there is one.
      const [why] = await buttons(page, ["Choose in detail"]);
      expect(why).not.toEqual(shorter);
      await page.context().close();
    }
  },
);

test("A4 at 320 × 256 px nothing scrolls sideways, both choices are seen, and all of the text can be reached", async () => {
  const page = await site.open({ viewport: { width: 320, height: 256 } });
  await page.evaluate((r) => fixture.banner({ ...r, signal: "gpc" }), BANNER);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  for (const name of BUTTONS) {
    const box = await page.getByRole("button", { name, exact: true }).boundingBox();
    expect(box?.y).toBeGreaterThan(0);
    expect((box?.y ?? 999) + (box?.height ?? 999)).toBeLessThanOrEqual(256);
    expect(box?.height).toBeGreaterThanOrEqual(44);
  }
  await page.getByRole("button", { name: "Choose in detail" }).scrollIntoViewIfNeeded();
  expect(
    await page.evaluate(
      `[...${ROOT}.querySelectorAll("*")].filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible" && e.role !== "status").length`,
    ),
  ).toBe(0);
  await page.context().close();
});

test("A4 at 200 % text in 320 px both choices grow, alike, and work", async () => {
  const page = await site.open({ viewport: { width: 320, height: 640 } });
  await page.evaluate((r) => fixture.banner(r), BANNER);
  const [before] = await buttons(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 32 } });
  const [reject, accept] = await buttons(page);
  expect(reject).toEqual(accept);
  expect(reject?.height).toBeGreaterThan((before?.height ?? 0) * 1.9);
  const section = await page.getByRole("region").boundingBox();
  expect((section?.x ?? 999) + (section?.width ?? 999)).toBeLessThanOrEqual(320);
  await page.getByRole("button", { name: "Accept" }).click();
  expect(await page.evaluate(() => fixture.calls)).toEqual(["accept [analytics,scoring,personalization]"]);
  await page.context().close();
});

test.each([
  [1280, 800],
  [320, 256],
])(
  "A5 what has the focus is never wholly under banner or nudge at %i × %i px, to the page's last link",
  async (width, height) => {
    const page = await site.open({ viewport: { width, height } });
    await page.evaluate((r) => fixture.banner(r), BANNER);
    expect(await hiddenStops(page)).toEqual([]);
    await page.evaluate(() => fixture.close());
    await page.evaluate((r) => fixture.nudge(r), NUDGE);
    expect(await hiddenStops(page)).toEqual([]);
    await page.evaluate(() => fixture.close());
    expect(await page.evaluate(() => document.adoptedStyleSheets.length)).toBe(0);
    // Without the room that a surface makes for itself, the same walk finds hidden ones.
    await page.evaluate((r) => fixture.banner(r), BANNER);
    await page.evaluate(() => {
      document.adoptedStyleSheets = [];
    });
    expect(await hiddenStops(page)).not.toEqual([]);
    await page.context().close();
  },
);

test("A5 a nudge that opens over the field that has the focus scrolls it into view; one scrolled away stays there", async () => {
  const page = await site.open({ viewport: { width: 320, height: 400 } });
  const rowTop = () =>
    page.getByRole("link", { name: "Row 5", exact: true }).evaluate((row) => row.getBoundingClientRect().top);
  await page.getByRole("link", { name: "Row 5", exact: true }).focus();
  expect(await rowTop()).toBeGreaterThan(200);
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  const card = await page.getByRole("region").boundingBox();
  expect((await rowTop()) + 20).toBeLessThan(card?.y ?? 0);
  await page.evaluate(() => fixture.close());
  await page.evaluate(() => scrollTo(0, 900));
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  expect(await page.evaluate(() => scrollY)).toBe(900);
  await page.context().close();
});

/** Of a campaign that stands beside something: what it stands beside is in view at every size. */
const IN_VIEW = {
  tip: { content: { ...REQUESTS.tip.content, target: "#first" } },
  tour: { content: { steps: REQUESTS.tour.content.steps.map((step) => ({ ...step, target: "#first" })) } },
};

test.each([16, 32])(
  "A3 A4 at 320 × 256 px and text of %i px no kind scrolls sideways, and every control can be reached and is large enough",
  async (textPx) => {
    const page = await site.open({ viewport: { width: 320, height: 256 } });
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Page.setFontSizes", { fontSizes: { standard: textPx, fixed: textPx } });
    const own = await page.evaluate(() => document.documentElement.scrollWidth);
    for (const kind of KINDS) {
      expect([kind, await showKind(page, kind, IN_VIEW[kind as "tip"])]).toEqual([kind, ""]);
      await page.getByRole("button", { name: "Why am I seeing this?" }).click();
      const found = await page.evaluate((host) => {
        const root = document.querySelector(host)?.shadowRoot as ShadowRoot;
        const wide = [...root.querySelectorAll("*")].filter(
          (one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible",
        );
        const stops = [...root.querySelectorAll<HTMLElement>("button,a,input,textarea")];
        const out = stops.filter((stop) => {
          stop.focus();
          // A radio's cell is its label, a checkbox stands in a row of its own.
          const { left, right, top, bottom } = (stop.closest(".scale label,li") ?? stop).getBoundingClientRect();
          const isSeen = bottom > 0 && top < innerHeight && left >= 0 && right <= innerWidth;
          return !isSeen || right - left < 24 || bottom - top < 24;
        });
        return { wide: wide.map((one) => one.outerHTML), out: out.map((one) => one.outerHTML), stops: stops.length };
      }, hostOf(kind));
      expect([kind, found.wide, found.out]).toEqual([kind, [], []]);
      expect(found.stops).toBeGreaterThan(2);
      expect([kind, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([kind, own]);
      await reset(page);
    }
    await page.context().close();
  },
);

test.each([
  [1280, 800],
  [320, 256],
])(
  "A5 what has the focus is never wholly under any kind at %i × %i px, to the page's last link",
  async (width, height) => {
    const page = await site.open({ viewport: { width, height } });
    for (const kind of ["offer", "survey", "checklist", "banner"] as const) {
      await showKind(page, kind);
      expect([kind, await hiddenStops(page)]).toEqual([kind, []]);
      await reset(page);
    }
    await showKind(page, "banner", { content: { ...REQUESTS.banner.content, at: "start" } });
    expect(await hiddenStops(page)).toEqual([]);
    await reset(page);
    await showKind(page, "tour", { content: { steps: REQUESTS.tour.content.steps.slice(2, 3) } });
    expect(await hiddenStops(page)).toEqual([]);
    await page.context().close();
  },
);

test("A6 nothing moves where the visitor asks for reduced motion; elsewhere the surface slides in", async () => {
  const longestMs = (page: Page) =>
    page.evaluate<number>(
      `Math.max(...[...${ROOT}.querySelectorAll("*")].flatMap((e) => { const s = getComputedStyle(e); return [s.animationDuration, s.transitionDuration].map((d) => parseFloat(d) * 1000) }))`,
    );
  const still = await site.open({ reducedMotion: "reduce" });
  const moving = await site.open({ reducedMotion: "no-preference" });
  for (const page of [still, moving]) await page.evaluate((r) => fixture.banner(r), BANNER);
  expect(await longestMs(still)).toBeLessThanOrEqual(10);
  expect(await longestMs(moving)).toBeGreaterThan(10);
  for (const kind of KINDS) {
    for (const page of [still, moving]) {
      await reset(page);
      await showKind(page, kind);
    }
    expect([kind, await longestMs(still)]).toEqual([kind, 0]);
    // What stands across the page does not slide.
    if (kind !== "banner") expect([kind, await longestMs(moving)]).toEqual([kind, 180]);
  }
  await still.context().close();
  await moving.context().close();
});

test("A7 in a right-to-left language the nudge stands at the left and its close button at its left end", async () => {
  const boxes = async (dir: "ltr" | "rtl") => {
    const page = await site.open({ viewport: { width: 1280, height: 800 } });
    await page.evaluate(([r, d]) => fixture.nudge({ ...r, language: "ar", dir: d }), [NUDGE, dir] as const);
    const card = await page.getByRole("region").boundingBox();
    const close = await page.getByRole("button", { name: "Close" }).boundingBox();
    expect(await page.evaluate(() => document.querySelector<HTMLElement>("[data-waypost]")?.lang)).toBe("ar");
    await page.context().close();
    if (!card || !close) throw new Error("The nudge is not there.");
    return { cardAtStart: card.x < 640, closeAtStart: close.x - card.x < card.width / 2 };
  };
  expect(await boxes("rtl")).toEqual({ cardAtStart: true, closeAtStart: true });
  expect(await boxes("ltr")).toEqual({ cardAtStart: false, closeAtStart: false });
});

test("A7 in a right-to-left language every kind mirrors, and its controls keep their order", async () => {
  const page = await site.open({ viewport: { width: 1280, height: 800 } });
  const look = async (kind: (typeof KINDS)[number], dir: "ltr" | "rtl") => {
    await reset(page);
    await showKind(page, kind, { dir });
    return page.evaluate((host) => {
      const root = document.querySelector(host)?.shadowRoot as ShadowRoot;
      const card = (root.querySelector("section") as Element).getBoundingClientRect();
      const close = (root.querySelector(".close") as Element).getBoundingClientRect();
      const names = [...root.querySelectorAll("button,a,input")].map((one) => one.ariaLabel ?? one.textContent);
      return { closeAtStart: close.x - card.x < card.width / 2, cardAtStart: card.x < 300, names };
    }, hostOf(kind));
  };
  for (const kind of KINDS) {
    const [ltr, rtl] = [await look(kind, "ltr"), await look(kind, "rtl")];
    expect([kind, ltr.closeAtStart, rtl.closeAtStart]).toEqual([kind, false, true]);
    expect(rtl.names).toEqual(ltr.names);
    const isCorner = ["nudge", "offer", "survey", "checklist"].includes(kind);
    if (isCorner) expect([kind, ltr.cardAtStart, rtl.cardAtStart]).toEqual([kind, false, true]);
  }
  await page.context().close();
});

test("A7 a nudge in a site's own language says which one, beside our words in the visitor's and reasons in English", async () => {
  const page = await site.open();
  await page.evaluate((r) => fixture.nudge({ ...r, contentLanguage: "de", language: "ar", dir: "rtl" }), NUDGE);
  await page.getByRole("button", { name: "Why am I seeing this?" }).click();
  const languageOf = (text: string) =>
    page
      .getByText(text)
      .first()
      .evaluate((one) => {
        const root = one.getRootNode() as ShadowRoot;
        return (one.closest("[lang]") ?? root.host).getAttribute("lang");
      });
  expect(await languageOf("Returns are free for 60 days.")).toBe("de");
  expect(await languageOf("You came back to it twice.")).toBe("en");
  expect(await languageOf("This was decided automatically")).toBe("ar");
  await page.context().close();
});

test("a page's own rules, important ones too, do not reach a surface; its four colours do", async () => {
  const look = async (path: string) => {
    const page = await site.open({ path, viewport: { width: 1280, height: 800 } });
    await page.evaluate((r) => fixture.banner(r), BANNER);
    const found = [await page.getByRole("region").boundingBox(), ...(await buttons(page))];
    await page.context().close();
    return found;
  };
  expect(await look("/hostile")).toEqual(await look("/"));
  const page = await site.open();
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(":root{--waypost-accent:rgb(1, 2, 3);--waypost-accent-text:rgb(250, 251, 252)}");
    document.adoptedStyleSheets = [sheet];
  });
  await page.evaluate((r) => fixture.banner(r), BANNER);
  const [reject] = await buttons(page);
  expect(reject?.look.slice(0, 2)).toEqual(["rgb(250, 251, 252)", "rgb(1, 2, 3)"]);
  await page.context().close();
});
