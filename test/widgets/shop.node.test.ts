import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import config from "../site/waypost.config.ts";
import { axeFindings } from "./axe.ts";
import type { LocalSite } from "./local-site.ts";
import { shopSite } from "./shop-page.ts";

const PAGES = [
  "/",
  "/listing",
  "/product?id=fell-mid",
  "/product?id=cairn-400",
  "/cart",
  "/checkout/details",
  "/checkout/delivery",
  "/checkout/payment",
  "/thanks",
  "/help",
];

let site: LocalSite;
beforeAll(async () => {
  site = await shopSite();
});
afterAll(() => site[Symbol.asyncDispose]());

/** A page that keeps what its policy refused and what it threw. */
async function watched(options: Parameters<LocalSite["open"]>[0] = {}): Promise<{ page: Page; wrong: string[] }> {
  const page = await site.open(options);
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    // The one script that is not here is Waypost's own: in these tests the shop stands alone.
    if (message.type() === "error" && !message.location().url.endsWith("/_w/waypost.js")) wrong.push(message.text());
  });
  return { page, wrong };
}

const events = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { waypost?: [string, string, object][] }).waypost ?? []);

test.each([
  { width: 1280, height: 900, colorScheme: "light" as const },
  { width: 320, height: 640, colorScheme: "dark" as const },
])("A1 A4 every page of the shop passes axe and fits $width px, $colorScheme", async (look) => {
  const { width, height, colorScheme } = look;
  const { page } = await watched({ viewport: { width, height }, colorScheme, bypassCSP: true });
  await page.evaluate(() =>
    localStorage.setItem("shop.cart", JSON.stringify([{ id: "fell-mid", size: "UK 8", count: 1 }])),
  );
  for (const path of PAGES) {
    await page.goto(path);
    if (path.startsWith("/checkout")) await page.getByRole("button", { name: /Continue|Pay/ }).click();
    expect({ path, ...(await axeFindings(page)) }).toEqual({ path, violations: [], undecided: [] });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
  await page.context().close();
});

test("every page has the one tag, the visitor script before it and a way to the privacy choices, under a strict policy", async () => {
  const { page, wrong } = await watched();
  for (const path of PAGES) {
    await page.goto(path);
    const scripts = await page.evaluate(() =>
      [...document.scripts].map((script) => [script.getAttribute("src"), script.dataset.site]),
    );
    expect(scripts.slice(0, 2)).toEqual([
      ["/demo-visitor.js", undefined],
      ["/_w/waypost.js", "%WAYPOST_KEY%"],
    ]);
    expect(await page.locator("button[data-waypost-consent]").innerText()).toBe("Privacy choices");
  }
  expect(wrong).toEqual([]);
  await page.context().close();
});

test("the shop stores nothing until something is put into the basket", async () => {
  const { page } = await watched();
  for (const path of PAGES) await page.goto(path);
  expect(await page.context().storageState()).toEqual({ cookies: [], origins: [] });
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.goto("/product?id=ember");
  await page.getByRole("button", { name: "Add to basket" }).click();
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(["shop.cart"]);
  await page.context().close();
});

test("a visitor buys: wrong fields are named and tied to their texts, and the order is told with its revenue", async () => {
  const { page, wrong } = await watched();
  await page.getByRole("link", { name: "Shop the autumn kit" }).click();
  await page.getByRole("link", { name: "Fell Mid boot" }).click();
  await page.getByLabel("Size").selectOption("UK 8");
  await page.getByRole("button", { name: "Add to basket" }).click();
  expect(await events(page)).toEqual([
    [
      "track",
      "Product Added",
      { product_id: "fell-mid", name: "Fell Mid boot", price: 149, quantity: 1, currency: "GBP" },
    ],
  ]);
  await page.getByRole("link", { name: "Go to the basket" }).click();
  await page.getByRole("link", { name: "Check out" }).click();

  await page.getByLabel("Email address").fill("ada");
  await page.getByRole("button", { name: "Continue" }).click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("errors");
  expect(await page.locator("#errors").innerText()).toContain("5 things to put right");
  const email = page.getByLabel("Email address");
  expect(await email.getAttribute("aria-invalid")).toBe("true");
  const described = (await email.getAttribute("aria-describedby"))?.split(" ") ?? [];
  expect(await page.locator(`#${described[1]}`).innerText()).toBe(
    "Enter an email address like name@example.com, so that we can confirm.",
  );
  await page.getByRole("link", { name: "Enter a UK postcode like CA12 5DD." }).click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("postcode");

  await email.fill("ada@example.com");
  await page.getByLabel("Full name").fill("Ada Byron");
  await page.getByLabel("Address", { exact: true }).fill("1 Lake Road");
  await page.getByLabel("Town or city").fill("Keswick");
  await page.getByLabel("Postcode").fill("CA12 5DD");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("radio", { name: /Next working day/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name on the card").fill("Ada Byron");
  await page.getByLabel("Card number").fill("4242 4242 4242 4241");
  await page.getByLabel("Ends").fill("12/49");
  await page.getByLabel("Security code").fill("123");
  await page.getByRole("button", { name: "Pay" }).click();
  expect(new URL(page.url()).pathname).toBe("/checkout/payment");
  await page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await page.getByRole("button", { name: "Pay" }).click();
  await page.getByText("is placed").waitFor();
  // 149.00 for the boots and 8.50 for the next day.
  expect(await page.locator("#paid").innerText()).toBe("£157.50");
  const number = await page.locator("#number").innerText();
  expect(await events(page)).toEqual([
    ["track", "Order Completed", { order_id: number, revenue: 157.5, currency: "GBP" }],
  ]);
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
  await page.reload();
  expect(await events(page)).toEqual([]);
  expect(wrong).toEqual([]);
  await page.context().close();
});

test("?waypost-demo=treated plants a visitor's secret where there is none; without it nothing is planted", async () => {
  const secret = (page: Page) => page.evaluate(() => localStorage.getItem("waypost.secret"));
  const { page } = await watched();
  expect(await secret(page)).toBeNull();
  await page.goto("/?waypost-demo=treated");
  expect(await secret(page)).toBe("%TREATED_SECRETS%");
  await page.evaluate(() => localStorage.setItem("waypost.secret", "mine"));
  await page.goto("/?waypost-demo=treated");
  expect(await secret(page)).toBe("mine");
  await page.context().close();
});

test("every stage of the shop's configuration is a page of it, and its nudge leads to a place on one", async () => {
  const { page } = await watched();
  for (const { match } of config.journeys.flatMap(({ stages }) => stages)) {
    expect((await page.goto(match.path))?.status()).toBe(200);
  }
  expect((await page.goto("/no-such-page"))?.status()).toBe(404);
  for (const { content } of config.campaigns) {
    await page.goto(content.action.href);
    expect(await page.locator(":target").innerText()).toBe("Stuck while checking out?");
  }
  await page.context().close();
});
