import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalSite } from "./local-site.ts";
import { luminance } from "./luminance.ts";
import { KINDS, showKind } from "./show-kind.ts";
import { BANNER, CENTRE, CONSENT, REQUESTS, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const SURFACES: Record<string, (page: Page) => Promise<void>> = {
  banner: (page) => page.evaluate((r) => fixture.banner(r), BANNER),
  centre: (page) => page.evaluate((r) => fixture.centre(r), CENTRE),
  control: (page) => page.evaluate((r) => fixture.control(r), CONSENT),
  ...Object.fromEntries(
    KINDS.map((kind) => [
      kind === "banner" ? "announcement" : kind,
      async (page: Page) => {
        expect(await showKind(page, kind)).toBe("");
      },
    ]),
  ),
};

test.each(Object.entries(SURFACES))(
  "A10 an hour takes nothing away: %s; what is only spoken goes after 20 seconds",
  async (name, show) => {
    const page = await site.open();
    await page.clock.install();
    await show(page);
    const status = () =>
      page.evaluate(
        (host) =>
          document.querySelector(`[data-waypost=${host}] `)?.shadowRoot?.querySelector("[role=status]")?.textContent,
        name,
      );
    const shown = () =>
      page.evaluate(
        (host) => document.querySelector(`[data-waypost=${host}]`)?.shadowRoot?.querySelectorAll("button").length,
        name,
      );
    const buttons = await shown();
    expect(buttons).toBeGreaterThan(0);
    await page.clock.runFor(19_000);
    const speaks = !["centre", "control"].includes(name);
    expect((await status())?.length ?? 0)[speaks ? "toBeGreaterThan" : "toBe"](0);
    await page.clock.runFor(3_600_000);
    expect(await status()).toBe("");
    expect(await shown()).toBe(buttons);
    await page.context().close();
  },
);

/** Text and what it stands on, and outlines of controls and what they stand on, as the browser computes them. */
function pairs(page: Page, host: string): Promise<{ text: [string, string][]; outlines: [string, string][] }> {
  return page.evaluate((name) => {
    const root = document.querySelector(`[data-waypost=${name}]`)?.shadowRoot as ShadowRoot;
    const ground = (element: Element | null): string => {
      if (!element) throw new Error("There is no ground.");
      const { backgroundColor } = getComputedStyle(element);
      return backgroundColor === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : backgroundColor;
    };
    const spoken = [...root.querySelectorAll("h2,h3,p,li,label,button,a,legend,small,code,span")].filter(
      (one) => one.textContent && !one.closest("[role=status]"),
    );
    const text = spoken.map((one): [string, string] => [getComputedStyle(one).color, ground(one)]);
    const outlines = [...root.querySelectorAll("input")].flatMap((one): [string, string][] => {
      const behind = ground(one.parentElement);
      const knob = getComputedStyle(one, "::before").backgroundColor;
      return [
        [getComputedStyle(one).borderColor, behind],
        [knob, getComputedStyle(one).backgroundColor],
      ];
    });
    return { text, outlines };
  }, host);
}

function contrast([a, b]: [string, string]): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test.each(["light", "dark"] as const)(
  "A8 in the %s theme text has 4.5:1 and the switches' borders and knobs 3:1, on and off",
  async (colorScheme) => {
    for (const name of ["banner", "centre", "control"]) {
      const page = await site.open({ colorScheme });
      if (name === "centre") await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics"] }), CENTRE);
      else await SURFACES[name]?.(page);
      const { text, outlines } = await pairs(page, name);
      expect(text.length).toBeGreaterThan(1);
      expect(Math.min(...text.map(contrast)), name).toBeGreaterThanOrEqual(4.5);
      if (name === "centre") {
        expect(outlines).toHaveLength(10);
        expect(Math.min(...outlines.map(contrast))).toBeGreaterThanOrEqual(3);
      }
      await page.context().close();
    }
    // The instrument sees what is too faint.
    expect(contrast(["rgb(170, 170, 170)", "rgb(255, 255, 255)"])).toBeLessThan(3);
  },
);

/** Cards of which every question, item and step is shown at once or in turn: what stands on what. */
test.each(["light", "dark"] as const)("A8 in the %s theme every text of every kind has 4.5:1", async (colorScheme) => {
  const page = await site.open({ colorScheme, viewport: { width: 1280, height: 800 } });
  for (const kind of KINDS) {
    await showKind(page, kind);
    await page.getByRole("button", { name: "Why am I seeing this?" }).click();
    if (kind === "offer") await page.getByRole("button", { name: "See the offer" }).click();
    if (kind === "survey") await page.getByRole("radio", { name: "7" }).check();
    const { text } = await pairs(page, kind === "banner" ? "announcement" : kind);
    expect(text.length).toBeGreaterThan(3);
    expect(Math.min(...text.map(contrast)), kind).toBeGreaterThanOrEqual(4.5);
    await page.evaluate(() => fixture.close());
  }
  await page.context().close();
});

test("A8 in forced colours what is chosen, what is marked and what has the focus still shows", async () => {
  const page = await site.open({ forcedColors: "active", colorScheme: "dark", viewport: { width: 1280, height: 800 } });
  await showKind(page, "survey");
  await page.getByRole("radio", { name: "7" }).focus();
  await page.keyboard.press("Space");
  const cells = await page.evaluate(() => {
    const root = document.querySelector("[data-waypost=survey]")?.shadowRoot as ShadowRoot;
    return [...root.querySelectorAll(".scale span")].map((one) => {
      const { borderTopStyle, outlineStyle, backgroundColor } = getComputedStyle(one);
      return `${borderTopStyle} ${outlineStyle} ${backgroundColor}`;
    });
  });
  expect(new Set(cells).size).toBe(2);
  expect(cells.filter((look) => look.startsWith("solid solid"))).toEqual([cells[7]]);
  await page.evaluate(() => fixture.close());
  await showKind(page, "tour", { content: REQUESTS.tour.content });
  const ring = await page.locator("[data-waypost=tour] .ring").evaluate((one) => getComputedStyle(one).borderTopStyle);
  expect(ring).toBe("solid");
  await page.context().close();
});

test("A8 in forced colours borders, knobs and focus stay, in the system's colours", async () => {
  const page = await site.open({ forcedColors: "active", colorScheme: "dark" });
  await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics"] }), CENTRE);
  const { outlines } = await pairs(page, "centre");
  expect(Math.min(...outlines.map(contrast))).toBeGreaterThanOrEqual(3);
  await page.keyboard.press("Tab");
  const ring = await page.evaluate(() => {
    const stop = document.querySelector("[data-waypost=centre]")?.shadowRoot?.activeElement as Element;
    const { outlineStyle, outlineWidth } = getComputedStyle(stop);
    return `${outlineStyle} ${outlineWidth}`;
  });
  expect(ring).toBe("solid 3px");
  await page.context().close();
});
