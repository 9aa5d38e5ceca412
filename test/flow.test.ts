import type { Page, Response } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectReply, CollectRequest, Decision } from "../models/wire.ts";
import { journeysOnDisk } from "./harness/disk.ts";
import { HELP, type Shop, type ShopVisitor, secretOf, startShop } from "./harness/shop.ts";
import { waitFor } from "./harness/wait-for.ts";

/** Stuck after twice this: the stall rule's step into the high band. Set through the public config route. */
const TYPICAL_DWELL_MS = 1000;
const COLLECT = "/_w/v1/collect";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop(TYPICAL_DWELL_MS);
});
afterAll(() => shop.close());

/** What a page holds of anything a site can store. */
function stored(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(async () => ({
    localStorage: Object.keys(localStorage).sort(),
    sessionStorage: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map((d) => d.name ?? ""),
    caches: await caches.keys(),
    cookies: document.cookie === "" ? [] : [document.cookie],
  }));
}

const NOTHING = { localStorage: [], sessionStorage: [], databases: [], caches: [], cookies: [] };
const banner = (page: Page) => page.getByRole("region", { name: "May we learn from your visit?" });
const nudge = (page: Page) => page.getByRole("region", { name: String(HELP.content.title) });
const ours = (visitor: ShopVisitor) => visitor.requests.filter((request) => request.includes("/_w/"));

/** Resolves with the first decision that a page is given for an ask. */
async function nextDecision(page: Page): Promise<Decision> {
  let decision: Decision | undefined;
  await page.context().waitForEvent("response", {
    predicate: async (response: Response) => {
      // The body of a reply to a page that has gone on can't be read any more; such a page waits for no decision.
      if (new URL(response.url()).pathname !== COLLECT || response.status() !== 200) return false;
      if ((JSON.parse(response.request().postData() ?? "") as CollectRequest).asks.length === 0) return false;
      decision = ((await response.json()) as CollectReply).decisions[0];
      return decision !== undefined;
    },
    timeout: 20_000,
  });
  return decision as Decision;
}

/** From the listing to the first step of the checkout, as a person goes. */
async function goToCheckout(page: Page): Promise<void> {
  await page.goto("/product?id=tarn-2");
  await page.getByRole("button", { name: "Add to basket" }).click();
  await page.getByRole("link", { name: /Basket/ }).click();
  await page.getByRole("link", { name: "Check out" }).click();
  await page.waitForURL("**/checkout/details");
}

test("B1 before a choice nothing is stored, and the page asks only for script, configuration and banner, without an id", async () => {
  const visitor = await shop.visitor();
  await visitor.page.goto("/");
  await banner(visitor.page).waitFor();
  expect(await stored(visitor.page)).toEqual(NOTHING);
  expect(
    ours(visitor)
      .map((r) => r.replace(/-[\w]{8}\.js$/, "-HASH.js"))
      .sort(),
  ).toEqual(
    [
      "GET /_w/chunks/banner-HASH.js",
      "GET /_w/chunks/chunk-HASH.js",
      `GET /_w/v1/config/${shop.site.publicKey}`,
      "GET /_w/waypost.js",
    ].sort(),
  );
  expect(await visitor.context.cookies()).toEqual([]);
  await visitor.context.close();
});

test("B29 after Reject one item without an id is stored, one request without an id is made, and then none", async () => {
  const visitor = await shop.visitor();
  const { page } = visitor;
  await page.goto("/");
  const answered = page.waitForResponse((response) => response.url().endsWith("/_w/v1/consent"));
  await banner(page).getByRole("button", { name: "Reject" }).click();
  expect((await answered).status()).toBe(200);
  expect(await stored(page)).toEqual({ ...NOTHING, localStorage: ["waypost.choice"] });
  const choice = JSON.parse((await page.evaluate(() => localStorage.getItem("waypost.choice"))) as string);
  expect(choice).toEqual({
    rev: 1,
    purposes: [],
    policy: expect.any(String),
    mode: "opt-in",
    day: Math.floor(Date.now() / 86_400_000),
    own: true,
  });
  const [refusal] = visitor.posts("/_w/v1/consent");
  const told = ["consent", "control", "language", "mode", "notice", "policy", "signals", "site", "surface", "v"];
  expect(Object.keys(refusal ?? {}).sort()).toEqual(told);
  visitor.requests.length = 0;
  await goToCheckout(page);
  await page.goto("/help", { waitUntil: "networkidle" });
  expect(new Set(ours(visitor))).toEqual(new Set(["GET /_w/waypost.js", `GET /_w/v1/config/${shop.site.publicKey}`]));
  expect(await banner(page).count()).toBe(0);
  expect(visitor.posts(COLLECT)).toEqual([]);
  await visitor.context.close();
});

test("D12 D13 a treated visitor who is stuck in the checkout is helped once: Escape closes it, why tells why, it does not come back", async () => {
  const secret = secretOf(shop.edge.keys, "treated");
  const visitor = await shop.visitor({ secret });
  const { page } = visitor;
  await page.goto("/");
  await banner(page).getByRole("button", { name: "Accept" }).click();
  await goToCheckout(page);
  const decision = await nextDecision(page);
  expect(decision).toMatchObject({ verdict: "show", campaign: "checkout-help", variant: "treated" });

  await nudge(page).waitFor();
  await page.getByRole("button", { name: "Why am I seeing this?" }).click();
  await nudge(page).getByText("Checkout: details").first().waitFor();
  await page.keyboard.press("Escape");
  await nudge(page).waitFor({ state: "detached" });
  const state = await waitFor(
    () => journeysOnDisk(shop.edge.persist).find((s) => s.reservations.some((r) => r.id === decision.reservation)),
    (found) => found?.reservations[0]?.reaction === "dismissed",
  );
  expect(state?.reservations).toMatchObject([{ state: "shown", reaction: "dismissed", campaign: "checkout-help" }]);
  expect(state?.decisions.at(-1)).toMatchObject({
    considered: [{ campaign: "checkout-help", version: 1, reason: "chosen" }],
    score: { unverified: false },
  });

  const reloaded = nextDecision(page);
  await page.reload();
  expect(await reloaded).toMatchObject({ verdict: "none", reason: "dismissed" });
  expect(await nudge(page).count()).toBe(0);
  const second = await visitor.context.newPage();
  const elsewhere = nextDecision(second);
  await second.goto("/checkout/delivery");
  expect(await elsewhere).toMatchObject({ verdict: "none", reason: "dismissed" });
  expect(await nudge(second).count()).toBe(0);

  const batches = visitor.posts(COLLECT) as { secret?: string; person?: string; streams: unknown[] }[];
  expect(batches[0]?.secret).toBe(secret);
  expect(batches.some((batch) => batch.person !== undefined && batch.secret === undefined)).toBe(true);
  const sent = JSON.stringify(batches);
  for (const type of ["page", "click", "track", "outcome"]) expect(sent).toContain(`"type":"${type}"`);
  const kinds = new Set(ours(visitor).map((r) => r.replace(/-\w+\.(js|onnx)$/, "").replace(/config\/.*/, "config")));
  expect([...kinds].sort()).toEqual([
    "GET /_w/chunks/asking",
    "GET /_w/chunks/banner",
    "GET /_w/chunks/capture",
    "GET /_w/chunks/chunk",
    "GET /_w/chunks/database",
    "GET /_w/chunks/digests",
    "GET /_w/chunks/nudge",
    "GET /_w/chunks/present",
    "GET /_w/chunks/scoring",
    "GET /_w/chunks/scoring-worker",
    "GET /_w/chunks/sources",
    "GET /_w/models/stall",
    "GET /_w/v1/config",
    "GET /_w/waypost.js",
    "POST /_w/v1/collect",
    "POST /_w/v1/consent",
  ]);
  await visitor.context.close();
});

test("D11 a held-out visitor who is just as stuck sees nothing, and leaves the same exposure", async () => {
  const visitor = await shop.visitor({ secret: secretOf(shop.edge.keys, "holdout") });
  const { page } = visitor;
  await page.goto("/");
  await banner(page).getByRole("button", { name: "Accept" }).click();
  await goToCheckout(page);
  expect(await nextDecision(page)).toMatchObject({ verdict: "none", reason: "holdout" });
  expect(await nudge(page).count()).toBe(0);
  expect(ours(visitor).some((request) => request.includes("nudge"))).toBe(false);
  const held = journeysOnDisk(shop.edge.persist).filter((s) => s.records["checkout-help"]?.variant === "holdout");
  expect(held).toHaveLength(1);
  expect(held[0]?.records["checkout-help"]?.exposedAt).toBeGreaterThan(Date.now() - 60_000);
  expect(held[0]?.reservations).toEqual([]);
  await visitor.context.close();
});

test("B15 who withdraws is forgotten by the page in the same task, and the edge takes nothing more", async () => {
  const visitor = await shop.visitor();
  const { page } = visitor;
  await page.goto("/");
  const collected = page.waitForResponse((response) => new URL(response.url()).pathname === COLLECT);
  await banner(page).getByRole("button", { name: "Accept" }).click();
  await collected;
  expect((await stored(page)).localStorage).toEqual(["waypost.choice", "waypost.secret"]);
  const recorded = page.waitForResponse((response) => response.url().endsWith("/_w/v1/consent"));
  await page.getByRole("button", { name: "Privacy choices" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reject" }).click();
  expect((await stored(page)).localStorage).toEqual(["waypost.choice"]);
  expect((await recorded).status()).toBe(200);
  await waitFor(
    () => stored(page),
    (now) => now.databases?.length === 0,
  );
  visitor.requests.length = 0;
  await goToCheckout(page);
  await page.goto("/help", { waitUntil: "networkidle" });
  expect(visitor.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
  await visitor.context.close();
});
