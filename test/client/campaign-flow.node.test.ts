import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { type Install, startInstall, type Visitor } from "../browser/install.ts";
import { sent } from "../browser/sent.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { askedOn, enter, outcomesOf, settled } from "./scripted.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const { stages: _, ...EVERYWHERE } = { ...HELP, holdout: 0 };

/** What pages and edge do together, each as it is. */
const SITE: SiteConfig = {
  ...SMALL_SITE,
  campaigns: [
    { ...EVERYWHERE, trigger: { kind: "touchpoint", name: "Report Exported", where: { rows: { $gt: 100 } } } },
    {
      id: "after",
      version: 1,
      name: "A shorter way",
      kind: "data",
      status: "live",
      holdout: 0,
      cap: HELP.cap,
      trigger: { kind: "outcome", campaign: "help", outcome: "dismissed", afterMs: 1_500 },
      content: { data: { hint: "shorter" } },
    },
    {
      ...EVERYWHERE,
      id: "draft",
      status: "draft",
      trigger: { kind: "exit" },
      content: { title: "Not yet live", body: ["A draft."] },
    },
  ],
};

let install: Install;
beforeAll(async () => {
  install = await startInstall({ config: SITE });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

interface Told extends WaypostWindow {
  told: unknown[];
}

function exported({ page }: Visitor, rows: number): Promise<void> {
  return page.evaluate((count) => {
    (window as unknown as WaypostWindow).waypost.track("Report Exported", { rows: count });
  }, rows);
}

const seen = ({ page }: Visitor, text: string) => page.getByText(text, { exact: true }).first();

visit(
  "L34 L35 what the page itself tells brings the nudge at once, and its dismissal something else a while later",
  async (v) => {
    await enter(v, "/");
    await v.page.evaluate(() => {
      const page = window as unknown as Told;
      page.told = [];
      page.waypost.on("decision", (decision) => decision.data && page.told.push(decision.data));
    });
    await exported(v, 500);
    await seen(v, "Need a hand?").waitFor();
    await v.seen(() => outcomesOf(v).includes("shown"));
    await v.page.keyboard.press("Escape");
    await v.page.waitForFunction(() => (window as unknown as Told).told.length > 0);
    expect(await v.page.evaluate(() => (window as unknown as Told).told)).toEqual([{ hint: "shorter" }]);
    await v.seen(() => outcomesOf(v).length === 3);
    expect(sent(v, "outcome").map(({ name, props }) => `${name} ${props.outcome}`)).toEqual([
      "help shown",
      "help dismissed",
      "after shown",
    ]);
    expect(askedOn(v)).toEqual(["touchpoint.Report Exported", "outcome.help.dismissed"]);
  },
);

visit("L34 whose properties do not meet the campaign's condition is shown nothing", async (v) => {
  await enter(v, "/");
  await exported(v, 5);
  await v.seen(() => askedOn(v).length > 0);
  await settled(v, "End");
  expect(outcomesOf(v)).toEqual([]);
  expect(await seen(v, "Need a hand?").count()).toBe(0);
});

visit("L48 a team's preview link shows a draft, and nothing of it is counted", async (v) => {
  const made = await install.api("POST", "/api/sites/shop/campaigns/draft/preview", { url: `${v.host.url}/cart` });
  const { url } = (await made.json()) as { url: string };
  await enter(v, url.slice(v.host.url.length));
  await seen(v, "Not yet live").waitFor();
  await v.page.keyboard.press("Escape");
  await settled(v, "End");
  expect(outcomesOf(v)).toEqual([]);
  await v.open("/cart");
  await settled(v, "Without it");
  expect(askedOn(v)).toEqual(["preview"]);
});
