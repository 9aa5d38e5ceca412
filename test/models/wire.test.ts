import { expect, test } from "vitest";
import { browserName, isAskId, isSecret, isStreamId, isVisitorId, serverName } from "../../models/identity.ts";
import { parseBatch } from "../../models/segment.ts";
import { byVisitor } from "../../models/server-item.ts";
import { parseCollect, parseConsent } from "../../models/wire.ts";

const secret = "abcdefghijklmnopqrst_-";
const stream = "abcdefghi_-";
const frame = { v: 1, site: "key", secret, sentAt: 5, consent: { rev: 1, purposes: ["analytics"] } };
const touchpoint = { seq: 0, type: "page", name: "", at: 1, url: "", props: {} };

test("W3 a newer page's batch is read by what is known of it", () => {
  const parsed = parseCollect({
    ...frame,
    v: 9,
    later: true,
    streams: [{ stream, touchpoints: [{ ...touchpoint, later: 1 }] }],
  });
  expect(parsed).toEqual({
    ok: true,
    value: { ...frame, v: 1, streams: [{ stream, touchpoints: [touchpoint] }], asks: [], refused: [] },
  });
});

test("W2 what is refused keeps its seq where it has one", () => {
  const touchpoints = [touchpoint, { seq: 1, type: "?" }, "nonsense"];
  const parsed = parseCollect({ ...frame, streams: [{ stream, touchpoints }] });
  expect(parsed.ok && parsed.value.refused.map((r) => [r.seq, r.reason])).toEqual([
    [1, "unknown-type"],
    [-1, "malformed"],
  ]);
  expect(parsed.ok && parsed.value.streams[0]?.touchpoints).toEqual([touchpoint]);
});

test("W4 16 streams, 500 touchpoints and 8 asks are taken, one more of either refuses the frame", () => {
  const streams = (n: number) => Array.from({ length: n }, () => ({ stream, touchpoints: [] }));
  const ask = { ask: secret, at: 0, on: "stall.high", score: null, model: null };
  expect(parseCollect({ ...frame, streams: streams(16) }).ok).toBe(true);
  expect(parseCollect({ ...frame, streams: streams(17) })).toMatchObject({ field: "streams", bound: "at most 16" });
  const many = (n: number) => [{ stream, touchpoints: Array(n).fill(touchpoint) }];
  expect(parseCollect({ ...frame, streams: many(500) }).ok).toBe(true);
  expect(parseCollect({ ...frame, streams: many(501) })).toMatchObject({ field: "streams" });
  expect(parseCollect({ ...frame, asks: Array(8).fill(ask) }).ok).toBe(true);
  expect(parseCollect({ ...frame, asks: Array(9).fill(ask) })).toMatchObject({ field: "asks" });
});

test.each([
  [{ at: -1 }, "asks.0.at"],
  [{ on: 1 }, "asks.0.on"],
  [{ on: "x".repeat(129) }, "asks.0.on"],
  [{ score: 1.01 }, "asks.0.score"],
  [{ score: -0.01 }, "asks.0.score"],
  [{ model: "m".repeat(129) }, "asks.0.model"],
  [{ ask: "short" }, "asks.0.ask"],
])("W6 an ask with %j is left out and named; the ask and the touchpoint beside it are kept", (change, field) => {
  const good = { ask: secret, at: 0, on: "stall.high", score: 0, model: "m" };
  const parsed = parseCollect({
    ...frame,
    streams: [{ stream, touchpoints: [touchpoint] }],
    asks: [{ ...good, ...change }, good],
  });
  expect(parsed).toMatchObject({
    ok: true,
    value: { asks: [good], streams: [{ touchpoints: [touchpoint] }], refused: [{ stream: "", seq: -1, field }] },
  });
});

test("Z2 a page says that it is debugged, and nothing but true says so", () => {
  const debugOf = (debug: unknown) => {
    const parsed = parseCollect({ ...frame, debug });
    return parsed.ok && parsed.value.debug;
  };
  expect([true, false, 1, "true", null, {}].map(debugOf)).toEqual([true, ...Array(5).fill(undefined)]);
});

test("W3 a choice is read with or without a secret, and refused by field", () => {
  const choice = {
    v: 1,
    site: "key",
    consent: { rev: 1, purposes: [] },
    policy: "p",
    language: "en",
    control: "reject",
  };
  expect(parseConsent(choice)).toEqual({ ok: true, value: choice });
  expect(parseConsent({ ...choice, secret })).toEqual({ ok: true, value: { ...choice, secret } });
  expect(parseConsent({ ...choice, mode: "notice" })).toEqual({ ok: true, value: { ...choice, mode: "notice" } });
  expect(parseConsent({ ...choice, mode: "all" })).toEqual({ ok: true, value: choice });
  const broken: [object, string][] = [
    [{ site: "" }, "site"],
    [{ secret: "x" }, "secret"],
    [{ consent: 1 }, "consent"],
    [{ policy: 1 }, "policy"],
    [{ language: "x".repeat(36) }, "language"],
    [{ control: "scroll" }, "control"],
    [{ consent: { rev: 1, purposes: ["analytics"] } }, "secret"],
  ];
  for (const [change, field] of broken)
    expect(parseConsent({ ...choice, ...change })).toMatchObject({ ok: false, field });
  expect(parseConsent("x")).toMatchObject({ ok: false, field: "" });
});

test("I1 secrets, asks, streams and visitors have their own lengths of base64url", () => {
  expect([isSecret(secret), isAskId(secret), isStreamId(stream), isVisitorId("v".repeat(43))]).toEqual(
    Array(4).fill(true),
  );
  expect([isSecret(stream), isSecret(`${secret}=`), isStreamId(secret), isVisitorId(secret), isSecret(5)]).toEqual(
    Array(5).fill(false),
  );
});

test("I1 a name that every object inherits is no stream, and no id (S6)", () => {
  expect(isStreamId("constructor")).toBe(false);
  const named = parseCollect({ ...frame, streams: [{ stream: "constructor", touchpoints: [touchpoint] }] });
  expect(named).toMatchObject({ ok: false, field: "streams.0.stream" });
});

test("I2 no text that a server sends gives a browser's name, and no site's visitor is another's", () => {
  expect(serverName("s", secret)).not.toBe(browserName("s", secret));
  expect(browserName("s", secret)).not.toBe(browserName("t", secret));
  expect(isSecret(`a:${secret.slice(2)}`)).toBe(false);
});

test("W5 a Segment item becomes a touchpoint: event or title as name, page URL, ISO or numeric time", () => {
  const item = { anonymousId: "ann", seq: 0, timestamp: "2020-01-01T00:00:00.000Z" };
  const batch = [
    { ...item, type: "track", event: "Product Added", properties: { url: "https://a.example/p?q=1", price: 5 } },
    {
      ...item,
      type: "page",
      context: { page: { url: "https://a.example/", title: "Home" } },
      timestamp: 1577836800007,
      seq: 1,
    },
  ];
  const parsed = parseBatch({ historical: true, stream: "s", batch }, 0);
  expect(parsed.ok && parsed.value.items.map(({ item }) => item.touchpoint)).toEqual([
    {
      seq: 0,
      type: "track",
      name: "Product Added",
      at: 1577836800000,
      url: "https://a.example/p",
      props: { url: "https://a.example/p?q=1", price: 5 },
    },
    { seq: 1, type: "page", name: "Home", at: 1577836800007, url: "https://a.example/", props: {} },
  ]);
});

test("W7 an alias stays among the items of the anonymousId that it names, whoever is meant; without one the user's own are counted", () => {
  const item = { timestamp: 7, type: "track", event: "Paid" };
  const alias = { timestamp: 7, type: "alias", previousId: "old", userId: "ada" };
  const batch = [
    { ...item, anonymousId: "phone", seq: 0 },
    { ...alias, anonymousId: "phone", seq: 1 },
    { ...alias, anonymousId: "laptop", seq: 1 },
    { ...item, userId: "ada", seq: 0 },
    { ...item, anonymousId: "laptop", userId: "ada", seq: 0 },
  ];
  const parsed = parseBatch({ historical: true, stream: "s", batch }, 0);
  const told =
    parsed.ok &&
    byVisitor(parsed.value.items)
      .flat()
      .map(({ name, counted }) => [name, counted.map((i) => [i.countedBy, i.indices])]);
  expect(told).toEqual([
    [{ anonymousId: "phone" }, [["visitor phone", [0]]]],
    [
      { userId: "ada" },
      [
        ["visitor phone", [1]],
        ["visitor laptop", [2]],
        ["user ada", [3]],
      ],
    ],
    [{ anonymousId: "laptop" }, [["visitor laptop", [4]]]],
  ]);
});

test("W5 a server's batch says whether it is historical: true or false, and nothing else", () => {
  const read = (historical: unknown) => parseBatch({ historical, stream: "s", batch: [] }, 0);
  expect(read(true)).toMatchObject({ ok: true, value: { isLive: false } });
  expect(read(false)).toMatchObject({ ok: true, value: { isLive: true } });
  for (const other of [undefined, null, 0, "false"])
    expect(read(other)).toMatchObject({ ok: false, field: "historical" });
});
