import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
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
    expect(objection).toMatchObject({ control: "withdraw", surface: "banner", consent: { rev: 1, purposes: [] } });
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
