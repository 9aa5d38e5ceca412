import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PublishedConfig, SiteConfig } from "../../models/site-config.ts";
import {
  arrived,
  carries,
  collectRequest,
  consentRequest,
  type Install,
  isCollect,
  isConsent,
  keptBy,
  noDatabase,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const { text: _, ...consent } = SMALL_SITE.consent;
const CONFIG: SiteConfig = {
  ...SMALL_SITE,
  consent: {
    ...consent,
    purposes: ["analytics", "scoring", "sharing"],
    regions: [{ countries: ["US"], mode: "opt-out" }],
    control: true,
  },
};

let install: Install;
beforeAll(async () => {
  install = await startInstall({ config: CONFIG, place: { country: "US", regionCode: "TX" } });
});
afterAll(() => install.close());
function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}
/** From now on this page is as at another place, or of a site with other settings. */
async function tell(page: Page, change: Partial<PublishedConfig["consent"]>): Promise<void> {
  await page.route("**/v1/config/*", async (route) => {
    const response = await route.fetch();
    const config = (await response.json()) as PublishedConfig;
    await route.fulfill({ response, json: { ...config, consent: { ...config.consent, ...change } } });
  });
}
const stored = async ({ page }: Visitor) => JSON.parse((await keptBy(page)).local["waypost.choice"] ?? "null");
const heldBy = ({ page }: Visitor) => page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get());
const track = (v: Visitor, name: string) =>
  v.page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);

visit(
  "C42 where the place allows it what is offered runs until an objection, and that is said; one press ends it",
  async (v) => {
    const { page, open, asked, seen } = v;
    await open();
    await page.getByRole("region", { name: "We learn from your visit" }).waitFor();
    await track(v, "Before any answer");
    const batch = await seen(carries("track", "Before any answer"));
    expect(collectRequest(batch).consent).toEqual({ rev: 0, purposes: ["analytics", "scoring", "sharing"] });
    expect(JSON.parse(batch.reply).refused).toEqual([]);
    expect(asked().filter(isConsent)).toEqual([]);
    await page.getByRole("button", { name: "Reject all", exact: true }).click();
    await track(v, "Too late");
    const objection = consentRequest(await seen(isConsent));
    expect(objection).toMatchObject({ control: "reject", surface: "banner", consent: { rev: 1, purposes: [] } });
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
    await noDatabase(page);
    await open("/cart");
    await page.getByRole("button", { name: "Privacy choices" }).waitFor();
    expect(arrived(asked())).not.toContain("track Too late");
    expect(arrived(asked())).not.toContain("page Page /cart");
  },
);

visit("C42 whoever agrees there goes on as the same visitor, under a choice", async (v) => {
  const { page, open, seen } = v;
  await open();
  await track(v, "Before");
  const before = collectRequest(await seen(carries("track", "Before")));
  await page.getByRole("button", { name: "That is fine", exact: true }).click();
  const agreed = consentRequest(await seen(isConsent));
  expect(agreed).toMatchObject({ control: "accept", secret: before.secret, consent: { rev: 1 } });
  await track(v, "After");
  expect(collectRequest(await seen(carries("track", "After"))).consent.rev).toBe(1);
});

visit(
  "B19 Global Privacy Control is an objection there: nothing runs, nobody is asked, no record is made",
  async (v) => {
    const { page, open, asked, context, seen } = v;
    await context.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }),
    );
    await open();
    await track(v, "Not kept");
    await page.getByRole("button", { name: "Privacy choices" }).click();
    await page.getByText("Opt-out request honoured").waitFor();
    expect(await keptBy(page)).toMatchObject({ local: {}, databases: [] });
    expect(asked().filter(({ method }) => method === "POST")).toEqual([]);
    // The twin: an explicit choice counts against it (B20).
    await page.getByRole("button", { name: "That is fine", exact: true }).click();
    await track(v, "Kept");
    await seen(carries("track", "Kept"));
    expect(asked().filter(isCollect).length).toBeGreaterThan(0);
  },
);

visit(
  "C13 what was not refused there is no yes at a place that needs one: nothing runs, and it is asked for",
  async (v) => {
    const { page, context, open, asked, seen } = v;
    await open();
    await page.getByRole("button", { name: "That is fine", exact: true }).click();
    expect(consentRequest(await seen(isConsent))).toMatchObject({ mode: "opt-out", consent: { rev: 1 } });
    expect(await stored(v)).toMatchObject({ mode: "opt-out", purposes: ["analytics", "scoring", "sharing"] });
    const abroad = await context.newPage();
    await tell(abroad, { mode: "opt-in" });
    await open("/abroad", abroad);
    await abroad.getByRole("button", { name: "That is fine", exact: true }).waitFor();
    expect(await heldBy({ ...v, page: abroad })).toMatchObject({ rev: 1, purposes: [], decided: false });
    expect(arrived(asked())).not.toContain("page Page /abroad");
    // The twin: a yes that is given there counts there.
    await abroad.getByRole("button", { name: "That is fine", exact: true }).click();
    expect(await heldBy({ ...v, page: abroad })).toMatchObject({ rev: 2, decided: true });
    await open("/abroad-again", abroad);
    await seen(carries("page", "Page /abroad-again"));
  },
);

visit(
  "C14 an objection before any choice, and a reset after it, are no choice: the notice stays, and the record says so",
  async (v) => {
    const { page, open, seen } = v;
    const notice = page.getByRole("region", { name: "We learn from your visit" });
    await open();
    await notice.getByRole("button", { name: "Choose in detail" }).click();
    await page.getByRole("button", { name: "I object to profiling" }).click();
    const act = consentRequest(await seen(isConsent));
    expect(act).toMatchObject({ policy: "", control: "object", consent: { rev: 2, objects: true } });
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await notice.count()).toBe(1);
    expect(await heldBy(v)).toMatchObject({ rev: 2, objects: true, decided: false });
    const { secret } = act;
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.reset());
    await seen((exchange) => isConsent(exchange) && consentRequest(exchange).control === "reset");
    expect(await heldBy(v)).toMatchObject({ objects: true, decided: false });
    await open("/later");
    await notice.waitFor();
    const later = collectRequest(await seen(carries("page", "Page /later")));
    expect(later.secret).not.toBe(secret);
    expect(later.consent).toMatchObject({ objects: true, purposes: ["analytics", "scoring", "sharing"] });
    const receipts = await page.evaluate(
      async ([site, key]) => {
        const reply = await fetch(`/_w/v1/me/receipts?site=${site}`, { headers: { Authorization: `Waypost ${key}` } });
        return (await reply.json()).receipts.map(
          (r: Record<string, Record<string, unknown>>) => r["dpv:hasRecordOfActivity"]?.["waypost:record"],
        );
      },
      [install.publicKey, secret] as const,
    );
    expect(receipts).toMatchObject([{ granted: [], refused: [], objects: true, control: "object", policy: "" }]);
  },
);

visit(
  "B14 a notice that the visitor opened again and left by Escape leaves the control on the page",
  async ({ page, open }) => {
    await open();
    await page.getByRole("region", { name: "We learn from your visit" }).waitFor();
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.open());
    await page.getByRole("button", { name: "Close without changing my choice" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Privacy choices" }).waitFor();
    // What runs can be ended there at one press.
    await page.getByRole("button", { name: "Withdraw" }).click();
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
  },
);

visit("B19 where the browser's signal takes away sharing alone, the rest runs, and is told", async (v) => {
  const { page, context, open, seen } = v;
  await context.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }),
  );
  await tell(page, { mode: "notice", gpc: "sharing" });
  await open();
  const notice = page.getByRole("region", { name: "We learn from your visit" });
  await notice.getByText("Opt-out request honoured").waitFor();
  expect(collectRequest(await seen(carries("page", "Page /"))).consent).toEqual({
    rev: 0,
    purposes: ["analytics", "scoring"],
  });
});
