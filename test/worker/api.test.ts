import { afterAll, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../models/wire.ts";
import { createSite, type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

const problemOf = async (response: Response) => {
  const { status, type, field } = (await response.json()) as Problem;
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  return [status, type.split("/").at(-1), field];
};

test("S16 the console's routes answer nobody without the token", async () => {
  const site = { publicKey: randomKey(16), writeKey: randomKey(16) };
  for (const token of ["", "wrong", `${edge.keys.ADMIN_TOKEN}x`]) {
    const headers = { Authorization: `Bearer ${token}` };
    for (const path of ["/api/sites/s", "/api/sites/s/config"]) {
      const response = await fetch(edge.url + path, { method: "PUT", headers, body: JSON.stringify(site) });
      expect(await problemOf(response)).toEqual([401, "unauthorised", undefined]);
    }
    expect((await fetch(`${edge.url}/api/sites/s/journeys/checkout/map`, { headers })).status).toBe(401);
  }
  expect((await edge.api("PUT", "/api/sites/s", site)).status).toBe(200);
});

test("G1 a site keeps the keys of its creation, and no other site takes them", async () => {
  const { publicKey, writeKey } = await createSite(edge, "keys", SMALL_SITE);
  const put = (id: string, keys: object) => edge.api("PUT", `/api/sites/${id}`, keys);
  expect((await put("keys", { publicKey, writeKey })).status).toBe(200);
  const other = { publicKey: randomKey(16), writeKey: randomKey(16) };
  for (const [id, keys] of [
    ["keys", other],
    ["keys", { publicKey, writeKey: other.writeKey }],
    ["thief", { publicKey, writeKey: other.writeKey }],
    ["thief", { publicKey: other.publicKey, writeKey }],
  ] as const) {
    expect(await problemOf(await put(id, keys))).toEqual([409, "key-taken", undefined]);
  }
  expect((await fetch(`${edge.url}/v1/config/${other.publicKey}`)).status).toBe(404);
  expect((await fetch(`${edge.url}/v1/config/${publicKey}`)).status).toBe(200);
  // The twin: with keys of its own the other site is made.
  expect((await put("thief", other)).status).toBe(200);
});

test("G2 a configuration that is wrong is refused whole, with the field and the bound", async () => {
  await createSite(edge, "wrong", SMALL_SITE);
  const put = (config: unknown) => edge.api("PUT", "/api/sites/wrong/config", config);
  expect(await problemOf(await put({ ...SMALL_SITE, origins: ["shop.example"] }))).toEqual([
    400,
    "malformed",
    "origins.0",
  ]);
  expect(await problemOf(await put([]))).toEqual([400, "malformed", ""]);
  const { version } = (await (await put(SMALL_SITE)).json()) as { version: number };
  expect(version).toBe(2);
});

test("G2 configurations that come at the same time get versions of their own, and the last stays the newest", async () => {
  const site = await createSite(edge, "at-once", SMALL_SITE);
  const puts = await Promise.all([1, 2, 3, 4].map(() => edge.api("PUT", "/api/sites/at-once/config", SMALL_SITE)));
  const versions = await Promise.all(puts.map(async (put) => ((await put.json()) as { version: number }).version));
  expect(versions.sort()).toEqual([2, 3, 4, 5]);
  const config = (await (await fetch(`${edge.url}/v1/config/${site.publicKey}`)).json()) as { version: number };
  expect(config.version).toBe(5);
});

test("G3 what does not exist is named: site, configuration, journey, route", async () => {
  await edge.api("PUT", "/api/sites/bare", { publicKey: "b".repeat(22), writeKey: randomKey(16) });
  await createSite(edge, "full", SMALL_SITE);
  const get = (path: string) => fetch(edge.url + path);
  expect(await problemOf(await get("/v1/config/none"))).toEqual([404, "unknown-site", undefined]);
  expect(await problemOf(await get(`/v1/config/${"b".repeat(22)}`))).toEqual([404, "no-configuration", undefined]);
  expect(await problemOf(await edge.api("PUT", "/api/sites/none/config", SMALL_SITE))).toEqual([
    404,
    "unknown-site",
    undefined,
  ]);
  expect(await problemOf(await edge.api("GET", "/api/sites/none/journeys/checkout/map"))).toEqual([
    404,
    "unknown-site",
    undefined,
  ]);
  expect(await problemOf(await edge.api("GET", "/api/sites/full/journeys/none/map"))).toEqual([
    404,
    "not-found",
    undefined,
  ]);
  expect(await problemOf(await get("/v1/none"))).toEqual([404, "not-found", undefined]);
});

test("G4 the routes below /_w are the same ones, for the install on a site's own host", async () => {
  const site = await createSite(edge, "own-host", SMALL_SITE);
  const [plain, own] = await Promise.all(
    ["", "/_w"].map((base) => fetch(`${edge.url}${base}/v1/config/${site.publicKey}`)),
  );
  expect(await own?.json()).toEqual(await plain?.json());
});
