import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { CollectReply, Problem } from "../../models/wire.ts";
import hostile from "../cases/hostile-inputs.json" with { type: "json" };
import { ask, batchOf, createSite, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** A page's batches may come as fast as they can here: what is tried is what they hold. */
const LIMITS = { touchpointsPerSecond: 100_000 };
/** Bodies of one visitor: few, because a journey of many streams is slower to write. */
const BODIES_A_VISITOR = 20;

/** How many bodies of each kind; together more than 10,000 (S13). */
const RUNS = { frames: 3_500, touchpoints: 500, choices: 2_500, items: 1_500, configurations: 2_500 };

let site: SiteOf;
let sent = 0;
beforeAll(async () => {
  site = await createSite("fuzzed", { limits: LIMITS });
});
const answered: Record<number, number> = {};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = (string | number)[];

const HOSTILE_TEXTS = Object.values(hostile.strings).flat();
/** Any value, most of them chosen to be nearly right, or just wrong. */
const anyValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Json>(...HOSTILE_TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom<Json>(...hostile.numbers) },
  { weight: 2, arbitrary: fc.constantFrom<Json>(null, true, false, [], {}, [[]], [null], { length: 5 }, { "": "" }) },
  { weight: 1, arbitrary: fc.nat(2_000).map((length) => "x".repeat(length)) },
  { weight: 1, arbitrary: fc.nat(600).map((length) => Array<Json>(length).fill({})) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json> },
);

/** Every place in a value, from the whole to its leaves. */
function pathsIn(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner as Json, [...path, key]))];
}

/** The same value, changed at one place; null takes the place away. */
function changed(value: Json, path: Path, change: { to: Json } | null): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change ? change.to : null;
  if (typeof value !== "object" || value === null) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as { [key: string]: Json };
  if (rest.length === 0 && !change) Reflect.deleteProperty(copy, key);
  else copy[key] = changed(copy[key] ?? null, rest, change);
  return copy as Json;
}

/** A body that was good, broken in one to three places. */
function broken(good: Json): fc.Arbitrary<Json> {
  const place = fc.constantFrom(...pathsIn(good));
  const change = fc.tuple(place, fc.option(fc.record({ to: anyValue }), { freq: 5 }));
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, [path, to]) => changed(value, path, to), good));
}

/** JSON text, or what is left of it: cut off, with a byte changed, or no text at all. */
function onTheWire(value: fc.Arbitrary<Json>): fc.Arbitrary<string | Uint8Array> {
  const text = value.map((json) => JSON.stringify(json));
  const cut = fc
    .tuple(text, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([all, at]) => all.slice(0, all.length * at));
  const flipped = fc.tuple(text, fc.nat(), fc.nat(255)).map(([all, at, byte]) => {
    const bytes = new TextEncoder().encode(all);
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  const noise = fc.uint8Array({ maxLength: 300 });
  return fc.oneof({ weight: 8, arbitrary: text }, cut, flipped, noise);
}

const KEYS = ["type", "title", "status", "detail", "field", "bound"];

/** Sends a body and gives what is answered: never a 5xx, and a refusal in words of ours alone. */
async function answerTo(response: Promise<Response>): Promise<{ status: number; body: Json }> {
  const { status, headers, text } = await response.then(async (r) => ({
    status: r.status,
    headers: r.headers,
    text: await r.text(),
  }));
  sent++;
  answered[status] = (answered[status] ?? 0) + 1;
  expect(status, text).toBeLessThan(500);
  if (status !== 200) {
    const problem = JSON.parse(text) as Problem;
    expect(headers.get("Content-Type")).toBe("application/problem+json");
    expect(Object.keys(problem).filter((key) => !KEYS.includes(key))).toEqual([]);
    expect(problem.status).toBe(status);
    // Nothing of how the edge is made: no name of an error, no file, no line.
    expect(text).not.toMatch(/\b(Error|stack|undefined|\.ts|\.js)\b|:\d+:\d+/);
  }
  return { status, body: JSON.parse(text) as Json };
}

const asJson = (value: object) => JSON.parse(JSON.stringify(value)) as Json;

test("W3 no body makes the edge fail to answer: broken batches get 200 or 4xx in words of our own (S13)", {
  timeout: 120_000,
}, async () => {
  const anAsk = { ask: randomKey(16), at: Date.now(), on: "stall.high", score: 0.9, model: "m", engine: "compact" };
  let secret = randomKey(16);
  let count = 0;
  const statuses = new Set<number>();
  const good = asJson(batchOf(site, 2, { secret, asks: [anAsk], debug: true }));
  await fc.assert(
    fc.asyncProperty(onTheWire(broken(good)), async (body) => {
      if (++count % BODIES_A_VISITOR === 0) secret = randomKey(16);
      const fresh = typeof body === "string" ? body.replace((good as { secret: string }).secret, secret) : body;
      statuses.add((await answerTo(post("/v1/collect", fresh))).status);
    }),
    { numRuns: RUNS.frames },
  );
  // The twins: some were good enough, and some were not.
  expect([200, 400, 404].filter((status) => !statuses.has(status))).toEqual([]);
});

test("W2 W6 beside whatever else a batch holds, its good touchpoints are kept (S13)", {
  timeout: 120_000,
}, async () => {
  const now = Date.now();
  const touchpoint = {
    seq: 0,
    type: "page",
    name: "n",
    at: now,
    url: "https://shop.example/cart",
    props: { a: 1, b: "x" },
  };
  const order = {
    ...touchpoint,
    type: "track",
    name: "Order Completed",
    props: { products: [{ price: 1 }], revenue: "9" },
  };
  const anAsk = { ask: randomKey(16), at: now, on: "stall.high", score: 0.9, model: "m" };
  const bad = fc.record({
    touchpoints: fc.array(fc.oneof(broken(asJson(touchpoint)), broken(asJson(order)), anyValue), { maxLength: 5 }),
    asks: fc.array(fc.oneof(broken(asJson(anAsk)), anyValue), { maxLength: 3 }),
    at: fc.boolean(),
  });
  let secret = randomKey(16);
  let [count, refusals] = [0, 0];
  await fc.assert(
    fc.asyncProperty(bad, async ({ touchpoints, asks, at }) => {
      if (++count % BODIES_A_VISITOR === 0) secret = randomKey(16);
      const stream = randomKey(8);
      const own = [0, 1].map((seq) => ({ ...touchpoint, seq }));
      const beside = { stream: randomKey(8), touchpoints };
      const streams = at ? [{ stream, touchpoints: own }, beside] : [beside, { stream, touchpoints: own }];
      const { status, body } = await answerTo(post("/v1/collect", batchOf(site, 0, { secret, streams, asks })));
      const { acked, refused } = body as unknown as CollectReply;
      expect(status).toBe(200);
      expect(acked.find((one) => one.stream === stream)?.seqs).toEqual([[0, 1]]);
      expect(refused.filter((one) => one.stream === stream)).toEqual([]);
      if (refused.length > 0) refusals++;
    }),
    { numRuns: RUNS.touchpoints },
  );
  expect(refusals).toBeGreaterThan(RUNS.touchpoints / 2);
});

test("W3 broken choices are answered with 200 or 4xx, and good ones among them are recorded (S13)", {
  timeout: 120_000,
}, async () => {
  const consent = { rev: 1, purposes: ["analytics"] };
  const good = {
    v: 1,
    site: site.publicKey,
    secret: randomKey(16),
    consent,
    policy: "p",
    language: "en",
    control: "accept",
  };
  const seen: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(onTheWire(broken(asJson(good))), async (body) => {
      const { status } = await answerTo(post("/v1/consent", body));
      seen[status] = (seen[status] ?? 0) + 1;
    }),
    { numRuns: RUNS.choices },
  );
  expect(seen[200]).toBeGreaterThan(0);
  expect(seen[400]).toBeGreaterThan(0);
});

test("W5 of broken imports each item is answered for, and a good one is taken whatever stands beside it (S13)", {
  timeout: 120_000,
}, async () => {
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  const item = {
    anonymousId: "ann",
    seq: 0,
    type: "track",
    event: "x",
    timestamp: "2026-01-01T00:00:00Z",
    properties: { a: 1 },
  };
  const body = fc.oneof(
    { weight: 1, arbitrary: onTheWire(broken(asJson({ historical: true, stream: "s", batch: [item] }))) },
    { weight: 1, arbitrary: fc.array(fc.oneof(broken(asJson(item)), anyValue), { maxLength: 5 }) },
  );
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(body, async (value) => {
      const items = Array.isArray(value) ? [...value, { ...item, anonymousId: "good", seq: taken }] : null;
      const sentBody = items ? { historical: true, stream: "s", batch: items } : value;
      const { status, body: reply } = await answerTo(post("/v1/batch", sentBody, headers));
      if (!items) return;
      const { results } = reply as { results: { index: number; result: string }[] };
      expect(status).toBe(200);
      expect(results.map(({ index }) => index)).toEqual(items.map((_, i) => i));
      expect(results.at(-1)?.result).toBe("accepted");
      taken++;
    }),
    { numRuns: RUNS.items },
  );
  expect(taken).toBeGreaterThan(RUNS.items / 4);
});

test("G2 broken configurations are applied whole or refused whole (S13)", { timeout: 120_000 }, async () => {
  const own = await createSite("configured");
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const good = { ...SMALL_SITE, internal: { ips: ["192.0.2.0/24"] }, limits: LIMITS, testMode: false };
  const audience = { returning: true, $or: [{ stage: { $regex: "^pay" } }, { visits: { $gt: 2 } }] };
  const campaigns = good.campaigns.map((campaign) => ({ ...campaign, audience }));
  const seen: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(onTheWire(broken(asJson({ ...good, campaigns }))), async (body) => {
      const put = ask(`/api/sites/${own.id}/config`, { method: "PUT", headers, body: body as BodyInit });
      const { status } = await answerTo(put);
      seen[status] = (seen[status] ?? 0) + 1;
    }),
    { numRuns: RUNS.configurations },
  );
  expect(seen[400]).toBeGreaterThan(0);
  // Each that was applied is a version, and none that was refused.
  const newest = await env.CONFIG.get<number>(`config/${own.id}`, "json");
  expect(newest).toBe(1 + (seen[200] ?? 0));
});

async function gzipped(bytes: number): Promise<Uint8Array> {
  const zeros = new Response(new Uint8Array(bytes)).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new Uint8Array(await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

test("W3 W4 bodies that are deep, huge, packed, no UTF-8 or called something else get 400 or 413, or what they say (S13)", {
  timeout: 60_000,
}, async () => {
  const good = batchOf(site, 1);
  const text = JSON.stringify(good);
  const deep = (open: string, close: string) => open.repeat(10_000) + close.repeat(10_000);
  const within = (field: string, inner: string) => `${text.slice(0, -1)},"${field}":${inner}}`;
  const bomb = await gzipped(10 * 1024 * 1024);
  const utf8 = new TextEncoder();
  const bodies: [body: string | Uint8Array, statuses: number[]][] = [
    [deep("[", "]"), [400]],
    [deep('{"a":', "}").replace(":}", ":1}"), [400]],
    ...["streams", "consent", "secret", "sentAt", "site"].map((field): [string, number[]] => [
      within(field, deep("[", "]")),
      [400],
    ]),
    // One bad ask, and a field that nobody knows.
    [within("asks", deep("[", "]")), [200]],
    [within("later", deep("[", "]")), [200]],
    ["", [400]],
    ["x".repeat(10 * 1024 * 1024), [413]],
    [`"${"x".repeat(255 * 1024)}"`, [400]],
    [bomb, [400]],
    [new Uint8Array([0xc3, 0x28]), [400]],
    [new Uint8Array([...utf8.encode('{"site":"'), 0xff, 0xfe, ...utf8.encode('"}')]), [400]],
    [new Uint8Array([...utf8.encode('{"site":"'), 0xed, 0xa0, 0x80, ...utf8.encode('"}')]), [400]],
    [text.replace('"sentAt"', '"sentAt":1e999,"x"'), [400]],
    [text.replace('"v":1', '"v":1,"v":2'), [200]],
    [`﻿${text}`, [200]],
    ["null", [400]],
    ["0", [400]],
    ["\u0000", [400]],
  ];
  for (const type of [
    "text/plain",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "x",
    "",
  ]) {
    bodies.push([text, [200]]);
    const { status } = await answerTo(post("/v1/collect", text, { "Content-Type": type }));
    expect([type, status]).toEqual([type, 200]);
  }
  for (const encoding of ["gzip", "br", "deflate", "identity", "none"]) {
    const { status } = await answerTo(post("/v1/collect", bomb, { "Content-Encoding": encoding }));
    expect([encoding, status]).toEqual([encoding, 400]);
  }
  for (const [body, statuses] of bodies) {
    const { status } = await answerTo(post("/v1/collect", body));
    expect([body.slice(0, 40), statuses.includes(status) || status]).toEqual([body.slice(0, 40), true]);
    expect((await answerTo(post("/v1/consent", body))).status).toBeGreaterThanOrEqual(400);
    const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
    expect((await answerTo(post("/v1/batch", body, headers))).status).toBeGreaterThanOrEqual(400);
    const asJson = { ...headers, "Content-Type": "application/json" };
    expect((await answerTo(post("/v1/import", body, asJson))).status).toBeGreaterThanOrEqual(400);
    const owner = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
    const put = ask("/api/sites/fuzzed/config", { method: "PUT", headers: owner, body: body as BodyInit });
    expect((await answerTo(put)).status).toBeGreaterThanOrEqual(400);
  }
});

test("W3 that were more than 10,000 bodies, and every answer was counted (S13)", () => {
  console.log(`fuzzed: ${sent} bodies, answered ${JSON.stringify(answered)}`);
  expect(sent).toBeGreaterThanOrEqual(10_000);
  expect(Object.keys(answered).sort()).toEqual(["200", "400", "404", "413"]);
  expect(Object.values(answered).reduce((sum, count) => sum + count, 0)).toBe(sent);
});
