import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Purpose } from "../../models/consent.ts";
import type { FirstText, PageText } from "../../models/texts/visitor-text.ts";
import { consentRequest, type Install, isConsent, startInstall, type Visitor } from "../browser/install.ts";
import { DETAILED_SITE } from "../harness/small-site.ts";

/** Where each word of the notice is read, by surface. */
const READ = {
  banner: {
    title: "#title",
    body: "#title + p",
    choose: ".why",
    reject: ".choices button:nth-child(1)",
    accept: ".choices button:nth-child(2)",
  },
  centre: {
    control: "#title",
    objection: "#objection",
    objectionMeans: "#objection + p",
    object: ".quiet",
    privacy: "a.why",
    save: ".choices button:nth-child(1)",
    rejectAll: ".choices button:nth-child(2)",
    acceptAll: ".choices button:nth-child(3)",
  },
};

let install: Install;
beforeAll(async () => {
  install = await startInstall({ config: DETAILED_SITE });
});
afterAll(() => install.close());
function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** The first words that a selector finds in an open surface, as they stand in the document. Runs in the page. */
function wordsIn(surface: string, selector: string): string {
  return document.querySelector(`[data-waypost=${surface}]`)?.shadowRoot?.querySelector(selector)?.textContent ?? "";
}

/** SHA-256 in base64url, worked out in the page. */
function hashed(text: string): Promise<string> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then((digest) =>
    btoa(String.fromCharCode(...new Uint8Array(digest)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", ""),
  );
}

for (const language of ["de", "ar"]) {
  visit(
    `B26 what a visitor really read in ${language}, hashed in their page, is the notice that the record names and that is kept`,
    async ({ page, open, seen, host }) => {
      await page.setExtraHTTPHeaders({ "accept-language": language });
      await open();
      const told = await seen(({ path }) => path.includes("/v1/config/"));
      const { consent } = JSON.parse(told.reply) as { consent: { notice: string; text: FirstText } };
      const kept = await (await install.api("GET", `/api/sites/shop/consent/notices/${consent.notice}`)).text();
      await button(page, consent.text.choose).click();
      await page.getByRole("dialog").waitFor();
      const notice = JSON.parse(kept) as { text: PageText; purposes: Purpose[] };
      const read = async (surface: string, selector: string) =>
        page.evaluate(`(${wordsIn})(${JSON.stringify(surface)}, ${JSON.stringify(selector)})`) as Promise<string>;
      // In the place of each word that was kept stands the one that was read.
      const text = notice.text as unknown as Record<string, unknown>;
      for (const [surface, words] of Object.entries(READ)) {
        for (const [word, selector] of Object.entries(words)) {
          expect(text[word], word).toBeTypeOf("string");
          text[word] = await read(surface, selector);
        }
      }
      for (const purpose of notice.purposes) {
        notice.text.names[purpose] = await read("centre", `label[for=${purpose}]`);
        const needs = ` ${notice.text.needs.replace("{name}", notice.text.names.analytics)}`;
        const meaning = await read("centre", `#about-${purpose}`);
        notice.text.purposes[purpose] = meaning.endsWith(needs) ? meaning.slice(0, -needs.length) : meaning;
      }
      const hashOf = (value: object) =>
        page.evaluate(`(${hashed})(${JSON.stringify(JSON.stringify(value))})`) as Promise<string>;
      expect(await hashOf(notice)).toBe(consent.notice);
      // The twin: one sign more or less would be another notice.
      expect(await hashOf({ ...notice, text: { ...notice.text, title: `${notice.text.title} ` } })).not.toBe(
        consent.notice,
      );
      await page.getByRole("dialog").getByRole("button", { name: notice.text.acceptAll, exact: true }).click();
      const { secret, notice: named } = consentRequest(await seen(isConsent));
      expect(named).toBe(consent.notice);
      const receipts = await fetch(`${host.url}/_w/v1/me/receipts?site=${install.publicKey}`, {
        headers: { Authorization: `Waypost ${secret}`, Origin: host.url },
      });
      expect(await receipts.text()).toContain(consent.notice);
    },
  );
}
