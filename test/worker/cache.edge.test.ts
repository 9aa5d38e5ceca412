import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import app from "../../worker/index.ts";
import { ask, batchOf, createSite, ORIGIN, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

interface Asked {
  path: string;
  init: RequestInit;
  /** What the answer's `Cache-Control` has to be. */
  cached: string;
}

const NO_STORE = "no-store";

/** How each route is asked with success. A route that is not here fails the test below. */
function asks(site: SiteOf): Record<string, Asked> {
  const page = (body: object): RequestInit => ({
    method: "POST",
    headers: { Origin: ORIGIN },
    body: JSON.stringify(body),
  });
  const choice = {
    v: 1,
    site: site.publicKey,
    secret: randomKey(16),
    consent: { rev: 1, purposes: ["analytics"] },
    policy: "p",
    language: "en",
    control: "accept",
  };
  const item = { anonymousId: "ann", seq: 0, type: "page", timestamp: 0 };
  const owner = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const secret = randomKey(16);
  const own = `site=${site.publicKey}`;
  const mine = { Authorization: `Waypost ${secret}` };
  const asVisitor = (body: object): RequestInit => ({ method: "POST", headers: mine, body: JSON.stringify(body) });
  const link = { v: 1, site: site.publicKey, secret, consent: choice.consent, to: THERE };
  const put = (body: object): RequestInit => ({ method: "PUT", headers: owner, body: JSON.stringify(body) });
  return {
    "GET /v1/config/:key": { path: `/v1/config/${site.publicKey}`, init: {}, cached: "private, max-age=300" },
    "GET /v1/config/:key/text": {
      path: `/v1/config/${site.publicKey}/text`,
      init: {},
      cached: "private, max-age=300",
    },
    "GET /v1/config/:key/text/data": {
      path: `/v1/config/${site.publicKey}/text/data`,
      init: {},
      cached: "private, max-age=300",
    },
    "POST /v1/collect": { path: "/v1/collect", init: page(batchOf(site, 1, { secret })), cached: NO_STORE },
    "POST /v1/handover": { path: "/v1/handover", init: page(link), cached: NO_STORE },
    "POST /v1/consent": { path: "/v1/consent", init: page(choice), cached: NO_STORE },
    "POST /v1/batch": {
      path: "/v1/batch",
      init: {
        method: "POST",
        headers: { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
        body: JSON.stringify({ historical: true, stream: "s", batch: [item] }),
      },
      cached: NO_STORE,
    },
    "PUT /api/sites/:site": { path: `/api/sites/${site.id}`, init: put(site), cached: NO_STORE },
    "PUT /api/sites/:site/config": {
      path: `/api/sites/${site.id}/config`,
      init: put({ ...SMALL_SITE, identity: LINKED }),
      cached: NO_STORE,
    },
    "GET /api/sites/:site/config": { path: `/api/sites/${site.id}/config`, init: { headers: owner }, cached: NO_STORE },
    "POST /api/sites/:site/shards": {
      path: `/api/sites/${site.id}/shards`,
      init: { method: "POST", headers: owner, body: JSON.stringify({ shards: 8 }) },
      cached: NO_STORE,
    },
    "GET /v1/me": { path: `/v1/me?${own}`, init: { headers: mine }, cached: NO_STORE },
    "GET /v1/me/export": { path: `/v1/me/export?${own}`, init: { headers: mine }, cached: NO_STORE },
    "GET /v1/me/receipts": { path: `/v1/me/receipts?${own}`, init: { headers: mine }, cached: NO_STORE },
    "GET /v1/me/receipt-keys": { path: "/v1/me/receipt-keys", init: {}, cached: NO_STORE },
    "POST /v1/me/object": { path: `/v1/me/object?${own}`, init: asVisitor({ profiling: true }), cached: NO_STORE },
    "POST /v1/me/restrict": {
      path: `/v1/me/restrict?${own}`,
      init: asVisitor({ restricted: false }),
      cached: NO_STORE,
    },
    "POST /v1/me/correct": { path: `/v1/me/correct?${own}`, init: asVisitor({ traits: {} }), cached: NO_STORE },
    "POST /v1/me/separate": { path: `/v1/me/separate?${own}`, init: asVisitor({}), cached: NO_STORE },
    "DELETE /v1/me": { path: `/v1/me?${own}`, init: { method: "DELETE", headers: mine }, cached: NO_STORE },
    "PUT /api/sites/:site/identity/:kid": {
      path: `/api/sites/${site.id}/identity/key`,
      init: put({ secret: randomKey(32) }),
      cached: NO_STORE,
    },
    "POST /api/sites/:site/visitors/:visitor/separate": {
      path: `/api/sites/${site.id}/visitors/${"v".repeat(43)}/separate`,
      init: { method: "POST", headers: owner, body: "{}" },
      cached: NO_STORE,
    },
    "GET /.well-known/gpc.json": { path: "/.well-known/gpc.json", init: {}, cached: "public, max-age=86400" },
    "GET /v1/privacy/:key": { path: `/v1/privacy/${site.publicKey}`, init: {}, cached: "private, max-age=300" },
    "GET /api/sites/:site/consent": {
      path: `/api/sites/${site.id}/consent`,
      init: { headers: owner },
      cached: NO_STORE,
    },
    "GET /api/sites/:site/consent/notices": {
      path: `/api/sites/${site.id}/consent/notices`,
      init: { headers: owner },
      cached: NO_STORE,
    },
    "GET /api/sites/:site/consent/records": {
      path: `/api/sites/${site.id}/consent/records?shard=0`,
      init: { headers: owner },
      cached: NO_STORE,
    },
    "DELETE /api/sites/:site/identity/:kid": {
      path: `/api/sites/${site.id}/identity/key`,
      init: { method: "DELETE", headers: owner },
      cached: NO_STORE,
    },
    "GET /v1/health": { path: "/v1/health", init: {}, cached: NO_STORE },
    "GET /api/sites/:site/journeys/:journey/people": {
      path: `/api/sites/${site.id}/journeys/checkout/people`,
      init: { headers: owner },
      cached: NO_STORE,
    },
    "GET /api/sites/:site/journeys/:journey/map": {
      path: `/api/sites/${site.id}/journeys/checkout/map`,
      init: { headers: owner },
      cached: NO_STORE,
    },
  };
}

const THERE = "https://help.example";
const LINKED = { keys: [], domains: [THERE] };

/** Sockets: what is no WebSocket is told so, and that is kept by nobody either. Their answers are test/worker/live*.edge.test.ts'. */
const SOCKETS = ["GET /v1/live", "GET /api/sites/:site/journeys/:journey/live"];

/** A notice that was shown: the ledger's tests have one. Here there is none, and that is kept by nobody. */
const ABSENT = "GET /api/sites/:site/consent/notices/:hash";

test("S26 no answer of any route is kept by a cache that others read, and a refusal by none", async () => {
  const site = await createSite("cached", { identity: LINKED });
  const known = asks(site);
  const routes = app.routes
    .filter(({ method, path }) => method !== "ALL" && !path.startsWith("/_w"))
    .map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual([...Object.keys(known), ...SOCKETS, ABSENT].sort());
  const absent = await ask(`/api/sites/${site.id}/consent/notices/none`, {
    headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
  });
  expect([absent.status, absent.headers.get("Cache-Control")]).toEqual([404, NO_STORE]);
  for (const route of SOCKETS) {
    const answered = await ask(route.slice("GET ".length).replace(":site", site.id).replace(":journey", "checkout"), {
      headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
    });
    expect([route, answered.status, answered.headers.get("Cache-Control")]).toEqual([route, 426, NO_STORE]);
  }
  for (const [route, { path, init, cached }] of Object.entries(known)) {
    // What belongs to the host as a whole is there once.
    for (const base of path.startsWith("/.well-known/") ? [""] : ["", "/_w"]) {
      const answered = await ask(base + path, init);
      expect([route, answered.status, answered.headers.get("Cache-Control")]).toEqual([route, 200, cached]);
    }
    const refused = await ask(`${path}/none`, init);
    expect([route, refused.status >= 400, refused.headers.get("Cache-Control")]).toEqual([route, true, NO_STORE]);
    const { method = "GET", headers } = init;
    if (method !== "GET" && method !== "DELETE") {
      const malformed = await ask(path, { method, headers: headers as HeadersInit, body: "{" });
      expect([route, malformed.status, malformed.headers.get("Cache-Control")]).toEqual([route, 400, NO_STORE]);
    }
  }
});
