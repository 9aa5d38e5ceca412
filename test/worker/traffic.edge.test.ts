import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { CollectReply } from "../../models/wire.ts";
import type { CollectCall } from "../../worker/journey/call.ts";
import { countExcluded } from "../../worker/map/excluded.ts";
import { ask, batchOf, createSite, post, randomKey, type SiteOf } from "../harness/site-of.ts";

const ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0";

/** Touchpoints counted as excluded on all shards of a site. */
async function excludedOf(id: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (let shard = 0; shard < 8; shard++) {
    for (const journey of ["checkout", "signup"]) {
      const { beside } = await env.MAP.getByName(`${id}:1:${shard}`).read({ journey });
      if (beside.bot) sums[`${journey} bot`] = (sums[`${journey} bot`] ?? 0) + beside.bot;
    }
  }
  return sums;
}

test("Z3 a robot's batch is acknowledged and counted, makes no journey and gets no decision; a browser's makes one", async () => {
  const site = await createSite("robots");
  const ask = { ask: randomKey(16), at: Date.now(), on: "stall.high", score: 0.9, model: "page" };
  const purposes = ["analytics", "scoring", "personalization"];
  const batch = batchOf(site, 3, { asks: [ask], consent: { rev: 1, purposes } });
  const journeys = async () => (await listDurableObjectIds(env.JOURNEY)).length;
  const before = await journeys();
  const replies: CollectReply[] = [];
  for (let i = 0; i < 5; i++) {
    const answered = await post("/v1/collect", batch, { "User-Agent": ROBOT });
    expect([answered.status, answered.headers.get("Cache-Control"), answered.headers.get("Set-Cookie")]).toEqual([
      200,
      "no-store",
      null,
    ]);
    replies.push((await answered.json()) as CollectReply);
  }
  for (const { acked, refused, decisions, person } of replies) {
    expect(acked.flatMap(({ seqs }) => seqs)).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect([refused, decisions, person]).toEqual([[], [], ""]);
  }
  expect(await journeys()).toBe(before);
  expect(await excludedOf(site.id)).toEqual({ "checkout bot": 15 });
  // The twin: the same batch by a browser.
  const taken = (await (await post("/v1/collect", batch, { "User-Agent": BROWSER })).json()) as CollectReply;
  expect(taken.decisions).toHaveLength(1);
  expect(await journeys()).toBe(before + 1);
  expect(await excludedOf(site.id)).toEqual({ "checkout bot": 15 });
});

test("Z3 what is excluded is spread over the shards, and adds up", async () => {
  const site = { id: "spread", epoch: 1, shards: 8 };
  for (let i = 1; i <= 20; i++) await countExcluded(env, site, { journey: "checkout", kind: "bot", touchpoints: i });
  await countExcluded(env, site, { journey: "signup", kind: "bot", touchpoints: 1 });
  expect(await excludedOf("spread")).toEqual({ "checkout bot": 210, "signup bot": 1 });
});

/** What a journey is told with a batch that comes with these headers. */
async function toldOf(site: SiteOf, batch: object, headers: Record<string, string>): Promise<CollectCall> {
  const calls: CollectCall[] = [];
  const collect = async (call: CollectCall) => {
    calls.push(call);
    return { acked: [], refused: [], duplicates: [], decisions: [], consent: call.stamp, features: null };
  };
  const bindings = { JOURNEY: { getByName: () => ({ collect }) } as never };
  expect((await post("/v1/collect", { ...batch, site: site.publicKey }, { ...headers, bindings })).status).toBe(200);
  expect(calls).toHaveLength(1);
  return calls[0] as CollectCall;
}

test("Z2 a journey is told why its batch is not counted: an internal address, a page that is debugged, a site on trial", async () => {
  const own = await createSite("own-people", { internal: { ips: ["192.0.2.0/24", "2001:db8::/32"] } });
  const from = (address: string) => ({ "CF-Connecting-IP": address });
  const excluded = async (batch: object, headers = {}) => (await toldOf(own, batch, headers)).excluded;
  expect(await excluded(batchOf(own, 1), from("192.0.2.9"))).toBe("internal");
  expect(await excluded(batchOf(own, 1), from("2001:db8:7::1"))).toBe("internal");
  expect(await excluded(batchOf(own, 1), from("203.0.113.9"))).toBe(null);
  // A header that anybody may send says nothing.
  expect(await excluded(batchOf(own, 1), { ...from("203.0.113.9"), "X-Forwarded-For": "192.0.2.9" })).toBe(null);
  expect(await excluded(batchOf(own, 1, { debug: true }))).toBe("internal");
  const trial = await createSite("trial", { testMode: true });
  expect((await toldOf(trial, batchOf(trial, 1, { debug: true }), {})).excluded).toBe("test");
});

test("Z4 a journey is told what the headers and the platform say of the device", async () => {
  const site = await createSite("devices");
  const headers = { "User-Agent": BROWSER, "Accept-Language": "pl,en;q=0.5" };
  expect((await toldOf(site, batchOf(site, 1), headers)).agent).toEqual({
    device: "desktop",
    browser: "Firefox",
    os: "Windows",
    language: "pl",
    country: "",
  });
});

test("G5 Z2 pages never read who is internal, whether a site is on trial, nor what it may send", async () => {
  const change = { internal: { ips: ["192.0.2.0/24"] }, testMode: true, limits: { touchpointsPerSecond: 777 } };
  const site = await createSite("unpublished", change);
  const published = await (await ask(`/v1/config/${site.publicKey}`, {})).text();
  for (const secret of ["internal", "192.0.2", "testMode", "limits", "777"]) expect(published).not.toContain(secret);
  // The twin: what they do read is there.
  expect(published).toContain("thresholds");
});

test("B29 a refusal is counted under a policy that the site has or had, and whatever else it names under one row", async () => {
  const site = await createSite("policies");
  const policyOf = async () => {
    const config = (await (await ask(`/v1/config/${site.publicKey}`, {})).json()) as { consent: { policy: string } };
    return config.consent.policy;
  };
  const first = await policyOf();
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const { config } = (await env.CONFIG.get<{ config: { consent: object } }>(`config/${site.id}/1`, "json")) ?? {};
  const consent = { ...config?.consent, version: "other terms" };
  const body = JSON.stringify({ ...config, consent });
  expect((await ask(`/api/sites/${site.id}/config`, { method: "PUT", headers, body })).status).toBe(200);
  const second = await policyOf();
  expect(second).not.toBe(first);
  const refusal = { v: 1, site: site.publicKey, consent: { rev: 1, purposes: [] }, language: "en", control: "reject" };
  const forged = Array.from({ length: 30 }, () => randomKey(16));
  for (const policy of [first, second, second, "", "unknown", ...forged]) {
    expect((await post("/v1/consent", { ...refusal, policy })).status).toBe(200);
  }
  const counts: Record<string, number> = {};
  for (let shard = 0; shard < 8; shard++) {
    const { refusals } = await env.LEDGER.getByName(`${site.id}:${shard}`).read();
    for (const { policy, count } of refusals) counts[policy] = (counts[policy] ?? 0) + count;
  }
  expect(counts).toEqual({ [first]: 1, [second]: 2, unknown: 32 });
});
