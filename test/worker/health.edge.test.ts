import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Env } from "../../worker/env.ts";
import app from "../../worker/index.ts";

interface Health {
  status: string;
  version: string;
  failing: Record<string, string>;
  bindings: Record<string, boolean>;
  counts: Record<string, number>;
}

/** Each with an environment of its own: what was found is remembered by it. */
async function healthOf(change: object, path = "/v1/health") {
  const answer = await app.fetch(new Request(`https://edge.example${path}`), { ...env, ...change } as Env);
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, body: JSON.parse(text) as Health };
}

const SITE = { getByName: () => ({ site: () => Promise.reject(new Error("Network connection lost.")) }) };

test("U28 words that were not deployed with the Worker are named, and are read again by the next who asks", async () => {
  const ASSETS = { fetch: async () => new Response(null, { status: 404 }) };
  const { status, body } = await healthOf({ ASSETS });
  expect([status, body.failing]).toEqual([503, { words: "failed" }]);
  expect((await healthOf({})).status).toBe(200);
});

test("U28 an edge that is well says so, with its version and what is bound, below /_w too", async () => {
  for (const path of ["/v1/health", "/_w/v1/health"]) {
    const { status, headers, body } = await healthOf({}, path);
    expect([status, headers.get("Cache-Control")]).toEqual([200, "no-store"]);
    expect(body).toMatchObject({ status: "ok", failing: {} });
    expect(body.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(body.bindings).toMatchObject({ JOURNEY: true, CONFIG: true, ID_KEY: true, TOKEN_KEY_BEFORE: false });
  }
});

test("U28 what fails is named and answered 503: KV, an object, a secret that nobody set", async () => {
  const failing = await Promise.all([
    healthOf({ CONFIG: { get: () => Promise.reject(new Error("KV GET failed: 500")) } }),
    healthOf({ SITE }),
    healthOf({ ID_KEY: undefined }),
    healthOf({ ADMIN_TOKEN: "" }),
  ]);
  expect(failing.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  expect(failing.map(({ body }) => body.failing)).toEqual([
    { kv: "failed" },
    { object: "failed" },
    { ID_KEY: "not bound" },
    { ADMIN_TOKEN: "not bound" },
  ]);
  expect(failing[0]?.headers.get("Retry-After")).toBe("5");
});

test("U28 a store that never answers is named within seconds", async () => {
  const startedAt = performance.now();
  const { status, body } = await healthOf({ CONFIG: { get: () => new Promise(() => {}) } });
  expect([status, body.failing]).toEqual([503, { kv: "no answer within 2000 ms" }]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test("U28 many who ask cost one read and one call in five seconds", async () => {
  let reads = 0;
  const counted = { ...env, CONFIG: { get: async () => void reads++ } } as unknown as Env;
  const asked = Array.from(
    { length: 20 },
    () => () => app.fetch(new Request("https://edge.example/v1/health"), counted),
  );
  for (const ask of asked) expect((await ask()).status).toBe(200);
  expect(reads).toBe(1);
});

test("U28 the answer holds no secret and no id, and its counters are of this isolate", async () => {
  await app.fetch(new Request("https://edge.example/v1/config/nobody"), env);
  const { text, body } = await healthOf({});
  for (const secret of [env.ID_KEY, env.TOKEN_KEY, env.ADMIN_TOKEN]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/[\w-]{22,}/);
  expect(body.counts["refused /v1/config/:key unknown-site"]).toBe(1);
});
