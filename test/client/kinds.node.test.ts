import { afterAll, beforeAll, expect, test } from "vitest";
import type { Campaign } from "../../models/campaign.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { consentRequest, type Install, isConsent, startInstall, type Visitor } from "../browser/install.ts";
import { sent } from "../browser/sent.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { enter, outcomesOf, track } from "./scripted.ts";

/** The kinds as they are, on the real edge: one campaign of each, shown to everybody once the page tells its name. */
const SHOWN = (
  [
    { id: "nudge", kind: "nudge", content: { title: "A nudge", body: ["Body"] } },
    { id: "tip", kind: "tip", content: { title: "A tip", body: ["Body"], target: "#there" } },
    { id: "lost", kind: "tip", content: { title: "A lost tip", body: ["Body"], target: "#nowhere" } },
    { id: "offer", kind: "offer", content: { title: "An offer", body: ["Body"], code: { text: "CODE" } } },
    {
      id: "survey",
      kind: "survey",
      content: { title: "A survey", questions: [{ id: "score", kind: "nps", label: "Recommend?" }], thanks: "Thanks" },
    },
    {
      id: "checklist",
      kind: "checklist",
      content: {
        title: "A checklist",
        items: [
          { id: "a", label: "First" },
          { id: "b", label: "Second", match: { type: "track", name: "Done B" } },
        ],
        done: "All",
      },
    },
    {
      id: "tour",
      kind: "tour",
      content: {
        steps: [
          { title: "Step one", body: ["Body"] },
          { title: "Step two", body: ["Body"], path: "/cart" },
        ],
      },
    },
    { id: "banner", kind: "banner", content: { body: ["A banner"] } },
  ] as const
).map(
  (one) =>
    ({
      ...one,
      version: 1,
      name: one.id,
      status: "live",
      holdout: 0,
      cap: { count: 1, windowMs: 86_400_000 },
      trigger: { kind: "touchpoint", name: `Show ${one.id}` },
    }) as unknown as Campaign,
);

const SITE: SiteConfig = {
  ...SMALL_SITE,
  theme: { light: { background: "#ffffff", text: "#111111", accent: "#004080", accentText: "#ffffff" } },
  campaigns: SHOWN,
};

let install: Install;
beforeAll(async () => {
  install = await startInstall({ config: SITE, body: () => `<p id="there">There</p>` });
});
afterAll(() => install.close());

const visit = (title: string, steps: (v: Visitor) => Promise<void>) =>
  test.concurrent(title, () => install.visit(steps));
const seen = ({ page }: Visitor, text: string) => page.getByText(text, { exact: true }).first().waitFor();

/** A first view on which this campaign's moment has come. */
async function meet(v: Visitor, campaign: string): Promise<void> {
  await enter(v, "/pay");
  await track(v.page, `Show ${campaign}`);
}

test.concurrent.each([
  ["nudge", "A nudge"],
  ["tip", "A tip"],
  ["offer", "An offer"],
  ["survey", "A survey"],
  ["checklist", "A checklist"],
  ["tour", "Step one"],
  ["banner", "A banner"],
])("L41 a campaign of the kind %s is shown, and counts as shown once", (kind, text) =>
  install.visit(async (v) => {
    await meet(v, kind);
    await seen(v, text);
    await v.seen(() => outcomesOf(v).length > 0);
    expect(outcomesOf(v)).toEqual(["shown"]);
  }),
);

visit("L41 a tip whose target is not there gives its reservation back, and nothing is on the page", async (v) => {
  await meet(v, "lost");
  await v.seen(() => outcomesOf(v).length > 0);
  expect(outcomesOf(v)).toEqual(["withheld target-gone"]);
  expect(await v.page.getByText("A lost tip").count()).toBe(0);
});

visit("L45 L46 a checklist ticks itself, is ticked, and is all done on the next page", async (v) => {
  await meet(v, "checklist");
  await seen(v, "A checklist");
  await track(v.page, "Done B");
  await v.page.getByRole("checkbox", { name: "First" }).check();
  await v.seen(() => outcomesOf(v).includes("ticked a"));
  await v.open("/cart");
  await seen(v, "All");
});

visit("L45 a tour leads to the next page, and goes on there", async (v) => {
  await meet(v, "tour");
  await seen(v, "Step one");
  await v.page.getByRole("link", { name: "Next" }).click();
  await v.page.waitForURL("**/cart");
  await seen(v, "Step two");
});

visit("L47 an answer of a survey is an event", async (v) => {
  await meet(v, "survey");
  await v.page.getByRole("radio", { name: "9" }).check();
  await v.page.getByRole("button", { name: "Next" }).click();
  await v.seen(() => sent(v, "track").some(({ name }) => name === "Survey Answered"));
  expect(sent(v, "track").at(-1)?.props).toEqual({ campaign: "survey", question: "score", kind: "nps", value: 9 });
});

visit("L42 what is turned off in a nudge is taken back, and nothing else is", async (v) => {
  await meet(v, "nudge");
  await v.page.getByRole("button", { name: "Why am I seeing this?" }).click();
  await v.page.getByRole("button", { name: "Turn all of this off" }).click();
  const withdrawn = await v.seen((e) => isConsent(e) && consentRequest(e).control === "withdraw");
  expect(consentRequest(withdrawn).surface).toBe("campaign");
  const { purposes } = await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get());
  expect(purposes).toEqual(["analytics"]);
});
