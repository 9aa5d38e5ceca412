import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { QuestionKind, TourStep } from "../../models/content.ts";
import type { CampaignRequest, ReceiptView, SurfaceKind } from "../../models/surface.ts";
import { axeFindings } from "./axe.ts";
import type { Told } from "./fixture.ts";
import type { LocalSite } from "./local-site.ts";
import { showKind } from "./show-kind.ts";
import { BANNER, CENTRE, CONSENT, NUDGE, ownIn, REQUESTS, type Speech, speaking, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const [FIRST_STEP] = REQUESTS.tour.content.steps as [TourStep];

const STATES: Record<string, (page: Page, spoken: Speech) => Promise<void>> = {
  "banner, first question": (page, spoken) =>
    page.evaluate(([r, own]) => fixture.banner({ ...r, consent: { ...r.consent, ...own } }), [BANNER, spoken] as const),
  "banner, opened, with an opt-out request and what is new": (page, spoken) =>
    page.evaluate(
      ([r, own]) =>
        fixture.banner({
          ...r,
          consent: { ...r.consent, ...own },
          signal: "gpc",
          news: [own.text.body],
          openedByVisitor: true,
        }),
      [BANNER, spoken] as const,
    ),
  "preference centre, nothing on": (page, spoken) =>
    page.evaluate(([r, own]) => fixture.centre({ ...r, text: own.text, consent: { ...r.consent, ...own } }), [
      CENTRE,
      spoken,
    ] as const),
  "preference centre, changing a choice, objected, with an opt-out request and what is new": (page, spoken) =>
    page.evaluate(
      ([r, own]) =>
        fixture.centre({
          ...r,
          text: own.text,
          consent: { ...r.consent, ...own },
          granted: ["analytics", "scoring"],
          objects: true,
          signal: "dnt",
          news: [own.text.body],
        }),
      [CENTRE, spoken] as const,
    ),
  "preference centre, with a receipt and a question before erasing": async (page, spoken) => {
    const receipt: ReceiptView = {
      at: Date.UTC(2026, 10, 3),
      granted: ["analytics"],
      refused: ["sharing"],
      objects: true,
      file: "{}",
    };
    const own = ownIn(spoken.language, { receipt });
    await page.evaluate(
      ([r, words, given]) => fixture.centre({ ...r, text: words.text, consent: { ...r.consent, ...words } }, given),
      [CENTRE, spoken, own] as const,
    );
    await page.getByRole("button", { name: spoken.text.ownData }).click();
    await page.getByRole("button", { name: own.words.receipt }).click();
    await page.getByRole("link", { name: own.words.download }).waitFor();
    await page.getByRole("button", { name: own.words.erase, exact: true }).click();
  },
  nudge: (page, spoken) => shown(page, spoken, "nudge"),
  "nudge, why shown": async (page, spoken) => {
    await shown(page, spoken, "nudge");
    await page.getByRole("button", { name: spoken.round.why }).click();
  },
  tip: (page, spoken) => shown(page, spoken, "tip", { content: { ...REQUESTS.tip.content, target: "#first" } }),
  offer: (page, spoken) => shown(page, spoken, "offer"),
  "offer, its dialog, after a copy, why shown": async (page, spoken) => {
    await shown(page, spoken, "offer");
    for (const name of [spoken.round.see, spoken.round.copy, spoken.round.why]) {
      await page.getByRole("button", { name, exact: true }).click();
    }
    await page.getByText(spoken.round.selected).waitFor();
  },
  "survey, a scale that wants an answer": (page, spoken) => asked(page, spoken, "nps"),
  "survey, options of which one is to be chosen, without one": (page, spoken) => asked(page, spoken, "single"),
  "survey, words, without any": (page, spoken) => asked(page, spoken, "text"),
  "survey, several to be chosen, then the thanks": async (page, spoken) => {
    await asked(page, spoken, "multiple", true);
    await page.getByText(REQUESTS.survey.content.thanks).first().waitFor();
  },
  checklist: (page, spoken) => shown(page, spoken, "checklist"),
  "checklist, folded": async (page, spoken) => {
    await shown(page, spoken, "checklist");
    await page.locator("[data-waypost=checklist] .toggle").click();
  },
  "checklist, all done": (page, spoken) =>
    shown(page, spoken, "checklist", { done: REQUESTS.checklist.content.items.map(({ id }) => id) }),
  "tour, beside its target": (page, spoken) =>
    shown(page, spoken, "tour", { content: { steps: [{ ...FIRST_STEP, target: "#first" }, FIRST_STEP] } }),
  "tour, in the corner": (page, spoken) =>
    shown(page, spoken, "tour", { content: { steps: REQUESTS.tour.content.steps.slice(2) } }),
  "across the end of the page": (page, spoken) => shown(page, spoken, "banner"),
  "across the start of the page": (page, spoken) =>
    shown(page, spoken, "banner", { content: { ...REQUESTS.banner.content, at: "start" } }),
  // It stays until the page ends.
  "control, with a choice to withdraw": (page, spoken) =>
    page.evaluate(([r, own]) => fixture.control({ ...r, ...own }), [CONSENT, spoken] as const),
};

async function shown<K extends SurfaceKind>(
  page: Page,
  { round, language, dir }: Speech,
  kind: K,
  change: Partial<Told<CampaignRequest<K>>> = {},
): Promise<void> {
  const veto = await showKind(page, kind, { text: round, language, dir, ...change });
  expect([kind, veto]).toEqual([kind, ""]);
}

/** A survey of one question; one that needs an answer is sent without. */
async function asked(page: Page, spoken: Speech, kind: QuestionKind, skips = false): Promise<void> {
  const { content } = REQUESTS.survey;
  const questions = content.questions.filter((one) => one.kind === kind);
  await shown(page, spoken, "survey", { content: { ...content, questions } });
  await page.getByRole("button", { name: skips ? spoken.round.skip : spoken.round.next, exact: true }).click();
  if (!skips) await page.getByText(spoken.round.required).first().waitFor();
}

interface Look {
  name: string;
  width: number;
  height: number;
  colorScheme: "light" | "dark";
  forcedColors?: "active";
  dir?: "rtl";
  /** The visitor's own text size in the browser's settings, px; 16 unless told. */
  textPx?: number;
}
const SIZES = { "1280 px": { width: 1280, height: 800 }, "320 px": { width: 320, height: 640 } };
const THEMES: Record<string, Pick<Look, "colorScheme" | "forcedColors">> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "forced colours": { colorScheme: "dark", forcedColors: "active" },
};
const DIRECTIONS: Record<string, Pick<Look, "dir">> = { "left to right": {}, "right to left": { dir: "rtl" } };
const LOOKS: Look[] = [
  ...Object.entries(SIZES).flatMap(([size, box]) =>
    Object.entries(THEMES).flatMap(([theme, colours]) =>
      Object.entries(DIRECTIONS).map(([way, dir]) => ({
        name: `${size}, ${theme}, ${way}`,
        ...box,
        ...colours,
        ...dir,
      })),
    ),
  ),
  { name: "320 × 256 px, 200 % text", width: 320, height: 256, colorScheme: "light", dir: "rtl", textPx: 32 },
];

async function openAs({
  width,
  height,
  colorScheme,
  forcedColors = "none" as never,
  dir,
  textPx,
}: Look): Promise<Page> {
  const page = await site.open({ viewport: { width, height }, colorScheme, forcedColors, bypassCSP: true });
  await page.evaluate((direction) => {
    document.documentElement.dir = direction;
  }, dir ?? "ltr");
  if (textPx) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Page.setFontSizes", { fontSizes: { standard: textPx, fixed: textPx } });
  }
  return page;
}

test.each(LOOKS)("A1 axe finds nothing wrong with any surface in any state: $name", async (look) => {
  const page = await openAs(look);
  const wrong: Record<string, string[]> = {};
  const undecided: string[] = [];
  for (const [state, show] of Object.entries(STATES)) {
    await show(page, speaking(look.dir ? "ar" : "en"));
    // The page round them is the same each time: it is looked at once.
    const isCampaign = await page.evaluate(() => document.querySelector("[data-waypost][popover]") !== null);
    const found = await axeFindings(page, isCampaign && look !== LOOKS[0] ? { include: "[data-waypost]" } : undefined);
    if (found.violations.length > 0) wrong[state] = found.violations;
    undecided.push(...found.undecided);
    await page.evaluate(() => fixture.close());
  }
  expect(wrong).toEqual({});
  // Reviewed: what is left is text that the surface's own scroller cuts at its edge, or that scrolls under the close
  // button, the single digits of a scale, marks beside words that say the same, and a field that is empty; their colours are
  // the theme's.
  const reviewed = /^color-contrast (elmPartiallyObscured|bgOverlap|shortTextContent|nonBmp|emptyValue): /;
  expect(undecided.filter((line) => !reviewed.test(line))).toEqual([]);
  await page.context().close();
});

test("A1 axe does find what is wrong inside the shadow root, once it is there", async () => {
  const page = await openAs(LOOKS[0] as Look);
  await page.evaluate((r) => fixture.nudge(r), NUDGE);
  await page.evaluate(() => {
    const root = document.querySelector("[data-waypost]")?.shadowRoot;
    root?.querySelector("[aria-label]")?.removeAttribute("aria-label");
    root?.querySelector("[title]")?.removeAttribute("title");
  });
  const { violations } = await axeFindings(page);
  expect(violations).toEqual([expect.stringMatching(/^button-name: /)]);
  await page.context().close();
});
