import { expect, test } from "vitest";
import { isCommerceEvent, orderOf } from "../../models/commerce.ts";
import { parseBatch } from "../../models/segment.ts";
import { type Props, parseTouchpoint, type Touchpoint } from "../../models/touchpoint.ts";
import { parseCollect } from "../../models/wire.ts";
import cases from "../cases/commerce.json" with { type: "json" };

const order = { seq: 0, type: "track", name: "Order Completed", at: 1, url: "", props: {} };

function read(change: Record<string, unknown>): { touchpoint: Touchpoint; left: string[] } {
  const parsed = parseTouchpoint({ ...order, ...change });
  if (!parsed.ok) throw new Error(parsed.bound);
  return { touchpoint: parsed.value, left: (parsed.left ?? []).map(({ field }) => field) };
}

test("N1 the events of the e-commerce specification carry products, no others do", () => {
  const products = [{ sku: "a" }];
  expect(cases.events.filter((name) => !isCommerceEvent(name))).toEqual([]);
  expect(cases.otherEvents.filter(isCommerceEvent)).toEqual([]);
  for (const name of cases.events) expect(read({ name, products }).touchpoint.products).toEqual(products);
  for (const name of cases.otherEvents) expect(read({ name, products }).touchpoint).not.toHaveProperty("products");
  expect(read({ type: "identify", products }).touchpoint).not.toHaveProperty("products");
  expect(read({ name: "Signup", props: { revenue: "12", currency: "x" } }).touchpoint.props).toEqual({
    revenue: "12",
    currency: "x",
  });
});

test.each(cases.props as [object, object, string | null][])("N2 of the money %j %j is kept", (props, kept, left) => {
  expect(read({ props })).toMatchObject({ touchpoint: { props: kept }, left: left ? [left] : [] });
  expect(Object.keys(read({ props }).touchpoint.props)).toEqual(Object.keys(kept));
});

test.each(cases.products as [unknown, unknown[], string | null][])(
  "N3 of the products %j those are kept that can be read, and the first that cannot is named",
  (products, kept, left) => {
    const { touchpoint, left: named } = read({ products });
    expect(touchpoint.products ?? []).toEqual(kept);
    expect(named[0] ?? null).toBe(left);
  },
);

test("N3 at most 50 products of texts of 512 characters, and at most 5 faults are named", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ sku: `s${i}` }));
  expect(read({ products: many(50) })).toMatchObject({ left: [], touchpoint: { products: many(50) } });
  expect(read({ products: many(51) })).toMatchObject({ left: ["products"], touchpoint: { products: many(50) } });
  expect(read({ products: [{ name: "n".repeat(512) }] }).touchpoint.products).toHaveLength(1);
  expect(read({ products: [{ name: "n".repeat(513) }] }).left).toEqual(["products.0.name"]);
  expect(read({ products: [{ sku: "a", price: Number.MAX_VALUE }] }).touchpoint.products).toHaveLength(1);
  expect(read({ products: [{ sku: "a", price: Number.POSITIVE_INFINITY }] }).left).toEqual(["products.0.price"]);
  expect(read({ products: Array(50).fill(0) }).left).toHaveLength(5);
});

test.each(cases.orders as unknown as [string, Props, Touchpoint["products"], object | null][])(
  "N4 the order that “%s” %j tells of",
  (name, props, products = [], expected) => {
    const touchpoint: Touchpoint = { ...order, type: "track", name, props, products };
    expect(orderOf(touchpoint)).toEqual(expected && { ...expected, products });
    expect(orderOf({ ...touchpoint, type: "page" })).toBe(null);
  },
);

test("N5 an order with a bad line is kept, in a page's batch and in a server's, and the line is named", () => {
  const products = [{ sku: "a", price: "9.90" }, { price: "?" }];
  const stream = "abcdefghi_-";
  const frame = { v: 1, site: "key", secret: "abcdefghijklmnopqrst_-", sentAt: 5, consent: { rev: 1, purposes: [] } };
  const collected = parseCollect({ ...frame, streams: [{ stream, touchpoints: [{ ...order, products }] }] });
  const kept = { ...order, products: [{ sku: "a", price: 9.9 }] };
  expect(collected).toMatchObject({
    value: {
      streams: [{ touchpoints: [kept] }],
      refused: [
        { stream, seq: 0, reason: "malformed", field: "products.1.price", bound: "a finite number, not below 0" },
      ],
    },
  });
  const item = {
    anonymousId: "a",
    seq: 0,
    timestamp: new Date(1).toISOString(),
    type: "track",
    event: "Order Completed",
  };
  const batch = [{ ...item, properties: { products, revenue: "9.9" } }];
  const imported = parseBatch({ historical: true, stream: "s", batch }, 0);
  expect(imported.ok && imported.value.items.map(({ item: read }) => read.touchpoint)).toEqual([
    { ...kept, props: { revenue: 9.9 } },
  ]);
});
