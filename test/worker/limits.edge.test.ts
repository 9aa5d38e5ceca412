import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { BATCH_MAX } from "../../models/wire.ts";
import type { CollectCall } from "../../worker/journey/call.ts";
import type { JourneyObject } from "../../worker/journey/object.ts";
import { spend } from "../../worker/limits.ts";
import { ask, batchOf, createSite, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** What a refused request says: status, name of the problem, and how long to wait, s. */
async function refusalOf(response: Response): Promise<[number, string, number]> {
  const { type = "" } = (await response.json()) as { type?: string };
  return [response.status, type.split("/").at(-1) as string, Number(response.headers.get("Retry-After"))];
}

test("U1 U4 however many isolates lease at once, a site's bucket gives out no more than it holds (S12)", async () => {
  await createSite("leased", { limits: { touchpointsPerSecond: 50 } });
  const owner = env.SITE.getByName("leased");
  const from = Date.now();
  const leases = await Promise.all(
    Array.from({ length: 60 }, () => owner.lease("touchpoints", { least: 1, most: 20 })),
  );
  const elapsedMs = Date.now() - from;
  const given = leases.reduce((sum, lease) => sum + lease.given, 0);
  expect(given).toBeGreaterThanOrEqual(500);
  expect(given).toBeLessThanOrEqual(500 + Math.ceil((elapsedMs / 1000) * 50));
  expect(leases.filter(({ waitMs }) => waitMs > 0).length).toBeGreaterThan(30);
  // Imports of the same site come out of a bucket of their own.
  expect(await owner.lease("imports", { least: 1, most: 50_000 })).toEqual({ given: 50_000, waitMs: 0 });
});

test("U4 an import that has spent all that it may holds up nothing that servers tell live, and is not held up by it", async () => {
  const site = await createSite("importing");
  const owner = env.SITE.getByName("importing");
  const headers = basicOf(site);
  const send = async (path: string, body: object) => {
    const json = { ...headers, "Content-Type": "application/json" };
    return (await ask(path, { method: "POST", headers: json, body: JSON.stringify(body) })).status;
  };
  const item = { type: "page", userId: "ada", timestamp: 1_577_880_000_000, seq: 0 };
  const past = { stream: "s", batch: Array.from({ length: 400 }, (_, seq) => ({ ...item, seq })) };
  const live = { batch: [{ type: "track", event: "Invoice Paid", userId: "ada" }] };
  const historical = { ...past, historical: true };
  const all = { least: 50_000, most: 50_000 };
  // No time passes: a bucket stays as empty as it is.
  vi.useFakeTimers({ toFake: ["Date"] });
  expect((await owner.lease("imports", all)).given).toBe(50_000);
  expect([await send("/v1/import", past), await send("/v1/batch", historical)]).toEqual([429, 429]);
  expect([await send("/v1/batch", live), await send("/v1/import", live)]).toEqual([200, 200]);
  // The twin, at another site: what is told live is over, and an import goes on.
  await createSite("telling", {}).then((other) => Object.assign(headers, basicOf(other)));
  expect((await env.SITE.getByName("telling").lease("server-events", all)).given).toBe(50_000);
  const many = { batch: Array.from({ length: 400 }, () => live.batch[0]) };
  expect([await send("/v1/batch", many), await send("/v1/import", past)]).toEqual([429, 200]);
});

const basicOf = ({ writeKey }: SiteOf) => ({ Authorization: `Basic ${btoa(`${writeKey}:`)}` });

test("U4 a new configuration's limit holds from its arrival on", async () => {
  await createSite("raised", { limits: { touchpointsPerSecond: 50 } });
  const owner = env.SITE.getByName("raised");
  const most = { least: 1, most: 1_000_000 };
  expect((await owner.lease("touchpoints", most)).given).toBe(500);
  expect((await owner.lease("touchpoints", { least: 500, most: 500 })).waitMs).toBeGreaterThan(1_000);
  await owner.apply({ ...SMALL_SITE, limits: { touchpointsPerSecond: 100_000 } });
  await expect.poll(async () => (await owner.lease("touchpoints", { least: 500, most: 500 })).given).toBe(500);
});

/** The bindings of now, with every lease counted. */
function countingLeases(): { bindings: typeof env; leases: () => number } {
  let leases = 0;
  const SITE = {
    getByName: (name: string) => ({
      lease: (...args: Parameters<DurableObjectStub<import("../../worker/site/object.ts").SiteObject>["lease"]>) => {
        leases++;
        return env.SITE.getByName(name).lease(...args);
      },
    }),
  };
  return { bindings: { ...env, SITE: SITE as never }, leases: () => leases };
}

test("U3 a site's batches cost few calls of its object, and once it has refused none at all until the time it named", async () => {
  const { id } = await createSite("few-calls", { limits: { touchpointsPerSecond: 100 } });
  const { bindings, leases } = countingLeases();
  const site = { site: id, config: { ...SMALL_SITE, limits: { touchpointsPerSecond: 100 } } };
  const spendOne = () => spend(bindings, site, { kind: "touchpoints", count: 5 });
  for (let i = 0; i < 180; i++) expect(await spendOne()).toBe(0);
  // 900 touchpoints, in blocks of 50 and then 100.
  expect(leases()).toBeLessThanOrEqual(11);
  expect(await spend(bindings, site, { kind: "touchpoints", count: BATCH_MAX })).toBeGreaterThan(0);
  const before = leases();
  const waits = [];
  for (let i = 0; i < 100; i++) waits.push(await spend(bindings, site, { kind: "touchpoints", count: BATCH_MAX }));
  expect(Math.min(...waits)).toBeGreaterThan(0);
  expect(leases()).toBe(before);
});

async function journeyCall(site: SiteOf): Promise<CollectCall> {
  const { streams } = batchOf(site, 1) as Pick<CollectCall, "streams">;
  return {
    site: { id: site.id, epoch: 1, shards: 8 },
    visitor: "v".repeat(43),
    config: 1,
    minimums: {},
    streams,
    stamp: { rev: 1, purposes: ["analytics"] },
    sentAt: Date.now(),
    asks: [],
    agent: null,
    excluded: null,
  };
}

test("U5 a visitor's batches beyond 120 at once are refused, write nothing and keep nothing; an import's are not counted", async () => {
  const site = await createSite("one-visitor");
  const call = await journeyCall(site);
  const stub = env.JOURNEY.getByName(`${site.id}:${call.visitor}`);
  const puts = () => runInDurableObject(stub, (object: JourneyObject) => object.store.billed.puts);
  const from = Date.now();
  const collect = (seq: number, change: Partial<CollectCall> = {}) => {
    const [{ stream, touchpoints }] = call.streams as [CollectCall["streams"][0]];
    const streams = [{ stream, touchpoints: touchpoints.map((touchpoint) => ({ ...touchpoint, seq })) }];
    return stub.collect({ ...call, streams, ...change });
  };
  let taken = 0;
  let refused = await collect(0);
  while (refused.waitMs === undefined && taken < 1_000) refused = await collect(++taken);
  expect(taken).toBeGreaterThanOrEqual(120);
  expect(taken).toBeLessThanOrEqual(121 + (Date.now() - from) / 1000);
  expect(refused).toMatchObject({ acked: [], consent: { rev: 1, purposes: ["analytics"] } });
  expect(refused.waitMs).toBeLessThanOrEqual(1_000);
  expect(await puts()).toBe(taken);
  // The twin: what does not count is written.
  expect((await collect(5_000, { stamp: null })).waitMs).toBeUndefined();
  expect(await puts()).toBe(taken + 1);
});

test("U5 a visitor who is refused is told so by the edge, and a withdrawal is heard all the same", async () => {
  const site = await createSite("told");
  const secret = randomKey(16);
  const statuses = [];
  for (let i = 0; i < 125; i++) statuses.push((await post("/v1/collect", batchOf(site, 1, { secret }))).status);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(await refusalOf(await post("/v1/collect", batchOf(site, 1, { secret })))).toEqual([
    429,
    "too-many-requests",
    1,
  ]);
  expect((await post("/v1/collect", batchOf(site, 1))).status).toBe(200);
  const consent = { rev: 2, purposes: [] };
  const choice = { v: 1, site: site.publicKey, secret, consent, policy: "p", language: "en", control: "withdraw" };
  expect((await post("/v1/consent", choice)).status).toBe(200);
});

test("U6 where the platform's own count refuses an address, the answer says when to come again, and a page can read it", async () => {
  const site = await createSite("bound");
  const keys: string[] = [];
  const ADDRESS_LIMIT = {
    limit: async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: false };
    },
  };
  const bindings = { ADDRESS_LIMIT };
  const headers = { "CF-Connecting-IP": "192.0.2.77" };
  const refused = await post("/v1/collect", batchOf(site, 1), { ...headers, bindings });
  expect(refused.headers.get("Access-Control-Allow-Origin")).toBe("https://shop.example");
  expect(refused.headers.get("Access-Control-Expose-Headers")).toBe("Retry-After");
  expect(await refusalOf(refused)).toEqual([429, "too-many-requests", 10]);
  expect((await post("/v1/consent", {}, { ...headers, bindings })).status).toBe(429);
  expect((await ask(`/v1/config/${site.publicKey}`, { headers }, bindings)).status).toBe(429);
  expect((await post("/v1/batch", {}, { ...headers, bindings })).status).toBe(429);
  expect(keys).toEqual(["call", "choice", "call", "call"].map((kind) => `${kind} c000024d`));
  const failing = { limit: () => Promise.reject(new Error("not there")) };
  const counted = { ...headers, bindings: { ADDRESS_LIMIT: failing } };
  expect((await post("/v1/collect", batchOf(site, 1), counted)).status).toBe(200);
  // Whom the platform gives no address is not counted: so it is in a local runtime alone.
  expect((await post("/v1/collect", batchOf(site, 1), { bindings })).status).toBe(200);
});

const from = (address: string) => ({ "CF-Connecting-IP": address });

/** The isolate's own count alone: the platform's is another service, which a test would have to wait for. */
const UNBOUND = { ADDRESS_LIMIT: undefined } as never;

/** Whether somebody with these headers is refused, of a few times: a bucket gains a request in 10 ms. */
async function isBarred(headers: Record<string, string>): Promise<boolean> {
  const statuses = [];
  for (let i = 0; i < 30; i++) statuses.push((await ask("/v1/config/none", { headers }, UNBOUND)).status);
  return statuses.includes(429);
}

async function drain(address: string): Promise<number> {
  for (let taken = 0; taken < 5_000; taken++) {
    if ((await ask("/v1/config/none", { headers: from(address) }, UNBOUND)).status === 429) return taken;
  }
  return 5_000;
}

test("U6 an address is barred with its /64 and no other, by what the platform saw, and no header moves it (S12)", async () => {
  const taken = await drain("2001:db8:1:2::1");
  expect(taken).toBeGreaterThanOrEqual(1_000);
  expect(taken).toBeLessThan(5_000);
  const forged = { "X-Forwarded-For": "203.0.113.9", "True-Client-IP": "203.0.113.9", Forwarded: "for=203.0.113.9" };
  const barred = [from("2001:db8:1:2::1"), from("2001:db8:1:2:ffff::9"), { ...from("2001:DB8:1:2::1"), ...forged }];
  for (const headers of barred) expect([headers, await isBarred(headers)]).toEqual([headers, true]);
  const free = [
    from("2001:db8:1:3::1"),
    from("2001:db8:1:20::1"),
    from("203.0.113.9"),
    { ...from("203.0.113.10"), "X-Forwarded-For": "2001:db8:1:2::1" },
    { "X-Forwarded-For": "2001:db8:1:2::1" },
  ];
  for (const headers of free) expect([headers, await isBarred(headers)]).toEqual([headers, false]);
});

test("U6 who is barred can still withdraw: choices are counted apart", async () => {
  const site = await createSite("barred", {});
  await drain("198.51.100.7");
  expect(await isBarred(from("198.51.100.7"))).toBe(true);
  const consent = { rev: 2, purposes: [] };
  const choice = { v: 1, site: site.publicKey, secret: randomKey(16), consent, policy: "p", language: "en" };
  const withdrawn = await post("/v1/consent", { ...choice, control: "withdraw" }, from("198.51.100.7"));
  expect(withdrawn.status).toBe(200);
});

test("U4 a count that cannot be had refuses a batch for later, and no choice", async () => {
  const site = await createSite("uncounted");
  const SITE = { getByName: () => ({ lease: () => Promise.reject(new Error("not there")) }) };
  const bindings = { SITE: SITE as never };
  expect(await refusalOf(await post("/v1/collect", batchOf(site, 1), { bindings }))).toEqual([503, "unavailable", 5]);
  const consent = { rev: 1, purposes: [] };
  const choice = { v: 1, site: site.publicKey, secret: randomKey(16), consent, policy: "p", language: "en" };
  expect((await post("/v1/consent", { ...choice, control: "withdraw" }, { bindings })).status).toBe(200);
});
