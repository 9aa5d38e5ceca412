import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { visitor } from "../../models/texts/en.ts";
import { parseTouchpoint } from "../../models/touchpoint.ts";
import { parseCollect } from "../../models/wire.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import app from "../../worker/index.ts";
import { carelessMerge, POISON, POISONED_PATHS, poison, poisonedJson } from "../harness/poison.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ORIGIN = "https://shop.example";
const SECRET = "s".repeat(22);
const WRITE_KEY = "w".repeat(22);

function polluted(): [unknown, string[]] {
  return [({} as { polluted?: unknown }).polluted, Object.keys(Object.prototype)];
}

function call(method: string, path: string, body: unknown): Promise<Response> {
  return send(
    `Bearer ${env.ADMIN_TOKEN}`,
    new Request(`https://edge.example${path}`, { method, body: JSON.stringify(body) }),
  );
}

/** As the site's server tells it. */
function tell(path: string, body: unknown): Promise<Response> {
  const request = new Request(`https://edge.example${path}`, { method: "POST", body: JSON.stringify(body) });
  return send(`Basic ${btoa(`${WRITE_KEY}:`)}`, request);
}

function send(authorization: string, request: Request): Promise<Response> {
  const headers = { Origin: ORIGIN, Authorization: authorization, "Content-Type": "application/json" };
  return Promise.resolve(app.fetch(new Request(request, { headers }), env));
}

/** What a page would send, poison in it and in everything inside. */
function collectBody(site: string): unknown {
  const now = Date.now();
  const props = { plan: "pro" };
  return poison({
    v: 1,
    site,
    secret: SECRET,
    sentAt: now,
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    streams: [
      {
        stream: "stream-one1",
        touchpoints: [
          { seq: 0, type: "page", name: "__proto__", at: now, url: `${ORIGIN}/pay?${POISONED_PATHS[0]}=yes`, props },
          { seq: 1, type: "identify", name: "constructor", at: now, url: `${ORIGIN}/pay`, props },
        ],
      },
    ],
    asks: [{ ask: "a".repeat(22), at: now, on: "__proto__.polluted", score: 0.9, model: "page" }],
  });
}

test("S6 poison in whatever a page, a server or a team sends reaches no prototype of the Worker or its objects", async () => {
  const publicKey = "p".repeat(22);
  expect((await call("PUT", "/api/sites/poisoned", poison({ publicKey, writeKey: WRITE_KEY }))).status).toBe(200);
  expect((await call("PUT", "/api/sites/poisoned/config", poison(SMALL_SITE))).status).toBe(200);
  const collected = await call("POST", "/v1/collect", collectBody(publicKey));
  expect(collected.status).toBe(200);
  expect(((await collected.json()) as { acked: unknown[] }).acked).toHaveLength(1);
  const consent = {
    v: 1,
    site: publicKey,
    consent: { rev: 1, purposes: [] },
    policy: "x",
    language: "en",
    control: "reject",
  };
  await call("POST", "/v1/consent", poison(consent));
  const item = { anonymousId: "a", seq: 0, type: "track", event: "x", timestamp: 1, properties: {} };
  expect((await tell("/v1/batch", poison({ batch: [item] }))).status).toBe(200);
  expect((await tell("/v1/import", poison({ stream: "s", batch: [item] }))).status).toBe(200);
  expect(polluted()).toEqual([undefined, []]);
  const inObject = await runInDurableObject(env.SITE.getByName("poisoned"), polluted);
  expect(inObject).toEqual([undefined, []]);
});

test("S6 no JSON with poisoned keys reaches a prototype through the parsers of the edge", () => {
  const keys = [
    "type",
    "name",
    "props",
    "streams",
    "touchpoints",
    "asks",
    "consent",
    "purposes",
    "campaigns",
    "capture",
  ];
  fc.assert(
    fc.property(poisonedJson(keys), (value) => {
      parseTouchpoint(value);
      parseCollect(value);
      parseSiteConfig(value, visitor);
      const [own, keysOfPrototype] = polluted();
      return own === undefined && keysOfPrototype.length === 0;
    }),
    { numRuns: 10_000 },
  );
  // The twin: the same poison does reach it through a reader that takes no care.
  carelessMerge({}, JSON.parse(POISON));
  expect(polluted()).toEqual(["yes", ["polluted"]]);
  Reflect.deleteProperty(Object.prototype, "polluted");
});
