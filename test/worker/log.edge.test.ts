import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { visitor } from "../../models/texts/en.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import type { Env } from "../../worker/env.ts";
import app from "../../worker/index.ts";
import type { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { failureCounts } from "../../worker/log.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ORIGIN = "https://shop.example";
const SECRET = "s3cr3t".padEnd(22, "Z");
const IP = "203.0.113.77";

/** What a request carries that no log may hold, in the places where visitors and servers put such things. */
const PLANTED = {
  secret: SECRET,
  ip: IP,
  name: "Nell Planted",
  mail: "nell@planted.example",
  path: "/orders/planted-path",
  query: "planted-query",
  token: "planted-token-0123456789",
  cookie: "planted-cookie-0123456789",
  stream: "planted-st1",
};

let lines: string[] = [];
beforeEach(() => {
  lines = [];
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void lines.push(words.join(" ")));
  }
});
afterEach(() => vi.restoreAllMocks());

const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

function expectNothingPlanted(): void {
  const text = lines.join("\n");
  for (const [what, planted] of Object.entries(PLANTED)) expect(text, what).not.toContain(planted);
  for (const key of [env.ID_KEY, env.TOKEN_KEY, env.ADMIN_TOKEN]) expect(text).not.toContain(key);
}

async function siteOf(id: string): Promise<string> {
  const parsed = parseSiteConfig(SMALL_SITE, visitor);
  if (!parsed.ok) throw new Error(parsed.bound);
  const publicKey = id.padEnd(22, "k");
  await env.SITE.getByName(id).create(id, publicKey, `${id}-write-key`);
  await env.SITE.getByName(id).apply(parsed.value);
  return publicKey;
}

const HEADERS = {
  Origin: ORIGIN,
  "CF-Connecting-IP": IP,
  Cookie: `__Host-waypost=${PLANTED.cookie}`,
  Authorization: `Bearer ${PLANTED.token}`,
  Referer: `${ORIGIN}${PLANTED.path}?q=${PLANTED.query}`,
};

async function call(method: string, path: string, body?: unknown, edge: object = env): Promise<Response> {
  const init = { method, headers: HEADERS, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return app.fetch(new Request(`https://edge.example${path}`, init), edge as Env);
}

function batchOf(site: string, change: object = {}) {
  const url = `${ORIGIN}${PLANTED.path}?q=${PLANTED.query}`;
  const props = { email: PLANTED.mail };
  const touchpoint = { seq: 0, type: "page", name: PLANTED.name, at: Date.now(), url, props };
  const streams = [{ stream: PLANTED.stream, touchpoints: [touchpoint] }];
  const consent = { rev: 1, purposes: ["analytics"] };
  return { v: 1, site, secret: SECRET, sentAt: Date.now(), consent, streams, asks: [], ...change };
}

/** Journeys that fail with the whole call in their words, as a careless bug might; the message even looks like a stack. */
const careless = (make: (text: string) => unknown) => ({
  ...env,
  JOURNEY: {
    getByName: (name: string) => ({
      collect: (sent: unknown) => Promise.reject(make(`${name} ${JSON.stringify(sent)}\n    at ${SECRET} (x.js:1:1)`)),
    }),
  },
});

test("U27 a batch that fails leaves a line that says where and what kind, and nothing that was sent", async () => {
  const site = await siteOf("log-failed");
  const before = failureCounts()["failed /v1/collect"] ?? 0;
  const bug = careless((text) => new TypeError(text));
  expect((await call("POST", "/v1/collect", batchOf(site), bug)).status).toBe(503);
  const overloaded = careless((text) => Object.assign(new Error(text), { overloaded: true, name: PLANTED.name }));
  expect((await call("POST", "/_w/v1/collect", batchOf(site), overloaded)).status).toBe(503);
  const notEven = careless((text) => text);
  expect((await call("POST", "/v1/collect", batchOf(site), notEven)).status).toBe(503);
  const failed = { event: "failed", site: "log-failed", status: 503, ms: expect.any(Number) };
  expect(logged()).toEqual([
    {
      ...failed,
      route: "/v1/collect",
      error: "TypeError",
      class: "give-up",
      at: expect.stringMatching(/^log\.edge\.test\.ts:\d+:\d+$/),
    },
    { ...failed, route: "/_w/v1/collect", error: "Error", class: "retry-later", at: expect.any(String) },
    { ...failed, route: "/v1/collect", error: "string", class: "give-up" },
  ]);
  expectNothingPlanted();
  expect(failureCounts()["failed /v1/collect"]).toBe(before + 2);
});

test("U27 the last resort of every route logs as little: KV that quotes a key", async () => {
  const CONFIG = { get: (key: string) => Promise.reject(new Error(`KV GET ${key} of ${IP} failed: 500`)) };
  const key = SECRET;
  expect((await call("GET", `/v1/config/${key}?q=${PLANTED.query}`, undefined, { ...env, CONFIG })).status).toBe(503);
  expect(logged()).toMatchObject([{ event: "failed", route: "/v1/config/:key", error: "Error", class: "give-up" }]);
  expectNothingPlanted();
});

test("U27 refusals leave one line a kind and minute, counted, without what was refused", async () => {
  const site = await siteOf("log-refused");
  const before = failureCounts();
  for (let i = 0; i < 3; i++) {
    expect((await call("POST", "/v1/collect", batchOf(site, { sentAt: PLANTED.name }))).status).toBe(400);
  }
  expect((await call("POST", "/v1/collect", batchOf(PLANTED.token))).status).toBe(404);
  expect((await call("POST", "/v1/collect", batchOf("n".repeat(22)))).status).toBe(404);
  expect((await call("PUT", `/api/sites/${PLANTED.query}/config`, { name: PLANTED.name })).status).toBe(401);
  expect((await call("POST", "/v1/batch", { batch: [PLANTED.mail] })).status).toBe(401);
  expect((await call("GET", `/v1${PLANTED.path}?q=${PLANTED.query}`)).status).toBe(404);
  const told = logged().map(({ event, route, problem, count }) => [event, route, problem, count]);
  expect(told).toEqual([
    ["refused", "/v1/collect", "malformed", 1],
    ["refused", "/v1/collect", "unknown-site", 1],
    ["refused", "/api/sites/:site/config", "unauthorised", 1],
    ["refused", "/v1/batch", "unauthorised", 1],
    ["refused", expect.any(String), "not-found", 1],
  ]);
  expectNothingPlanted();
  const kind = "refused /v1/collect malformed";
  expect((failureCounts()[kind] ?? 0) - (before[kind] ?? 0)).toBe(3);
});

test("U27 a push and an alarm that fail are told by the object, with the site and nothing of the visitor", async () => {
  const site = await siteOf("log-object");
  const name = `log-object:${await browserVisitor(env, "log-object", SECRET)}`;
  const MAP = {
    getByName: (shard: string) => ({ push: (sent: object) => Promise.reject(new Error(shard + JSON.stringify(sent))) }),
  };
  await runInDurableObject(env.JOURNEY.getByName(name), (instance: JourneyObject) => {
    Object.assign(instance, { env: { ...env, MAP } });
  });
  expect((await call("POST", "/v1/collect", batchOf(site))).status).toBe(200);
  await expect.poll(() => lines.length).toBeGreaterThan(0);
  expect(logged()[0]).toMatchObject({ event: "push-failed", site: "log-object", error: "Error" });
  expectNothingPlanted();
  expect(lines.join()).not.toContain(name.slice(-43));
});

test("U27 where Analytics Engine is bound each line is a data point too, of names and numbers of ours", async () => {
  const site = await siteOf("log-metrics");
  const points: unknown[] = [];
  const METRICS = { writeDataPoint: (point: unknown) => void points.push(point) };
  const bug = careless((text) => new TypeError(text));
  await call("POST", "/v1/collect", batchOf(site), { ...bug, METRICS });
  expect(points).toEqual([
    {
      indexes: ["log-metrics"],
      blobs: ["failed", "/v1/collect", "", "TypeError", "give-up"],
      doubles: [1, 503, expect.any(Number)],
    },
  ]);
});
