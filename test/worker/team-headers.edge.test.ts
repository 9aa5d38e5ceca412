import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { api } from "../../worker/api.ts";
import { atConsole, CONSOLE } from "../harness/person-of.ts";
import { ask } from "../harness/site-of.ts";

/** Scripts and styles: of the console's own folder alone. */
const POLICY =
  "default-src 'none'; script-src https://console.example/console/; style-src https://console.example/console/; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** What S15 asks of every answer, written down apart from the code. */
const WANTED = {
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
  "Access-Control-Allow-Origin": null,
};

const headersOf = ({ headers }: Response) =>
  Object.fromEntries(Object.keys(WANTED).map((name) => [name, headers.get(name)]));

const routes = [
  ...new Set(api.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)),
];

test("S15 every route of /api answers with the headers that keep it to itself, whoever asks and whatever for", async () => {
  expect(routes.length).toBeGreaterThan(40);
  for (const route of [...routes, "GET /api/none", "PATCH /api/session"]) {
    const [method = "", pattern = ""] = route.split(" ");
    const path = pattern.replace(/:(\w+)/g, "none");
    for (const headers of [{}, { Authorization: `Bearer ${env.ADMIN_TOKEN}` }] as Record<string, string>[]) {
      const body = method === "GET" || method === "DELETE" ? {} : { body: [] };
      const response = await atConsole(path, { method, headers, ...body });
      expect([route, headersOf(response)]).toEqual([route, WANTED]);
      expect([route, response.headers.get("Cache-Control")]).toEqual([route, "no-store"]);
    }
  }
});

test("S15 on a site's own host the same, but for the host's other names: those are not ours to bind", async () => {
  const response = await ask("/_w/api/session", {}, { CONSOLE_ORIGIN: CONSOLE });
  expect(headersOf(response)).toEqual({
    ...WANTED,
    "Content-Security-Policy": POLICY.replaceAll("https://console.example/console/", "'none'"),
    "Strict-Transport-Security": "max-age=63072000",
  });
});

test("S15 the console's files are at its own host alone, with the same headers", async () => {
  for (const path of ["/console", "/console/", "/console/console.js", "/console/none.js"]) {
    const own = await atConsole(path);
    expect([path, headersOf(own)]).toEqual([path, WANTED]);
    const elsewhere = await ask(path, {}, { CONSOLE_ORIGIN: CONSOLE });
    expect([path, elsewhere.status]).toEqual([path, 404]);
    expect((await ask(path, {})).status).toBe(404);
  }
  expect((await ask("/_w/console/", {}, { CONSOLE_ORIGIN: CONSOLE })).status).toBe(404);
});

test("S15 at the console's host is nothing but the console: no ingest, no page, no other way to either", async () => {
  const asked = [
    ["GET", "/v1/health"],
    ["POST", "/v1/collect"],
    ["POST", "/v1/batch"],
    ["GET", "/v1/privacy/none"],
    ["GET", "/v1/config/none"],
    ["GET", "/_w/v1/health"],
    ["GET", "/_w/waypost.js"],
    ["GET", "/_w/api/session"],
    ["GET", "/waypost.js"],
    ["GET", "/"],
    ["GET", "/apis"],
  ] as const;
  const shared = { CONSOLE_SHARES_HOST: "true" } as Partial<typeof env>;
  for (const [method, path] of asked) {
    const own = await atConsole(path, { method });
    expect([path, own.status, headersOf(own)]).toEqual([path, 404, WANTED]);
  }
  // The twins: the edge's other host, and one host for both where somebody says so.
  expect((await ask("/v1/health", {}, { CONSOLE_ORIGIN: CONSOLE })).status).toBe(200);
  expect((await atConsole("/v1/health", {}, shared)).status).toBe(200);
  expect((await atConsole("/_w/api/session", {}, shared)).status).toBe(401);
  expect((await atConsole("/api/session")).status).toBe(401);
  expect((await atConsole("/.well-known/gpc.json")).status).toBe(200);
});
