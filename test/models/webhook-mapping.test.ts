import fc from "fast-check";
import { expect, test } from "vitest";
import { fromMinorUnits } from "../../models/minor-units.ts";
import type { SourceConfig, SourceRule } from "../../models/source-config.ts";
import { filled, PATH_FORM, TEMPLATE_FORM, valueAt } from "../../models/template.ts";
import { EVENTS_MAX, readWebhook } from "../../models/webhook-mapping.ts";
import { readTime } from "../../models/written-time.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const RULE: SourceRule = { type: "track", name: "Told", userId: ["{user}"], messageId: "{id}" };
const source = (change: Partial<SourceConfig> = {}): SourceConfig => ({
  id: "desk",
  name: "Desk",
  channel: "support",
  signature: { scheme: "zendesk" },
  rules: [RULE],
  ...change,
});
const withRule = (change: Partial<SourceRule>) => source({ rules: [{ ...RULE, ...change }] });

/** What a payload tells; a payload that is refused whole is a fault of the test. */
function read(from: SourceConfig, payload: unknown) {
  const told = readWebhook(from, payload, NOW);
  if (!told.ok) throw new Error(JSON.stringify(told));
  return told.value;
}
const only = (from: SourceConfig, payload: unknown) => read(from, payload).items[0]?.item;

test("W30 a place alone is the value there; among other text it is a text, and one hole leaves nothing of it", () => {
  const event = {
    id: 7,
    long: 2 ** 53,
    half: 0.5,
    ok: false,
    who: { mail: " Ann@Example.com " },
    list: [{ n: "x" }],
    none: null,
    empty: "",
  };
  const scope = { event, payload: { shop: { id: "s1" }, all: [event] } };
  for (const [template, value] of [
    ["{id}", 7],
    ["{ok}", false],
    ["no. {id}", "no. 7"],
    ["{id}-{ok}", "7-false"],
    ["{who.mail}", " Ann@Example.com "],
    ["{who.mail|lower}", "ann@example.com"],
    ["{list.0.n}", "x"],
    ["{$.shop.id}/{id}", "s1/7"],
    ["{$.all.0.id}", 7],
    ["{id|lower}", 7],
    ["Ticket Opened", "Ticket Opened"],
    ["{shop.id}", null],
    ["{none}", null],
    ["{empty}", null],
    ["x-{empty}", null],
    ["x-{none}-{id}", null],
    ["{who}", null],
    ["{list}", null],
    ["{who.mail.length}", null],
    ["{long}", null],
    ["n-{long}", null],
    ["{half}", 0.5],
  ] as const) {
    expect([template, filled(template, scope)]).toEqual([template, value]);
  }
});

test("W30 S6 a path finds what is a thing's own, and never what it inherits", () => {
  for (const path of ["constructor", "constructor.name", "a.toString", "__proto__.x", "a.b.length.x", "l.at"]) {
    expect([path, valueAt({ a: { b: "c" }, l: [1] }, path)]).toEqual([path, undefined]);
  }
  expect([valueAt({ a: { b: "c" } }, "a.b"), valueAt({ l: [1] }, "l.0"), valueAt({ l: [1] }, "l.1")]).toEqual([
    "c",
    1,
    undefined,
  ]);
});

test("W30 what is no template and no path is told before it is published", () => {
  const good = ["x", "{a}", "{a.b-c.0}", "{$.a|lower} and {b}", "a.b", "{smtp-id}", "{constructors}"];
  const bad = ["", "{", "}", "{}", "{a", "a}", "{a..b}", "{.a}", "{a|upper}", "{a|lower|lower}", "{{a}}"];
  const poisoned = ["{__proto__}", "{a.constructor}", "{$.prototype.x}", "{constructor|lower}"];
  for (const text of good) expect([text, TEMPLATE_FORM.test(text)]).toEqual([text, true]);
  for (const text of [...bad, ...poisoned]) expect([text, TEMPLATE_FORM.test(text)]).toEqual([text, false]);
  for (const path of ["a", "a.0.b", "data.items"]) expect([path, PATH_FORM.test(path)]).toEqual([path, true]);
  for (const path of ["", ".", "a.", "{a}", "a.__proto__", "constructor", "a|lower"]) {
    expect([path, PATH_FORM.test(path)]).toEqual([path, false]);
  }
});

test("W31 a time is ISO 8601, seconds or milliseconds, and without a zone UTC; anything else is none", () => {
  const at = Date.UTC(2026, 10, 1, 10, 5, 6);
  for (const [written, ms] of [
    [at / 1000, at],
    [at, at],
    [String(at / 1000), at],
    [String(at), at],
    [at / 1000 + 0.25, at + 250],
    [`${at / 1000}.5`, at + 500],
    ["2026-11-01T10:05:06Z", at],
    ["2026-11-01T10:05:06", at],
    ["2026-11-01 10:05:06", at],
    ["2026-11-01 10:05:06 UTC", at],
    ["2026-11-01T10:05:06.5Z", at + 500],
    ["2026-11-01T10:05:06.123456789Z", at + 123],
    ["2026-11-01T11:05:06+01:00", at],
    ["2026-11-01T11:05:06+0100", at],
    ["2026-11-01T10:05Z", at - 6_000],
    ["2026-11-01", Date.UTC(2026, 10, 1)],
    [0, 0],
    [1e11 - 1, (1e11 - 1) * 1000],
    [1e11, 1e11],
  ] as const) {
    expect([written, readTime(written)]).toEqual([written, ms]);
  }
  for (const written of [
    "",
    "yesterday",
    "1 Nov 2026",
    "11/01/2026",
    "2026-13-01",
    -1,
    Number.NaN,
    null,
    true,
    {},
    [5],
  ]) {
    expect([written, readTime(written)]).toEqual([written, null]);
  }
});

test("W32 an amount in a currency's smallest unit has the digits that ISO 4217 gives the currency, or that the source says", () => {
  for (const [amount, currency, units] of [
    [4990, "EUR", 49.9],
    [4990, "eur", 49.9],
    ["4990", "EUR", 49.9],
    [-4990, "USD", -49.9],
    [5000, "JPY", 5000],
    [5120, "KWD", 5.12],
    [12345, "CLF", 1.2345],
    [0, "EUR", 0],
    [12.5, "EUR", 0.125],
  ] as const) {
    expect([amount, currency, fromMinorUnits(amount, currency)]).toEqual([amount, currency, units]);
  }
  expect(fromMinorUnits(50000, "isk", { ISK: 2 })).toBe(500);
  expect(fromMinorUnits(500, "isk")).toBe(500);
  for (const [amount, currency] of [
    ["4 990", "EUR"],
    ["0x10", "EUR"],
    [" 5", "EUR"],
    [null, "EUR"],
    [true, "EUR"],
    [Number.POSITIVE_INFINITY, "EUR"],
    [5, ""],
    [5, null],
    [5, "EURO"],
    [5, 978],
  ]) {
    expect(fromMinorUnits(amount, currency)).toBeNull();
  }
});

test("W33 the first rule that holds makes a touchpoint of an event, with the source's channel and name; what none wants is ignored", () => {
  const from = source({
    rules: [
      { ...RULE, when: { kind: "a" }, name: "First" },
      { ...RULE, when: { kind: { $in: ["a", "b"] } }, name: "Second", at: "{at}", url: "{page}" },
    ],
  });
  const { items, ignored, refused } = read(from, [
    { kind: "a", user: "ann", id: 1 },
    { kind: "b", user: "bob", id: "x", at: "2026-11-01T10:00:00Z", page: "https://shop.example/a?b=c" },
    { kind: "c", user: "cem", id: 3 },
    "no event",
    null,
  ]);
  expect([ignored, refused]).toEqual([3, []]);
  expect(
    items.map(({ index, item: { name, messageId, touchpoint } }) => ({ index, name, messageId, touchpoint })),
  ).toEqual([
    {
      index: 0,
      name: { userId: "ann" },
      messageId: "desk:1",
      touchpoint: {
        seq: 0,
        type: "track",
        name: "First",
        at: NOW,
        url: "",
        props: {},
        channel: "support",
        source: "desk",
      },
    },
    {
      index: 1,
      name: { userId: "bob" },
      messageId: "desk:x",
      touchpoint: {
        seq: 0,
        type: "track",
        name: "Second",
        at: Date.UTC(2026, 10, 1, 10),
        url: "https://shop.example/a",
        props: {},
        channel: "support",
        source: "desk",
      },
    },
  ]);
});

test("W33 a list of events stands where the source says, and each may speak of what it came in", () => {
  const from = source({ events: "data.events", rules: [{ ...RULE, userId: ["{$.shop}-{user}"] }] });
  const payload = {
    shop: "s1",
    data: {
      events: [
        { user: 5, id: 1 },
        { user: 6, id: 2 },
      ],
    },
  };
  expect(read(from, payload).items.map(({ item }) => item.name)).toEqual([{ userId: "s1-5" }, { userId: "s1-6" }]);
  expect(readWebhook(from, { data: {} }, NOW)).toMatchObject({ ok: false, field: "data.events" });
  expect(read(source(), { user: "ann", id: 1 }).items).toHaveLength(1);
});

test("W34 an event whose name or group it does not say is refused, and one whose name is a text has it", () => {
  const event = { user: "ann", id: 1 };
  for (const type of ["track", "group"] as const) {
    expect(read(withRule({ type, name: "{what}" }), event).refused).toMatchObject([
      { field: "name", bound: "what this says: {what}" },
    ]);
    expect(only(withRule({ type, name: "{what}" }), { ...event, what: 5 })?.touchpoint.name).toBe("5");
  }
});

test("W34 an event that names nobody, has no id or no readable time is refused alone, by its place and field", () => {
  const from = withRule({ userId: ["{user}", "{mail|lower}"], at: "{at}" });
  const at = "2026-11-01T10:00:00Z";
  const { items, refused } = read(from, [
    { id: 1, at },
    { id: 2, at, mail: "Ann@Example.com" },
    { user: "ann", at },
    { user: "ann", id: 4, at: "soon" },
    { user: "ann", id: 5 },
    { user: "u".repeat(129), id: 6, at },
    { user: "ann", id: "i".repeat(600), at },
  ]);
  expect(items.map(({ index, item }) => [index, item.name])).toEqual([[1, { userId: "ann@example.com" }]]);
  expect(refused).toMatchObject([
    { index: 0, reason: "malformed", field: "userId", bound: "what one of these says: {user}, {mail|lower}" },
    { index: 2, reason: "malformed", field: "messageId" },
    { index: 3, reason: "malformed", field: "timestamp" },
    { index: 4, reason: "malformed", field: "timestamp" },
    { index: 5, field: "userId" },
    { index: 6, field: "messageId" },
  ]);
  const nameless = read(withRule({ userId: ["{a}"], anonymousId: ["{b}"] }), {});
  expect(nameless.refused).toMatchObject([{ field: "userId" }]);
});

test("W33 what somebody did is the user's where both names are told, and an identify by both makes the visitor that user", () => {
  const both = { userId: ["{user}"], anonymousId: ["{visitor}"] };
  const event = { user: 17, visitor: "v".repeat(43), id: 1 };
  expect(only(withRule(both), event)).toMatchObject({ name: { userId: "17" } });
  expect(only(withRule(both), { ...event, user: null })).toMatchObject({ name: { anonymousId: "v".repeat(43) } });
  const { name: _, ...identify } = { ...RULE, ...both, type: "identify" as const, properties: { plan: "{plan}" } };
  const item = only(source({ rules: [identify] }), { ...event, plan: "team" });
  expect(item).toMatchObject({ name: { anonymousId: "v".repeat(43) }, isUser: "17" });
  expect(item?.touchpoint).toMatchObject({ type: "identify", name: "17", props: { plan: "team" } });
  const group = only(withRule({ type: "group", name: "{org}", properties: { seats: 5 } }), { ...event, org: 9 });
  expect(group?.touchpoint).toMatchObject({ type: "group", name: "9", props: { seats: 5 } });
});

test("W33 properties are texts, numbers and amounts of the event, and what it has not is left out", () => {
  const from = withRule({
    name: "Order Completed",
    properties: {
      order_id: "{order}",
      total: { minorUnits: "{cents}", currency: "{$.money}" },
      currency: "{$.money}",
      from: "till {till}",
      kept: true,
      seats: 3,
      missing: "{nothing}",
      half: "x {nothing}",
      free: { minorUnits: "{cents}", currency: "{nothing}" },
    },
    products: { each: "lines", sku: "{sku}", name: "{name}", price: { minorUnits: "{p}", currency: "{$.money}" } },
  });
  const lines = [{ sku: 4711, p: 250 }, { name: "Wrap", p: null }, 5];
  const item = only(from, { user: "ann", id: 1, order: "o1", cents: 1999, money: "eur", till: 3, lines });
  expect(item?.touchpoint.props).toEqual({
    order_id: "o1",
    total: 19.99,
    currency: "EUR",
    from: "till 3",
    kept: true,
    seats: 3,
  });
  expect(item?.touchpoint.products).toEqual([{ sku: "4711", price: 2.5 }, { name: "Wrap" }]);
  expect(only(from, { user: "ann", id: 1, lines: "none" })?.touchpoint).not.toHaveProperty("products");
});

test("W34 a payload holds 5,000 events at most, and each may become a touchpoint", () => {
  const events = (count: number, kind: string) =>
    Array.from({ length: count }, (_, id) => ({ kind, user: `u${id}`, id }));
  const from = withRule({ when: { kind: "a" } });
  const full = [...events(501, "a"), ...events(4_499, "b")];
  expect([EVENTS_MAX, full.length]).toEqual([5_000, 5_000]);
  const { items, ignored } = read(from, full);
  expect([items.length, ignored]).toEqual([501, 4_499]);
  expect(read(from, events(5_000, "a")).items).toHaveLength(5_000);
  expect(readWebhook(from, [...full, 1], NOW)).toMatchObject({ ok: false, reason: "too-many" });
});

test("W34 S6 whatever a payload holds, the answer is a value, each event has one, and no prototype is reached", () => {
  const from = source({
    rules: [
      {
        ...RULE,
        when: { kind: { $ne: "none" } },
        name: "{name}",
        userId: ["{user}", "{user.id}", "{$.user|lower}"],
        at: "{at}",
        url: "{url}",
        properties: { a: "{a}", b: "b {b.c}", m: { minorUnits: "{a}", currency: "{b}" } },
        products: { each: "a", name: "{b}", price: { minorUnits: "{a}", currency: "{b}" } },
      },
    ],
  });
  const key = fc.constantFrom("kind", "name", "user", "id", "at", "url", "a", "b", "c", "__proto__", "constructor");
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 6 }),
    ),
  })).value;
  fc.assert(
    fc.property(json, (payload) => {
      // As it comes: `__proto__` in a JSON text is a key of its own.
      const value = JSON.parse(JSON.stringify(payload) ?? "null");
      const told = readWebhook(from, value, NOW);
      expect(told.ok).toBe(true);
      if (!told.ok) return;
      const { items, refused, ignored } = told.value;
      expect(items.length + refused.length + ignored).toBe(Array.isArray(value) ? value.length : 1);
      for (const { item } of items) expect(Object.getPrototypeOf(item.touchpoint.props)).toBe(Object.prototype);
    }),
  );
  expect(({} as Record<string, unknown>).a).toBeUndefined();
  // Deep, and long.
  const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`);
  expect(read(from, [deep, { user: "x".repeat(1e6), id: 1 }]).items).toEqual([]);
});
