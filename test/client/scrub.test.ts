import { expect, test } from "vitest";
import { scrubText, scrubUrl } from "../../client/scrub.ts";

test.each([
  ["Write to alice.smith+shop@example.co.uk now", "Write to • now"],
  ["Call +44 20 7946 0958", "Call +•"],
  ["Card 4111 1111 1111 1111", "Card •"],
  ["Code 123456", "Code •"],
  ["SSN 078-05-1120", "SSN •"],
  ["session 3f2b8c1d9e4a4b6f8c7d and more", "session • and more"],
  ["eyJhbGciOiJIUzI1NiJ9abcdef", "•"],
])("S20 what could tell who somebody is leaves a text as a dot: %s", (text, scrubbed) => {
  expect(scrubText(text)).toBe(scrubbed);
});

test.each([
  "Buy now",
  "3 for 2",
  "Size 42",
  "£1,299.00",
  "Autumn 2026",
  "Add 12345 to basket",
  "internationalisation-friendly",
])("S20 what a page is made of stays as it is: %s", (text) => {
  expect(scrubText(text)).toBe(text);
});

test("white space becomes one space, so that a name is what a person reads", () => {
  expect(scrubText("  Add\n   to\tbasket ")).toBe("Add to basket");
});

test.each([
  ["https://shop.example/cart?email=a@b.c#pay", "https://shop.example/cart"],
  ["https://user:word@shop.example/cart", "https://shop.example/cart"],
  ["https://shop.example/u/alice@example.com/orders", "https://shop.example/u/*/orders"],
  ["https://shop.example/u/alice%40example.com", "https://shop.example/u/*"],
  ["https://shop.example/tel/442079460958", "https://shop.example/tel/*"],
  ["https://shop.example/reset/9f86d081884c7d659a2feaa0c55ad015", "https://shop.example/reset/*"],
  ["https://shop.example/o/123e4567-e89b-12d3-a456-426614174000", "https://shop.example/o/*"],
])("S20 a URL keeps origin and path, without what tells who somebody is: %s", (href, scrubbed) => {
  expect(scrubUrl(href)).toBe(scrubbed);
});

test.each([
  "https://shop.example/product/4711",
  "https://shop.example/tents/two-person-tent-for-autumn-2026",
  "http://localhost:8787/checkout/address",
])("a path that tells pages apart stays as it is: %s", (href) => {
  expect(scrubUrl(href)).toBe(href);
});

test.each([
  "about:blank",
  "file:///home/alice/index.html",
  "data:text/html,hi",
  `https://shop.example/${"a/".repeat(600)}`,
])("what is no page of the web has no URL: %s", (href) => {
  expect(scrubUrl(href)).toBe("");
});
