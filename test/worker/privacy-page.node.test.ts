import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConsentConfig } from "../../models/consent-config.ts";
import { WORDS } from "../../models/texts/all.ts";
import { type GuardedBrowser, shareBrowser } from "../harness/browser.ts";
import { createSite, type DemoSite, type Edge, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { axeFindings } from "../widgets/axe.ts";

const { purposes } = SMALL_SITE.consent.text as { purposes: object };
/** A site in all our languages: the meanings of purposes are the site's own in each. */
const consent: ConsentConfig = {
  ...SMALL_SITE.consent,
  texts: Object.fromEntries(
    ["de", "fr", "es", "pt", "ar"].map((language) => [language, { ...SMALL_SITE.consent.text, purposes }]),
  ),
  controller: { name: "The Shop", contact: "mail@shop.example", url: "https://shop.example/privacy" },
  recipients: [
    { name: "Mailer", purposes: ["analytics"], country: "DE" },
    { name: "A-company-with-quite-a-long-name-of-one-word-and-no-place-to-break-it", purposes: ["analytics"] },
  ],
  dnt: true,
};

let edge: Edge;
let site: DemoSite;
let browser: GuardedBrowser;
beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "page", { ...SMALL_SITE, consent });
  browser = await shareBrowser();
});
afterAll(async () => {
  await browser?.close();
  await edge?.close();
});

async function open(language: string, { width = 1280, colorScheme = "light" as "light" | "dark" } = {}) {
  const context = await browser.newContext({
    locale: language,
    colorScheme,
    viewport: { width, height: 900 },
    bypassCSP: true,
  });
  const page = await context.newPage();
  const answer = await page.goto(`${edge.url}/v1/privacy/${site.publicKey}`);
  expect(answer?.status()).toBe(200);
  return { page, close: () => context.close() };
}

test("A1 the privacy page has no finding of axe, in either direction, theme and width, and never scrolls sideways", async () => {
  for (const language of ["en", "ar"]) {
    for (const width of [320, 1280]) {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page, close } = await open(language, { width, colorScheme });
        const { violations, undecided } = await axeFindings(page);
        expect([language, width, colorScheme, violations, undecided]).toEqual([language, width, colorScheme, [], []]);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([language, width, sideways <= 0]).toEqual([language, width, true]);
        await close();
      }
    }
  }
});

test("G22 a person reads the privacy page in the language of their browser, in its direction, and can take another", async () => {
  for (const [language, { privacy: words }] of Object.entries(WORDS)) {
    const { page, close } = await open(language);
    const html = page.locator("html");
    expect(await html.getAttribute("lang")).toBe(language);
    expect(await html.getAttribute("dir")).toBe(language === "ar" ? "rtl" : "ltr");
    expect(await page.title()).toBe(words.title.replace("{name}", "The Shop"));
    const headings = await page.getByRole("heading", { level: 2 }).allTextContents();
    expect(headings).toEqual([
      words.controller,
      words.what,
      words.why,
      words.howLong,
      words.who,
      words.predictions,
      words.signals,
      words.rights,
    ]);
    await close();
  }
  const { page, close } = await open("en");
  await page.getByRole("link", { name: "Deutsch" }).click();
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  await page.getByRole("link", { name: WORDS.de.privacy.machine }).click();
  expect(JSON.parse(await page.locator("body").innerText())).toMatchObject({ v: 1, controller: { name: "The Shop" } });
  await close();
});
