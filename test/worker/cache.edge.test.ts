import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { SourceConfig } from "../../models/source-config.ts";
import app from "../../worker/index.ts";
import { visitors } from "../../worker/visitors.ts";
import { ask, batchOf, createSite, ORIGIN, randomKey, type SiteOf } from "../harness/site-of.ts";

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
  const secret = randomKey(16);
  const own = `site=${site.publicKey}`;
  const mine = { Authorization: `Waypost ${secret}` };
  const asVisitor = (body: object): RequestInit => ({ method: "POST", headers: mine, body: JSON.stringify(body) });
  const asServer = (password: string, body: object): RequestInit => ({
    method: "POST",
    headers: { Authorization: `Basic ${btoa(password)}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const tells = (call: string, body: object): Asked => ({
    path: `/v1/${call}`,
    init: asServer(`${site.writeKey}:`, body),
    cached: NO_STORE,
  });
  const link = { v: 1, site: site.publicKey, secret, consent: choice.consent, to: THERE };
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
    "GET /v1/config/:key/text/campaign": {
      path: `/v1/config/${site.publicKey}/text/campaign`,
      init: {},
      cached: "private, max-age=300",
    },
    "POST /v1/collect": { path: "/v1/collect", init: page(batchOf(site, 1, { secret })), cached: NO_STORE },
    "POST /v1/handover": { path: "/v1/handover", init: page(link), cached: NO_STORE },
    "POST /v1/consent": { path: "/v1/consent", init: page(choice), cached: NO_STORE },
    "POST /v1/batch": tells("batch", { historical: true, stream: "s", batch: [item] }),
    "POST /v1/import": tells("import", { stream: "s", batch: [item] }),
    "POST /v1/import/": tells("import/", { batch: [{ userId: "ada", type: "track", event: "Seen" }] }),
    "POST /v1/track": tells("track", { userId: "ada", event: "Seen" }),
    "POST /v1/page": tells("page", { userId: "ada" }),
    "POST /v1/screen": tells("screen", { userId: "ada", name: "Seen" }),
    "POST /v1/identify": tells("identify", { userId: "ada" }),
    "POST /v1/group": tells("group", { userId: "ada", groupId: "acme" }),
    "POST /v1/alias": tells("alias", { userId: "ada", previousId: "old" }),
    "POST /v1/cloudevents": tells("cloudevents", {
      specversion: "1.0",
      id: "1",
      source: "s",
      type: "t",
      userid: "ada",
    }),
    "POST /v1/webhooks/:key/:source": {
      path: `/v1/webhooks/${site.publicKey}/desk`,
      init: asServer(`anyone:${DESK_SECRET}`, { user: "ada", id: "1" }),
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
    "GET /.well-known/gpc.json": { path: "/.well-known/gpc.json", init: {}, cached: "public, max-age=86400" },
    "GET /v1/privacy/:key": { path: `/v1/privacy/${site.publicKey}`, init: {}, cached: "private, max-age=300" },
    "GET /v1/health": { path: "/v1/health", init: {}, cached: NO_STORE },
  };
}

const THERE = "https://help.example";
const DESK_SECRET = randomKey(24);
const DESK: SourceConfig = {
  id: "desk",
  name: "Desk",
  channel: "support",
  signature: { scheme: "basic" },
  rules: [{ type: "track", name: "Ticket", userId: ["{user}"], messageId: "{id}" }],
};
const LINKED = { keys: [], domains: [THERE] };

/** Sockets: what is no WebSocket is told so, and that is kept by nobody either. Their answers are test/worker/live*.edge.test.ts'. */
const SOCKETS = ["GET /v1/live"];

test("S26 no answer of any route is kept by a cache that others read, and a refusal by none", async () => {
  const site = await createSite("cached", { identity: LINKED, sources: [DESK] });
  const owner = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const secret = { method: "PUT", headers: owner, body: JSON.stringify({ secret: DESK_SECRET }) };
  expect((await ask("/api/sites/cached/sources/desk/secret", secret)).status).toBe(200);
  const known = asks(site);
  const routes = [...app.routes, ...visitors.routes]
    // The console has its own headers, and test/worker/team-headers.edge.test.ts for them.
    .filter(({ method, path }) => method !== "ALL" && !/^\/(_w|console)/.test(path))
    .map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual([...Object.keys(known), ...SOCKETS].sort());
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

test("S26 no answer below /api is kept by any cache, whatever it is", async () => {
  const { id } = await createSite("cached-team");
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const answers = [
    [`/api/sites/${id}/config`, headers, 200],
    [`/_w/api/sites/${id}/journeys/checkout/map`, headers, 200],
    [`/api/sites/${id}/consent/notices/none`, headers, 404],
    [`/api/sites/${id}/journeys/checkout/live`, headers, 426],
    [`/api/sites/${id}/config`, {}, 401],
    ["/api/none", headers, 404],
  ] as const;
  for (const [path, sent, status] of answers) {
    const answered = await ask(path, { headers: sent });
    expect([path, answered.status, answered.headers.get("Cache-Control")]).toEqual([path, status, NO_STORE]);
  }
});
