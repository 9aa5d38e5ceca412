import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { readMap } from "../../worker/map/shards.ts";
import { ask, batchOf, createSite, type SiteOf } from "../harness/site-of.ts";

const ORIGINS = ["https://shop.example", "http://localhost:8787", "https://xn--bcher-kva.example"];

/** What is not an origin of the site, though it looks like one. A browser sends none of the last three as written. */
function variantsOf(origin: string): string[] {
  const { protocol, hostname, host, port } = new URL(origin);
  const other = protocol === "https:" ? "http:" : "https:";
  return [
    `${other}//${host}`,
    `${origin}.evil.example`,
    `${protocol}//evil-${host}`,
    `${protocol}//evil.example.${host}`,
    `${protocol}//www.${host}`,
    `${protocol}//${hostname.slice(1)}${port && `:${port}`}`,
    `${protocol}//${hostname}:${port === "" ? "8443" : "8788"}`,
    `${protocol}//${hostname}${port === "" ? ":443" : ""}${port && `:0${port}`}`,
    `${protocol}//${hostname}.${port && `:${port}`}`,
    `${protocol}//${host}@evil.example`,
    `${protocol}//evil.example/${origin}`,
    `${origin}/`,
    `${origin}/path`,
    `${origin}#`,
    `${origin}?x`,
    origin.toUpperCase(),
    `${protocol}//${host.toUpperCase()}`,
    `${origin},https://evil.example`,
    `${origin} https://evil.example`,
    host,
  ].filter((variant) => !ORIGINS.includes(variant));
}

const FOREIGN: (string | undefined)[] = [
  undefined,
  "null",
  "*",
  "https://",
  "file://",
  "https://b%C3%BCcher.example",
  "https://xn--bcher-kva.example.",
  "https://XN--BCHER-KVA.example",
  ...ORIGINS.flatMap(variantsOf),
];

const headersFor = (origin: string | undefined): Record<string, string> =>
  origin === undefined ? {} : { Origin: origin };

async function statusesOf(site: SiteOf, path: string, init: RequestInit): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (const origin of FOREIGN) {
    const headers = { ...(init.headers as Record<string, string>), ...headersFor(origin) };
    const answered = await ask(path.replace(":key", site.publicKey), { ...init, headers });
    statuses.add(answered.status);
    expect(answered.headers.get("Set-Cookie"), origin).toBe(null);
    expect(answered.headers.get("Access-Control-Allow-Credentials"), origin).toBe(null);
  }
  return statuses;
}

const objects = async () => {
  const lists = await Promise.all(
    [env.JOURNEY, env.LEDGER, env.MAP].map((space) => listDurableObjectIds(space as never)),
  );
  return lists.map((ids) => ids.length);
};

test("S8 S14 no variant of an allowed origin is taken for it: 403, no row, and no object that was not there", async () => {
  expect(FOREIGN.length).toBeGreaterThan(60);
  const site = await createSite("variants", { origins: ORIGINS });
  const choice = {
    v: 1,
    site: site.publicKey,
    consent: { rev: 1, purposes: [] },
    policy: "p",
    language: "en",
    control: "reject",
  };
  const before = await objects();
  for (const [path, body] of [
    ["/v1/collect", batchOf(site, 1)],
    ["/_w/v1/collect", batchOf(site, 1)],
    ["/v1/consent", choice],
    ["/v1/consent", { ...choice, secret: "s".repeat(22), control: "withdraw" }],
  ] as const) {
    expect(await statusesOf(site, path, { method: "POST", body: JSON.stringify(body) }), path).toEqual(new Set([403]));
  }
  expect(await objects()).toEqual(before);
  // The twin: each allowed origin is taken, and makes a journey.
  for (const origin of ORIGINS) {
    const headers = { Origin: origin };
    const taken = await ask("/v1/collect", { method: "POST", headers, body: JSON.stringify(batchOf(site, 1)) });
    expect([taken.status, taken.headers.get("Access-Control-Allow-Origin"), taken.headers.get("Vary")]).toEqual([
      200,
      origin,
      "Origin",
    ]);
  }
  await expect
    .poll(
      async () => (await readMap(env, { id: site.id, epoch: 1, shards: 8 }, { journey: "checkout" })).sum.touchpoints,
    )
    .toBe(3);
  const [journeys = 0] = await objects();
  expect(journeys - (before[0] as number)).toBe(ORIGINS.length);
});

test("S14 a preflight is permitted to nobody, so a request that needs one is never made", async () => {
  const site = await createSite("preflight", { origins: ORIGINS });
  const before = await objects();
  const asked = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,authorization",
  };
  for (const path of ["/v1/collect", "/v1/consent", "/v1/config/:key", "/v1/batch", "/api/sites/preflight/config"]) {
    const init = { method: "OPTIONS", headers: asked };
    expect(
      [...(await statusesOf(site, path, init))].filter((status) => status < 400),
      path,
    ).toEqual([]);
    const allowed = await ask(path.replace(":key", site.publicKey), {
      ...init,
      headers: { ...asked, Origin: ORIGINS[0] as string },
    });
    for (const name of ["Methods", "Headers", "Credentials"]) {
      expect(allowed.headers.get(`Access-Control-Allow-${name}`), path).toBe(null);
    }
  }
  expect(await objects()).toEqual(before);
});

test("S14 a foreign page reads no configuration; a request that names no origin, as a page's own, does", async () => {
  const site = await createSite("read", { origins: ORIGINS });
  for (const origin of FOREIGN) {
    const answered = await ask(`/v1/config/${site.publicKey}`, { headers: headersFor(origin) });
    expect([origin, answered.status]).toEqual([origin, origin === undefined ? 200 : 403]);
  }
});
