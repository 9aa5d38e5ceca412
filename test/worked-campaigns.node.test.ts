import { isDeepStrictEqual } from "node:util";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Campaign } from "../models/campaign.ts";
import type { CampaignCounts } from "../models/campaign-counts.ts";
import { workedOf } from "../worker/cli/waypost/campaigns.ts";
import type { WaypostWindow } from "./browser/waypost-window.ts";
import { type Shop, type ShopVisitor, secretOf, startShop } from "./harness/shop.ts";
import { waitFor } from "./harness/wait-for.ts";
import demo, { SHOWN_IN_DEMO } from "./site/waypost.config.ts";

/** A stage's typical dwell, ms: who does nothing for twice this is stuck. */
const DWELL_MS = 1_000;
/** In the place of what a file says of how long a score has to hold, ms. */
const HOLD_MS = 1_000;
/** Six shops share two cores. */
const PATIENCE_MS = 25_000;
const COLLECT = "/_w/v1/collect";

/** A file's campaigns as they are, but live, for everybody, at any hour, and for visitors who are in a hurry. */
function live(file: string): Campaign[] {
  return workedOf(file).map((campaign) => {
    const { schedule: _, trigger, ...rest } = campaign;
    const hurried = trigger.kind === "score" && trigger.forMs ? { ...trigger, forMs: HOLD_MS } : trigger;
    return { ...rest, trigger: hurried, status: "live", holdout: 0 } as Campaign;
  });
}

/** The demo shop with one file's campaigns and no others. */
function story(title: string, file: string, tell: (shop: Shop, campaigns: Campaign[]) => Promise<void>): void {
  test(title, async () => {
    const campaigns = live(file);
    const shop = await startShop(DWELL_MS, { changes: { campaigns } });
    await tell(shop, campaigns).finally(shop.close);
  });
}

/** A visitor who has agreed, on the first page. */
async function agreed(shop: Shop, secret?: string): Promise<ShopVisitor & { id: string }> {
  const visitor = await shop.visitor(secret === undefined ? {} : { secret });
  visitor.context.setDefaultTimeout(PATIENCE_MS);
  const { page } = visitor;
  await page.goto("/");
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === COLLECT);
  await page.getByRole("button", { name: "Accept", exact: true }).click();
  const { visitor: id } = (await (await answered).json()) as { visitor: string };
  return { ...visitor, id };
}

const said = (page: Page, name: string) => page.getByRole("region", { name });

/** What the edge has counted of a campaign: verdicts, and what became of showings in all arms. */
async function counted({ edge }: Shop, campaign: string): Promise<{ reasons: object; outcomes: object }> {
  const response = await edge.api("GET", `/api/sites/demo/campaigns/${campaign}/counts`);
  const { total } = (await response.json()) as { total: CampaignCounts[] };
  const [counts] = total;
  const outcomes: Record<string, number> = {};
  for (const arm of counts?.arms ?? [])
    for (const [name, times] of Object.entries(arm.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + times;
  return { reasons: counts?.reasons ?? {}, outcomes };
}

/** Resolves when the edge has counted exactly this of what became of showings. */
async function outcome(shop: Shop, campaign: string, wanted: Record<string, number>): Promise<void> {
  const isWanted = (seen: object) => isDeepStrictEqual(seen, wanted);
  await waitFor(async () => (await counted(shop, campaign)).outcomes, isWanted, PATIENCE_MS);
}

/** Resolves when the edge has given this verdict on a campaign. */
function verdict(shop: Shop, campaign: string, reason: string): Promise<unknown> {
  return waitFor(
    () => counted(shop, campaign),
    ({ reasons }) => reason in reasons,
    PATIENCE_MS,
  );
}

/** From a product to the first step of the checkout, as a person goes. */
async function goToCheckout(page: Page): Promise<void> {
  await page.goto("/product?id=tarn-2");
  await page.getByRole("button", { name: "Add to basket" }).click();
  await page.getByRole("link", { name: "Go to the basket" }).click();
  await page.getByRole("link", { name: "Check out" }).click();
  await page.waitForURL("**/checkout/details");
}

/** On to the last step. */
async function goToPayment(page: Page): Promise<void> {
  await goToCheckout(page);
  const fields = { "Email address": "ada@example.com", "Full name": "Ada Byron", "Town or city": "Keswick" };
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
  await page.getByLabel("Address", { exact: true }).fill("1 Lake Road");
  await page.getByLabel("Postcode").fill("CA12 5DD");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("radio", { name: /Next working day/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL("**/checkout/payment");
}

async function pay(page: Page): Promise<void> {
  await page.getByLabel("Name on the card").fill("Ada Byron");
  await page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await page.getByLabel("Ends").fill("12/49");
  await page.getByLabel("Security code").fill("123");
  await page.getByRole("button", { name: "Pay" }).click();
  await page.getByText("is placed").waitFor();
}

/** An order that was placed a moment ago: the page that thanks for it tells of it. */
async function ordered(page: Page): Promise<void> {
  await page.evaluate(() => {
    const placed = { number: "FH-000001", pence: 24_900, lines: [] };
    sessionStorage.setItem("shop.order", JSON.stringify({ email: "ada@example.com", placed }));
  });
  await page.goto("/thanks");
  await page.getByText("is placed").waitFor();
}

test("what npm start shows beside the demo's own campaign are worked ones, a list, a tip, a survey and a nudge, none under an id of the demo's", () => {
  const shown = SHOWN_IN_DEMO.flatMap(workedOf);
  expect(shown.map(({ kind }) => kind).sort()).toEqual(["checklist", "nudge", "survey", "tip"]);
  const ids = [...demo.campaigns, ...shown].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

story(
  "help on stall: who is stuck in the checkout is helped once, and not again after closing it; who only looks about never",
  "help-on-stall",
  async (shop) => {
    const { page } = await agreed(shop);
    const help = said(page, "Can we help with your order?");
    await page.goto("/product?id=tarn-2");
    await verdict(shop, "help-on-stall", "not-in-audience");
    expect(await help.count()).toBe(0);
    await goToCheckout(page);
    await help.getByRole("link", { name: "See what others ask" }).waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    await page.reload();
    await verdict(shop, "help-on-stall", "dismissed");
    expect(await help.count()).toBe(0);
    expect(await counted(shop, "help-on-stall")).toEqual({
      reasons: { "not-in-audience": expect.any(Number), chosen: 1, dismissed: 1 },
      outcomes: { shown: 1, dismissed: 1 },
    });
  },
);

story(
  "first steps: the list ticks itself over pages and a reload; it gives way to the tip above the sizes, and is back after it",
  "first-steps",
  async (shop) => {
    const { page } = await agreed(shop);
    const list = said(page, "Find your way around");
    const tip = said(page, "Between two sizes?");
    const done = (n: number) => list.getByRole("button", { name: `${n} of 3 done` }).waitFor();
    await page.mouse.wheel(0, 600);
    await done(0);
    await list.getByRole("link", { name: "Look at a product" }).click();
    await page.waitForURL("**/listing");
    await done(0);
    await page.getByRole("link", { name: "Fell Mid boot" }).click();
    await tip.waitFor();
    expect(await list.count()).toBe(0);
    const [size, card] = await Promise.all([page.locator("#size-field").boundingBox(), tip.boundingBox()]);
    if (!size || !card) throw new Error("nothing is there");
    expect(card.y + card.height).toBeLessThanOrEqual(size.y);
    expect(card.y + card.height).toBeGreaterThan(size.y - 40);
    expect(card.x).toBeLessThan(size.x + size.width);
    expect(card.x + card.width).toBeGreaterThan(size.x);
    await page.getByRole("button", { name: "Add to basket" }).click();
    await page.keyboard.press("Escape");
    await done(2);
    await outcome(shop, "first-size", { shown: 1, dismissed: 1 });
    await page.reload();
    await done(2);
    await list.getByRole("checkbox", { name: "Read how returns work" }).check();
    await list.getByText("That is all there is to it. Enjoy!").waitFor();
    await list.getByRole("button", { name: "Close" }).click();
    await outcome(shop, "first-steps", { shown: 1, ticked: 3, acted: 1 });
    await page.goto("/product?id=fell-mid");
    await verdict(shop, "first-size", "dismissed");
    expect(await tip.or(list).count()).toBe(0);
  },
);

story(
  "offer on intent: who hesitates before paying gets the code, not while paying; who has ordered gets none",
  "offer-on-intent",
  async (shop, [campaign]) => {
    const { page, context } = await agreed(shop, secretOf(shop.edge.keys, "deadline", campaign));
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const name = "Free delivery until Sunday";
    await goToPayment(page);
    await verdict(shop, "offer-on-intent", "not-in-audience");
    expect(await said(page, name).count()).toBe(0);
    await page.goto("/listing");
    await said(page, name).getByRole("button", { name: "See the offer" }).click();
    const dialog = page.getByRole("dialog", { name });
    await dialog.getByRole("button", { name: "Copy the code" }).click();
    await dialog.getByText("The code is copied.").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("SUNDAY");
    await page.keyboard.press("Escape");
    await outcome(shop, "offer-on-intent", { shown: 1, acted: 1, dismissed: 1 });

    const buyer = await agreed(shop, secretOf(shop.edge.keys, "plain", campaign));
    await goToPayment(buyer.page);
    await pay(buyer.page);
    await buyer.page.goto("/listing");
    await verdict(shop, "offer-on-intent", "goal-reached");
    expect(await said(buyer.page, "Delivery is on us").count()).toBe(0);
    await outcome(shop, "offer-on-intent", { shown: 1, acted: 1, dismissed: 1 });
  },
);

story(
  "save play: the next page after the server's word asks what is wrong, and who finds it hard is shown round",
  "save-play",
  async (shop) => {
    const { page, id } = await agreed(shop);
    const survey = said(page, "May we ask you two things?");
    await page.goto("/listing");
    const told = await fetch(`${shop.edge.url}/v1/track`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${shop.site.writeKey}:`)}` },
      body: JSON.stringify({ anonymousId: id, event: "Usage Declined" }),
    });
    expect(told.status).toBe(200);
    expect(await survey.count()).toBe(0);
    await page.goto("/help");
    await survey.getByRole("radio", { name: "It is hard to use" }).check();
    await survey.getByRole("button", { name: "Next" }).click();
    await verdict(shop, "save-help", "chosen");
    expect(await said(page, "Shall we show you round?").count()).toBe(0);
    await survey.getByRole("button", { name: "Skip" }).click();
    await survey.getByRole("button", { name: "Done" }).click();
    await said(page, "Shall we show you round?").getByRole("link", { name: "Choose a time" }).waitFor();
    await outcome(shop, "save-survey", { shown: 1, acted: 1 });
    await outcome(shop, "save-help", { shown: 1 });
  },
);

story(
  "upsell: a full team is told of the next plan in a bar; who wants less of it sees none of its kind again",
  "upsell",
  async (shop) => {
    const { page } = await agreed(shop);
    const tell = () => page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Seat Limit Reached"));
    const bar = said(page, "Announcement");
    await tell();
    await bar.getByRole("link", { name: "Compare plans" }).waitFor();
    await bar.getByRole("button", { name: "Why am I seeing this?" }).click();
    await bar.getByRole("button", { name: "Show less like this" }).click();
    await bar.waitFor({ state: "detached" });
    await page.goto("/help");
    await tell();
    await verdict(shop, "upsell", "less-wanted");
    expect(await bar.count()).toBe(0);
    await outcome(shop, "upsell", { shown: 1, less: 1 });
  },
);

story(
  "service recovery: after an order one of five brings an apology and a way to write, five of five brings none",
  "service-recovery",
  async (shop) => {
    const rate = async (stars: string): Promise<Page> => {
      const { page } = await agreed(shop);
      await ordered(page);
      const survey = said(page, "How was ordering with us?");
      await survey.getByRole("radio", { name: stars }).check();
      await survey.getByRole("button", { name: "Next" }).click();
      await survey.getByText("Thank you!").waitFor();
      await survey.getByRole("button", { name: "Done" }).click();
      return page;
    };
    const happy = await rate("5");
    await verdict(shop, "service-recovery", "nothing-waits");
    expect(await said(happy, "We are sorry").count()).toBe(0);

    const page = await rate("1");
    const write = said(page, "We are sorry").getByRole("link", { name: "Write to us" });
    expect(await write.getAttribute("href")).toBe("mailto:help@fernhill.example");
    await outcome(shop, "service-recovery", { shown: 1 });
    await outcome(shop, "rating", { shown: 2, acted: 2 });
  },
);
