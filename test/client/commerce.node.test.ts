import { afterAll, beforeAll, expect, test } from "vitest";
import type { Touchpoint } from "../../models/touchpoint.ts";
import {
  answerBanner,
  capturing,
  carries,
  collectReply,
  collectRequest,
  type Install,
  startInstall,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

let install: Install;
beforeAll(async () => {
  install = await startInstall();
});
afterAll(() => install.close());

test("N1 N5 an order travels with its products, as far as a request carries them, and the edge names a bad line", async () => {
  await install.visit(async ({ page, open, seen }) => {
    await open("/");
    await answerBanner(page, "Accept");
    await capturing(page);
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      const tent = { sku: "tent", price: 90.5, quantity: 2, owner: { email: "planted" }, also: ["planted"] };
      waypost.track("Order Completed", { revenue: 181, currency: "gbp", products: [tent, { sku: "b", price: "?" }] });
      const turning: Record<string, unknown> = { sku: "turning" };
      turning.products = [turning];
      waypost.track("Cart Viewed", { products: [turning, ...Array(60).fill(tent)] });
      waypost.track("Product List Viewed", { products: Array(50).fill({ name: "n".repeat(2_000), sku: "long" }) });
      waypost.track("Cart Shared", { products: "tent" });
      waypost.track("Product Added", { products: null, sku: "tent" });
      waypost.goal(49.9);
    });
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    const sent = await seen(carries("track", "Order Completed"));
    const touchpoints = collectRequest(sent).streams.flatMap((stream) => stream.touchpoints);
    const named = (name: string) => touchpoints.find((touchpoint) => touchpoint.name === name) as Touchpoint;
    const tent = { sku: "tent", price: 90.5, quantity: 2 };
    expect(named("Order Completed")).toMatchObject({
      props: { revenue: 181, currency: "gbp" },
      products: [tent, { sku: "b", price: "?" }],
    });
    expect(named("Order Completed").products?.[0]).toEqual(tent);
    expect(named("Cart Viewed").products).toHaveLength(50);
    expect(named("Cart Viewed").products?.[0]).toEqual({ sku: "turning" });
    const long = named("Product List Viewed").products ?? [];
    expect(JSON.stringify(long).length).toBeLessThan(30_001);
    expect(long.length).toBeGreaterThan(40);
    expect(named("Cart Shared")).not.toHaveProperty("products");
    expect(named("Product Added")).not.toHaveProperty("products");
    expect(named("Goal Reached").props).toEqual({ value: 49.9 });
    expect(sent.body).not.toContain("planted");
    const { acked, refused } = collectReply(sent);
    expect(acked.flatMap(({ seqs }) => seqs)).toContainEqual([0, touchpoints.length - 1]);
    expect(refused.map(({ field }) => field)).toEqual(["products.1.price", "products"]);
  });
});
