import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Theme } from "../../models/campaign.ts";
import type { LocalSite } from "./local-site.ts";
import { hostOf, KINDS, reset, showKind } from "./show-kind.ts";
import { surfaceSite } from "./surface-page.ts";

const THEME: Theme = {
  light: { background: "#fff8e7", text: "#2b1d0e", accent: "#7a3b00", accentText: "#fffdf8" },
  dark: { background: "#20160c", text: "#f7ead8", accent: "#ffb870", accentText: "#2b1d0e" },
  radiusPx: 3,
};

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

/** Colours and corner of a kind's card. */
function look(page: Page, kind: (typeof KINDS)[number]) {
  return page.evaluate((host) => {
    const section = document.querySelector(host)?.shadowRoot?.querySelector("section") as Element;
    const { backgroundColor, color, borderTopLeftRadius } = getComputedStyle(section);
    const action = section.querySelector(".action");
    const pressed = action ? [getComputedStyle(action).backgroundColor, getComputedStyle(action).color] : [];
    return [backgroundColor, color, borderTopLeftRadius, ...pressed].join(" ");
  }, hostOf(kind));
}

test("A8 a theme colours every kind, in the scheme that the visitor has; without one they are as they were", async () => {
  const looks: Record<string, string> = {};
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await site.open({ colorScheme, viewport: { width: 1280, height: 800 } });
    for (const kind of KINDS) {
      await showKind(page, kind, { theme: THEME });
      const themed = await look(page, kind);
      await page.evaluate(() => fixture.close());
      await showKind(page, kind);
      expect([kind, (await look(page, kind)) === themed]).toEqual([kind, false]);
      looks[`${kind} ${colorScheme}`] = themed;
      await reset(page);
    }
    expect(await page.evaluate(() => fixture.violations)).toEqual([]);
    await page.context().close();
  }
  expect(looks["nudge light"]).toBe("rgb(255, 248, 231) rgb(43, 29, 14) 3px rgb(122, 59, 0) rgb(255, 253, 248)");
  expect(looks["nudge dark"]).toBe("rgb(32, 22, 12) rgb(247, 234, 216) 3px rgb(255, 184, 112) rgb(43, 29, 14)");
  for (const kind of KINDS) expect(looks[`${kind} light`]).toMatch(/^rgb\(255, 248, 231\) rgb\(43, 29, 14\)/);
});

test("A8 a theme for one scheme leaves the other as it is", async () => {
  const page = await site.open({ colorScheme: "dark", viewport: { width: 1280, height: 800 } });
  await showKind(page, "nudge");
  const ours = await look(page, "nudge");
  await page.evaluate(() => fixture.close());
  await showKind(page, "nudge", { theme: { light: THEME.light as NonNullable<Theme["light"]> } });
  expect(await look(page, "nudge")).toBe(ours);
  await page.context().close();
});

test("A8 the page's own custom properties win over the theme, and the visitor's forced colours over both", async () => {
  const own = (page: Page) =>
    page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(":root{--waypost-accent:rgb(1, 2, 3);--waypost-radius:7px}");
      document.adoptedStyleSheets.push(sheet);
    });
  const page = await site.open({ viewport: { width: 1280, height: 800 } });
  await own(page);
  await showKind(page, "nudge", { theme: THEME });
  expect(await look(page, "nudge")).toBe("rgb(255, 248, 231) rgb(43, 29, 14) 7px rgb(1, 2, 3) rgb(255, 253, 248)");
  await page.context().close();
  const looks = [];
  for (const theme of [THEME, undefined]) {
    const forced = await site.open({ forcedColors: "active", viewport: { width: 1280, height: 800 } });
    if (theme) await own(forced);
    await showKind(forced, "nudge", theme ? { theme: { ...theme, radiusPx: 7 } } : {});
    looks.push((await look(forced, "nudge")).replace(/\d+px/, ""));
    await forced.context().close();
  }
  expect(looks[0]).toBe(looks[1]);
});
