import fc from "fast-check";
import { expect, test } from "vitest";
import { channelOf } from "../../models/acquisition.ts";
import { arrivalOf } from "../../models/arrival.ts";
import { cloudEventItem, cloudEvents, isJson } from "../../models/cloud-event.ts";
import { parseBatch, parseSingle } from "../../models/segment.ts";
import { byVisitor, ITEM_BYTES_MAX, parseItem } from "../../models/server-item.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const READING = { counted: false, skewMs: 0, now: NOW };
const item = { type: "track", event: "Ticket Opened", userId: "ada", messageId: "m1" };

function read(value: unknown) {
  const parsed = parseItem(value, READING);
  if (!parsed.ok) throw new Error(`${parsed.field}: ${parsed.bound}`);
  return parsed.value;
}

function readBatch(value: unknown) {
  const parsed = parseBatch(value, NOW);
  if (!parsed.ok) throw new Error(`${parsed.field}: ${parsed.bound}`);
  return parsed.value;
}

test("W11 each call of the Segment API becomes a touchpoint: its kind, its name, its address, its properties or traits", () => {
  const calls: [object, Partial<Touchpoint>][] = [
    [
      { type: "track", event: "Plan Chosen", properties: { plan: "pro" } },
      { type: "track", name: "Plan Chosen", props: { plan: "pro" } },
    ],
    [
      { type: "page", name: "Prices", properties: { url: "https://a.example/prices" } },
      { type: "page", name: "Prices", url: "https://a.example/prices", props: { url: "https://a.example/prices" } },
    ],
    [
      { type: "page", context: { page: { url: "https://a.example/", title: "Home" } } },
      { type: "page", name: "Home", url: "https://a.example/", props: {} },
    ],
    [
      { type: "screen", name: "Welcome" },
      { type: "screen", name: "Welcome", channel: "app" },
    ],
    [
      { type: "identify", traits: { plan: "pro" } },
      { type: "identify", name: "ada", props: { plan: "pro" } },
    ],
    [
      { type: "group", groupId: "acme", traits: { seats: 3 } },
      { type: "group", name: "acme", props: { seats: 3 } },
    ],
    [
      { type: "alias", previousId: "old" },
      { type: "alias", name: "ada" },
    ],
  ];
  for (const [call, touchpoint] of calls) {
    expect(read({ ...call, userId: "ada" }).touchpoint).toMatchObject({ seq: 0, at: NOW, ...touchpoint });
  }
  expect(read({ ...item, type: "alias", previousId: "old" }).was).toBe("old");
  expect(read({ ...item, type: "identify", anonymousId: "a1" })).toMatchObject({
    isUser: "ada",
    name: { anonymousId: "a1" },
  });
});

test("W11 what an SDK leaves empty is not there: null and an empty text name nobody", () => {
  for (const none of [null, "", undefined]) {
    expect(read({ ...item, anonymousId: none, messageId: none })).toMatchObject({
      name: { userId: "ada" },
      messageId: "",
    });
    const nobody = parseItem({ ...item, userId: none }, READING);
    expect(nobody).toMatchObject({ ok: false, field: "anonymousId" });
  }
});

test("W12 a clock of the sender that is a minute or more behind, or ahead at all, is corrected by sentAt; what was travelling is not", () => {
  const minute = 60_000;
  const timeOf = (sentAt: unknown, timestamp: unknown = NOW - 5_000) =>
    readBatch({ sentAt, batch: [{ ...item, timestamp }] }).items[0]?.item.touchpoint.at;
  expect(timeOf(NOW - minute)).toBe(NOW - 5_000 + minute);
  expect(timeOf(new Date(NOW + 1).toISOString())).toBe(NOW - 5_001);
  expect(timeOf(NOW - minute + 1)).toBe(NOW - 5_000);
  expect(timeOf("yesterday")).toBe(NOW - 5_000);
  expect(timeOf(undefined)).toBe(NOW - 5_000);
  const bare = (more: object) => readBatch({ batch: [{ ...item, ...more }] }).items[0]?.item.touchpoint.at;
  expect(bare({})).toBe(NOW);
  expect(bare({ originalTimestamp: "2026-11-29T11:00:00Z" })).toBe(NOW - 60 * minute);
});

test("W13 an item of 32 KB is read, one of a byte more is refused alone, and so is a message id of 513 characters", () => {
  const sized = (bytes: number) => {
    const one = { ...item, context: { note: "" } };
    one.context.note = "x".repeat(bytes - JSON.stringify(one).length);
    return one;
  };
  const { items, refused } = readBatch({
    batch: [
      sized(ITEM_BYTES_MAX),
      sized(ITEM_BYTES_MAX + 1),
      { ...item, context: { note: "ü".repeat(ITEM_BYTES_MAX / 2) } },
      { ...item, messageId: "m".repeat(512) },
      { ...item, messageId: "m".repeat(513) },
      { ...item, messageId: 7.5 },
    ],
  });
  expect(items.map(({ index }) => index)).toEqual([0, 3]);
  expect(refused).toMatchObject([
    { index: 1, reason: "too-long", field: "", bound: "at most 32768 bytes of JSON" },
    { index: 2, reason: "too-long" },
    { index: 4, field: "messageId" },
    { index: 5, field: "messageId" },
  ]);
});

test("W14 a page tells where its visitor came from, by campaign, by its query or by its referrer, and never a click id's value", () => {
  const arrivedBy = (context: object, properties: object = {}) => {
    const { touchpoint } = read({ ...item, type: "page", properties, context });
    const arrival = arrivalOf(touchpoint);
    return { channel: arrival && channelOf(arrival)?.channel, props: touchpoint.props };
  };
  const page = { url: "https://a.example/?utm_source=news&utm_medium=email&gclid=SECRET", path: "/" };
  expect(arrivedBy({ page })).toEqual({
    channel: "email",
    props: { "query.utm_source": "news", "query.utm_medium": "email", click_id: "gclid" },
  });
  expect(arrivedBy({ page: { search: "?utm_medium=cpc&utm_source=google" } }).channel).toBe("search");
  expect(arrivedBy({ campaign: { name: "spring", source: "x", medium: "social" } })).toEqual({
    channel: "social",
    props: { "query.utm_campaign": "spring", "query.utm_source": "x", "query.utm_medium": "social" },
  });
  expect(arrivedBy({ page: { referrer: "https://www.google.com/search?q=secret" } })).toEqual({
    channel: "search",
    props: { referrer: "www.google.com" },
  });
  expect(arrivedBy({}, { referrer: "" })).toEqual({ channel: "direct", props: { referrer: "" } });
  expect(arrivedBy({ page: { url: "https://a.example/" } })).toEqual({ channel: null, props: {} });
  // Of anything but a page it says nothing.
  expect(read({ ...item, context: { campaign: { name: "spring" } } }).touchpoint.props).toEqual({});
  const full = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`p${i}`, i]));
  expect(arrivedBy({ campaign: { name: "spring" } }, full).props).toEqual(full);
});

test("W15 what a server says of a browser is read, and an address is in nothing that is kept", () => {
  const context = { userAgent: "Mozilla/5.0", locale: "de-DE", ip: "203.0.113.9" };
  const { told, touchpoint } = read({ ...item, context });
  expect(told).toEqual({ userAgent: "Mozilla/5.0", language: "de-DE", address: "203.0.113.9" });
  expect(JSON.stringify(touchpoint)).not.toContain("203.0.113.9");
  expect(read({ ...item, context: { userAgent: 7, locale: null } }).told).toEqual({
    userAgent: "",
    language: "",
    address: "",
  });
});

test("W15 whoever has refused analytics in the consent that a server tells is refused, by any case; who has not is taken", () => {
  const told = (categoryPreferences: unknown) =>
    parseItem({ ...item, context: { consent: { categoryPreferences } } }, READING);
  expect(told({ Analytics: false, Advertising: true })).toMatchObject({
    ok: false,
    reason: "consent",
    field: "context.consent.categoryPreferences",
  });
  for (const fine of [{ analytics: true }, { Advertising: false }, {}, null, "no"]) expect(told(fine).ok).toBe(true);
});

test("W10 channel and source are of the known ones, an SDK names itself, and a page has none", () => {
  const place = (more: object) => {
    const { channel, source } = read({ ...item, ...more }).touchpoint;
    return [channel, source];
  };
  expect(place({ channel: "support", source: "helpdesk" })).toEqual(["support", "helpdesk"]);
  expect(place({ channel: "server", context: { library: { name: "analytics-node" } } })).toEqual([
    undefined,
    "analytics-node",
  ]);
  expect(place({ channel: "constructor", source: "s".repeat(41) })).toEqual([undefined, "s".repeat(40)]);
  expect(place({ type: "screen", channel: "store" })).toEqual(["store", undefined]);
});

test("W11 sites number their people and their calls: 42 and “42” are one, and what is no whole number is none", () => {
  const numbered = { type: "identify", anonymousId: 7, userId: 42, messageId: 9 };
  expect(read(numbered)).toMatchObject({ name: { anonymousId: "7" }, isUser: "42", messageId: "9" });
  expect(read(numbered).touchpoint.name).toBe("42");
  expect(read({ type: "alias", userId: 42, previousId: 41 })).toMatchObject({ was: "41" });
  expect(read({ type: "group", userId: 42, groupId: 5 }).touchpoint.name).toBe("5");
  for (const none of [2 ** 53, 1.5, Number.NaN, true, {}]) {
    expect(parseItem({ ...item, userId: none }, READING)).toMatchObject({ ok: false, field: "userId" });
  }
});

test("W11 what somebody did who is known by both ids is the user's; their identify is the browser's, which becomes the user", () => {
  const both = { ...item, anonymousId: "dev" };
  expect(read(both).name).toEqual({ userId: "ada" });
  expect(read({ ...both, type: "identify" })).toMatchObject({ name: { anonymousId: "dev" }, isUser: "ada" });
  const counted = parseItem({ ...both, seq: 0 }, { ...READING, counted: true });
  expect(counted.ok && counted.value.name).toEqual({ anonymousId: "dev" });
});

test("W12 a time is ISO 8601, or a count of seconds or milliseconds; anything else is refused, and nothing is guessed", () => {
  const at = (timestamp: unknown) => {
    const parsed = parseItem({ ...item, timestamp }, READING);
    return parsed.ok ? parsed.value.touchpoint.at : parsed.field;
  };
  for (const noon of [NOW, NOW / 1000, `${NOW}`, "2026-11-29T12:00:00Z", "2026-11-29T13:00:00.000+01:00"]) {
    expect(at(noon)).toBe(NOW);
  }
  for (const junk of ["order 12", "Nov 5", "5/6/2026", -1, true, {}]) expect(at(junk)).toBe("timestamp");
});

test("W17 a visitor who becomes one user and then another is two people in one call: what came in between is the first one's", () => {
  const dev = (type: string, more: object) => ({ type, anonymousId: "dev", event: "E", ...more });
  const { items } = readBatch({
    batch: [
      dev("track", {}),
      dev("identify", { userId: "u1" }),
      dev("track", {}),
      dev("identify", { userId: "u2" }),
      dev("track", {}),
      dev("identify", { userId: "u2" }),
    ],
  });
  const runs = byVisitor(items);
  expect(runs).toHaveLength(1);
  expect(runs[0]?.map(({ isUser, counted }) => [isUser, counted.flatMap(({ indices }) => indices)])).toEqual([
    ["u1", [0, 1, 2]],
    ["u2", [3, 4, 5]],
  ]);
});

test("W11 the context of a whole call holds for each item that does not say otherwise", () => {
  const batch = [item, { ...item, context: { locale: "fr" } }];
  const { items } = readBatch({ context: { locale: "de", userAgent: "A" }, batch });
  expect(items.map(({ item: { told } }) => [told.language, told.userAgent])).toEqual([
    ["de", "A"],
    ["fr", "A"],
  ]);
});

test("W11 a single call is of the kind that its address says, whatever it says itself", () => {
  const parsed = parseSingle({ ...item, type: "page" }, "track", NOW);
  expect(parsed.ok && parsed.value.items[0]?.item.touchpoint.type).toBe("track");
  expect(parsed.ok && [parsed.value.isLive, parsed.value.stream]).toEqual([true, null]);
  expect(parseSingle([], "track", NOW)).toMatchObject({ ok: false, field: "" });
});

test("W11 whatever a server sends, the answer is a value", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (value, context) => {
      for (const type of ["track", "page", "identify", "alias"]) {
        expect(() => parseItem({ ...item, type, properties: value, traits: value, context }, READING)).not.toThrow();
      }
      expect(() => parseItem(value, READING)).not.toThrow();
      expect(() => parseBatch(value, NOW)).not.toThrow();
      expect(() => cloudEventItem(value)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

const event = {
  specversion: "1.0",
  id: "e1",
  source: "https://crm.example/deals",
  type: "com.example.deal.won",
  time: "2026-11-29T11:00:00Z",
  userid: "ada",
  data: { amount: 900, anonymousId: "not this one", nested: { left: "out" } },
};

test("W16 a CloudEvents event is a track: its type the name, its data the properties, source and id together its message id", () => {
  const made = cloudEventItem({ ...event, channel: "crm" });
  const { touchpoint, name, messageId } = read(made.ok ? { ...made.value, anonymousId: undefined } : null);
  expect(touchpoint).toEqual({
    seq: 0,
    type: "track",
    name: "com.example.deal.won",
    at: NOW - 3_600_000,
    url: "",
    props: { amount: 900 },
    channel: "crm",
    source: "https://crm.example/deals",
  });
  expect([name, messageId]).toEqual([{ userId: "ada" }, "https://crm.example/deals e1"]);
});

test("W16 its visitor is named by its extensions, else by its data", () => {
  const named = (more: object) => {
    const made = cloudEventItem({ ...event, userid: undefined, ...more });
    const parsed = made.ok && parseItem(made.value, READING);
    return parsed && (parsed.ok ? parsed.value.name : parsed.field);
  };
  expect(named({ userid: "ada", data: {} })).toEqual({ userId: "ada" });
  expect(named({ data: { userId: "bob" } })).toEqual({ userId: "bob" });
  expect(named({ anonymousid: "a1", data: { anonymousId: "a2" } })).toEqual({ anonymousId: "a1" });
  expect(named({ data: null })).toBe("anonymousId");
});

test("W16 what is no event of version 1.0 in JSON is refused with the attribute", () => {
  const field = (more: object) => {
    const made = cloudEventItem({ ...event, ...more });
    return made.ok ? null : made.field;
  };
  expect(field({})).toBe(null);
  expect(field({ specversion: "0.3" })).toBe("specversion");
  for (const name of ["id", "source", "type"]) {
    expect(field({ [name]: "" })).toBe(name);
    expect(field({ [name]: 7 })).toBe(name);
  }
  expect(field({ datacontenttype: "text/xml" })).toBe("datacontenttype");
  expect(field({ data_base64: "AA==" })).toBe("datacontenttype");
  for (const data of [7, "text", [{ amount: 1 }]]) expect(field({ data })).toBe("data");
  expect(field({ data: undefined })).toBe(null);
  expect(field({ datacontenttype: "application/vnd.shop+json; charset=utf-8" })).toBe(null);
  expect(cloudEventItem([])).toMatchObject({ ok: false, field: "" });
  const many = (count: number) => cloudEvents(Array(count).fill(event));
  expect([many(500).ok, many(501).ok]).toEqual([true, false]);
  expect(cloudEvents(event)).toEqual({ ok: true, value: [event] });
  expect(["application/json", "application/cloudevents+json", "text/plain", "", 7].map(isJson)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
