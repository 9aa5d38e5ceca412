import fc from "fast-check";
import { expect, test } from "vitest";
import { scrubPath, scrubText, scrubUrl } from "../../models/scrub.ts";
import { parseTouchpoint } from "../../models/touchpoint.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import cases from "../cases/scrub.json" with { type: "json" };

const pairs = (list: readonly string[][]) => list as [given: string, scrubbed: string][];

test.each(pairs(cases.text))(
  "P1 what could tell who somebody is leaves a text as a dot (S20): %s",
  (given, scrubbed) => {
    expect(scrubText(given)).toBe(scrubbed);
  },
);

test.each(cases.textKept)("P1 what a page is made of stays as it is: %s", (given) => {
  expect(scrubText(given)).toBe(given);
});

test.each(pairs(cases.path))("P2 a path loses each segment that tells who somebody is (S20): %s", (given, scrubbed) => {
  expect(scrubPath(given)).toBe(scrubbed);
});

test.each(cases.pathKept)("P2 a path that tells pages apart stays as it is: %s", (given) => {
  expect(scrubPath(given)).toBe(given);
});

test.each([
  ["https://shop.example/cart?email=a@b.c#pay", "https://shop.example/cart"],
  ["https://user:word@shop.example/cart", "https://shop.example/cart"],
  ["http://localhost:8787/u/alice@example.com/orders", "http://localhost:8787/u/*/orders"],
  ["about:blank", ""],
  ["file:///home/alice/index.html", ""],
  ["data:text/html,hi", ""],
])("P3 a URL keeps origin and path, and is none where it is no page's: %s", (href, scrubbed) => {
  expect(scrubUrl(href)).toBe(scrubbed);
});

test("P3 a URL has at most 1,024 characters without query and fragment, and is none beyond", () => {
  const origin = "https://shop.example/";
  const longest = origin + "a".repeat(1024 - origin.length);
  expect(scrubUrl(`${longest}?q#f`)).toBe(longest);
  expect(scrubUrl(`${longest}a`)).toBe("");
});

/** Texts that come near what is scrubbed: pieces of secrets, put together anyhow. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom("a@b.c", "@", "%40", "123456", "12", "3", " ", "-", "_", ".", "/", "(", ")", ":", "eyJ", "GB82"),
      fc.constantFrom("WEST", "beef-dead", "٤١", "•", "*", ";x=1", "\u00a0", "%2F", "deadbeef1", "aB3dE6", "%"),
      fc.string({ maxLength: 5 }),
      fc.string({ unit: "binary", maxLength: 5 }),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

test("P4 what was scrubbed stays as it is when it is scrubbed again: at the edge, what the page sent", () => {
  fc.assert(
    fc.property(nearly, (text) => {
      const once = scrubText(text);
      expect(scrubText(once)).toBe(once);
      const path = scrubPath(text);
      expect(scrubPath(path)).toBe(path);
    }),
    { numRuns: 5_000 },
  );
});

/** Shapes of the list of S20, made anew each run; markers none of which may be left in what comes out. */
const digits = (count: number) => fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count });
const base64url = fc.array(fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"), {
  minLength: 32,
  maxLength: 64,
});
const SECRETS: Record<string, fc.Arbitrary<string>> = {
  "an e-mail address": fc.emailAddress(),
  "a card": digits(16).map((d) => d.join("").replace(/(.{4})(?=.)/g, "$1 ")),
  "a social security number": digits(9).map((d) => d.join("").replace(/^(...)(..)/, "$1-$2-")),
  "a one-time code": digits(6).map((d) => d.join("")),
  "a UUID": fc.uuid(),
  "a hash": fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: 40, maxLength: 40 }).map((d) => d.join("")),
  "a key": base64url.map((d) => d.join("")).filter((key) => /[A-Za-z]\d+[A-Za-z]{5}/.test(key)),
};
for (const [kind, secret] of Object.entries(SECRETS)) {
  test(`P1 nothing is left in a sentence of ${kind}, whichever it is (S20)`, () => {
    fc.assert(
      fc.property(secret, (value) => {
        const left = scrubText(`Hello ${value} and bye`);
        expect(left).toBe("Hello • and bye");
      }),
      { numRuns: 300 },
    );
  });
}

const seen = { seq: 0, at: 1, props: {} };
function nameAtTheEdge(type: TouchpointType, name: string): string {
  const parsed = parseTouchpoint({ ...seen, type, name, url: "", props: { reservation: "r", outcome: "shown" } });
  if (!parsed.ok) throw new Error(parsed.bound);
  return parsed.value.name;
}

test("P5 the edge scrubs addresses and what a page says of itself; what a site's code declares stays as it is", () => {
  const parsed = parseTouchpoint({ ...seen, type: "track", name: "", url: "https://shop.example/u/a@b.c;s=1/x?q#f" });
  expect(parsed.ok && parsed.value.url).toBe("https://shop.example/u/*/x");
  for (const type of ["page", "click", "form_start", "form_submit", "form_field", "error", "copy", "leave"] as const) {
    expect([type, nameAtTheEdge(type, "Hello a@b.c")]).toEqual([type, "Hello •"]);
  }
  for (const type of ["track", "identify", "group", "alias", "screen"] as const) {
    expect([type, nameAtTheEdge(type, "Hello a@b.c")]).toEqual([type, "Hello a@b.c"]);
  }
});

test("P5 of a view's properties the edge scrubs what capture reads from its address and referrer, and nothing else", () => {
  const props = {
    referrer: "a@b.c",
    "query.q": "07700 900123",
    route: "/orders/447700900123",
    coupon: "07700 900123",
    previousVisibleMs: 1234567,
  };
  const told = (type: TouchpointType) => {
    const parsed = parseTouchpoint({ ...seen, type, name: "", url: "", props });
    return parsed.ok && parsed.value.props;
  };
  expect(told("page")).toEqual({ ...props, referrer: "•", "query.q": "•", route: "/orders/*" });
  expect(told("track")).toEqual(props);
});

test("N2 an order of which nothing is wrong has nothing that was left out", () => {
  const order = { ...seen, type: "track", name: "Order Completed", url: "", props: { revenue: 5, currency: "EUR" } };
  expect(parseTouchpoint(order)).not.toHaveProperty("left");
  expect(parseTouchpoint({ ...order, props: { revenue: "much" } })).toHaveProperty("left");
});
