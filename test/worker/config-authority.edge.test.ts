import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { visitor } from "../../models/texts/en.ts";
import type { Decision } from "../../models/wire.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import type { Env } from "../../worker/env.ts";
import app from "../../worker/index.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { mapPlace, readMap } from "../../worker/map/shards.ts";
import type { SiteObject } from "../../worker/site/object.ts";
import { forgetNewest, KV, type VersionedConfig } from "../../worker/sites.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

afterEach(() => vi.useRealTimers());

const ORIGIN = "https://shop.example";
const SECRET = "s".repeat(22);
const SHOWS_ALL: SiteConfig = { ...SMALL_SITE, campaigns: SMALL_SITE.campaigns.map((c) => ({ ...c, holdout: 0 })) };
const PAUSED: SiteConfig = { ...SHOWS_ALL, campaigns: SHOWS_ALL.campaigns.map((c) => ({ ...c, status: "paused" })) };

function checked(config: SiteConfig): SiteConfig {
  const parsed = parseSiteConfig(config, visitor);
  if (!parsed.ok) throw new Error(parsed.bound);
  return parsed.value;
}

const sumOf = async (site: Parameters<typeof readMap>[1]) => (await readMap(env, site, { journey: "checkout" })).sum;

/** A site that nothing has read yet: no isolate remembers anything of it. */
async function siteOf(id: string, versions = 1) {
  const stub = env.SITE.getByName(id);
  const site = await stub.create(id, id.padEnd(22, "k"), `${id}-write-key`);
  if (!site) throw new Error("keys of its own");
  for (let version = 1; version <= versions; version++) await stub.apply(checked(SHOWS_ALL));
  return { stub, id, publicKey: site.publicKey, place: { id, epoch: site.epoch, shards: site.shards } };
}

async function collect(publicKey: string, { edge = env, secret = SECRET, asks = 0 } = {}) {
  const now = Date.now();
  const touchpoint = { seq: 0, type: "page", name: "", at: now - 60_000, url: `${ORIGIN}/pay`, props: {} };
  const body = JSON.stringify({
    v: 1,
    site: publicKey,
    secret,
    sentAt: now,
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    streams: [{ stream: "stream-one1", touchpoints: [touchpoint] }],
    asks: asks > 0 ? [{ ask: "a".repeat(22), at: now, on: "stall.high", score: 0.9, model: "page" }] : [],
  });
  const request = new Request("https://edge.example/v1/collect", { method: "POST", headers: { Origin: ORIGIN }, body });
  const answer = await app.fetch(request, edge);
  return { status: answer.status, reply: (await answer.json()) as { config: number; decisions: Decision[] } };
}

const inKv = async (id: string, version: number) => [
  await env.CONFIG.get<number>(KV.newest(id), "json"),
  (await env.CONFIG.get<VersionedConfig>(KV.config(id, version), "json"))?.version ?? null,
];

async function lose(id: string, version: number): Promise<void> {
  await env.CONFIG.delete(KV.newest(id));
  await env.CONFIG.delete(KV.config(id, version));
}

test("U26 a batch is taken though KV has lost pointer and version, and KV has them again", async () => {
  const { stub, id, publicKey } = await siteOf("kv-lost");
  await lose(id, 1);
  await evictDurableObject(stub);
  expect(await inKv(id, 1)).toEqual([null, null]);
  const { status, reply } = await collect(publicKey);
  expect([status, reply.config]).toEqual([200, 1]);
  expect(await inKv(id, 1)).toEqual([1, 1]);
});

test("U26 a batch is taken while KV answers nobody about configurations", async () => {
  const { publicKey } = await siteOf("kv-down");
  const get = (key: string, type: "json") =>
    key.startsWith("config/") ? Promise.reject(new Error("KV GET failed: 503")) : env.CONFIG.get(key, type);
  const { status, reply } = await collect(publicKey, { edge: { ...env, CONFIG: { get } } as unknown as Env });
  expect([status, reply.config]).toEqual([200, 1]);
});

test("U26 a site without a configuration is still answered so", async () => {
  const { publicKey } = await siteOf("kv-bare", 0);
  expect((await collect(publicKey)).status).toBe(404);
});

test("U26 a configuration is in force though KV did not take it, and the alarm gives it to KV", async () => {
  const { stub, id } = await siteOf("kv-full");
  const refuse = () => Promise.reject(new Error("KV PUT failed: 429"));
  await runInDurableObject(stub, (instance: SiteObject) => {
    Object.assign(instance, { env: { ...env, CONFIG: { put: refuse, get: refuse } } });
  });
  expect(await stub.apply(checked(SHOWS_ALL))).toMatchObject({ version: 2 });
  expect(await inKv(id, 2)).toEqual([1, null]);
  expect(await stub.missed(2)).toMatchObject({ version: 2 });
  await evictDurableObject(stub);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(await inKv(id, 2)).toEqual([2, 2]);
});

test("U26 an alarm goes on with a version that KV has lost; with one that is nowhere it changes nothing, and rings again", async () => {
  const { id, publicKey, place } = await siteOf("kv-alarm");
  const { status } = await collect(publicKey);
  expect(status).toBe(200);
  const visitor = await browserVisitor(env, id, SECRET);
  const journey = env.JOURNEY.getByName(`${id}:${visitor}`);
  await expect.poll(async () => (await sumOf(place)).touchpoints).toBe(1);
  // The row goes, as if the push had never come; the object forgets that it was acknowledged, and reads by another version.
  const { person, shard } = await mapPlace(visitor, place);
  await runInDurableObject(env.MAP.getByName(shard), (_, { storage }: DurableObjectState) => {
    storage.sql.exec("DELETE FROM people_days WHERE person = ?", person);
  });
  await evictDurableObject(env.MAP.getByName(shard));
  await env.SITE.getByName(id).apply(checked(SHOWS_ALL));
  await lose(id, 2);
  const readBy = async (config: number) => {
    await runInDurableObject(journey, (_, { storage }: DurableObjectState) => {
      const [blob = "", ...waiting] = (storage.kv.get<string>("state") as string).split("\n");
      const state = JSON.parse(blob);
      state.rest.home.config = config;
      storage.kv.put("state", [JSON.stringify(state), ...waiting].join("\n"));
    });
    await evictDurableObject(journey);
    await runDurableObjectAlarm(journey);
  };
  const alarmIn = async () =>
    (await runInDurableObject(journey, (_, { storage }: DurableObjectState) => storage.getAlarm())) ?? 0;
  await readBy(99);
  expect((await sumOf(place)).touchpoints).toBe(0);
  expect((await alarmIn()) - Date.now()).toBeLessThanOrEqual(5 * 60_000);
  await readBy(2);
  expect((await sumOf(place)).touchpoints).toBe(1);
});

test("U26 D3 a stopped campaign stays stopped while KV still points at the version in which it was live", async () => {
  const { id, publicKey } = await siteOf("kv-stale");
  const before = await collect(publicKey, { asks: 1 });
  expect(before.reply.decisions).toMatchObject([{ verdict: "show", campaign: "help" }]);
  const stopped = await app.fetch(
    new Request(`https://edge.example/api/sites/${id}/config`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
      body: JSON.stringify(PAUSED),
    }),
    env,
  );
  expect(stopped.status).toBe(200);
  await env.CONFIG.put(KV.newest(id), "1");
  const after = await collect(publicKey, { secret: "t".repeat(22), asks: 1 });
  expect(after.reply).toMatchObject({ config: 1, decisions: [{ verdict: "none", reason: "paused" }] });
});

/** What a team sends to stop a campaign, or to let it go on. */
async function told(path: string): Promise<{ stopped: { campaign: string; version: number }[]; site: object | null }> {
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const request = new Request(`https://edge.example/api/sites/${path}`, { method: "POST", headers, body: "{}" });
  return (await app.fetch(request, env)).json();
}

test("G47 U26 a stopped campaign is shown to nobody five seconds later, while KV still has it live; resumed, it is shown again", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const { stub, id, publicKey } = await siteOf("kill-switch");
  let visitors = 0;
  const decided = async () => {
    const secret = `${visitors++}`.padEnd(22, "v");
    return (await collect(publicKey, { secret, asks: 1 })).reply.decisions.map(({ verdict, reason }) => [
      verdict,
      reason,
    ]);
  };
  const shown = await decided();
  expect(shown).toEqual([["show", "chosen"]]);
  // Another isolate stops it: this one is told nothing, and KV stays as it was.
  await stub.stop({ kind: "installation" }, "help");
  expect(await inKv(id, 1)).toEqual([1, 1]);
  vi.setSystemTime(Date.now() + 5_000);
  expect(await decided()).toEqual([["none", "paused"]]);
  // Publishing the same version of it again does not let it go on.
  await stub.apply(checked(SHOWS_ALL));
  expect((await stub.stops()).stopped).toMatchObject([{ campaign: "help", version: 1, by: "installation" }]);
  vi.setSystemTime(Date.now() + 5_000);
  expect(await decided()).toEqual([["none", "paused"]]);
  await stub.resume({ kind: "installation" }, "help");
  vi.setSystemTime(Date.now() + 5_000);
  expect(await decided()).toEqual(shown);
});

test("G47 a team stops one campaign or all of them at once, sees what is stopped, and each call is logged once", async () => {
  const { stub, id, publicKey } = await siteOf("kill-routes");
  const asked = async (secret: string) => (await collect(publicKey, { secret: secret.padEnd(22, "v"), asks: 1 })).reply;
  expect((await told(`${id}/campaigns/help/stop`)).stopped).toMatchObject([{ campaign: "help", version: 1 }]);
  expect((await asked("a")).decisions).toMatchObject([{ verdict: "none", reason: "paused" }]);
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const exported = await app.fetch(new Request(`https://edge.example/api/sites/${id}/config`, { headers }), env);
  expect(await exported.json()).toMatchObject({ version: 1, stopped: [{ campaign: "help", version: 1 }] });
  expect((await told(`${id}/campaigns/help/resume`)).stopped).toEqual([]);
  expect((await asked("b")).decisions).toMatchObject([{ verdict: "show" }]);
  expect((await told(`${id}/stop`)).stopped).toMatchObject([{ campaign: "help" }]);
  expect((await asked("c")).decisions).toMatchObject([{ verdict: "none", reason: "paused" }]);
  expect((await told(`${id}/resume`)).stopped).toEqual([]);
  expect(await told(`${id}/campaigns/none/stop`)).toMatchObject({ status: 404 });
  // What is so already is neither done nor logged again.
  for (const path of [
    "resume",
    "campaigns/help/resume",
    "campaigns/help/stop",
    "campaigns/help/stop",
    "stop",
    "stop",
  ]) {
    await told(`${id}/${path}`);
  }
  const { entries } = await stub.auditPage(0, 100);
  expect(entries.map((text) => (({ action, subject }) => `${action} ${subject}`)(JSON.parse(text))).slice(2)).toEqual([
    "campaign.stop help",
    "campaign.resume help",
    "campaign.stop *",
    "campaign.resume *",
    "campaign.stop help",
    "campaign.stop *",
  ]);
});

test("G47 a higher version of a stopped campaign is another one, and is shown; going back to the stopped one shows nothing", async () => {
  const { stub, publicKey } = await siteOf("kill-raised");
  const decided = async (secret: string) =>
    (await collect(publicKey, { secret: secret.padEnd(22, "v"), asks: 1 })).reply.decisions;
  await stub.stop({ kind: "installation" }, "help");
  const raised = { ...SHOWS_ALL, campaigns: SHOWS_ALL.campaigns.map((c) => ({ ...c, version: 2 })) };
  await stub.apply(checked(raised));
  forgetNewest("kill-raised");
  expect((await stub.stops()).stopped).toEqual([]);
  expect(await decided("a")).toMatchObject([{ verdict: "show", version: 2 }]);
  expect((await told("kill-raised/versions/1/revert")) as object).toMatchObject({ version: 3 });
  expect((await stub.stops()).stopped).toMatchObject([{ campaign: "help", version: 1 }]);
  expect(await decided("b")).toMatchObject([{ verdict: "none", reason: "paused" }]);
  const { entries } = await stub.auditPage(0, 100);
  const stopped = [{ campaign: "help", version: 1 }];
  expect(entries.map((text) => JSON.parse(text)).slice(-2)).toMatchObject([
    { action: "config.publish", before: { stopped }, after: { version: 2, stopped: [] } },
    { action: "config.publish", before: { stopped: [] }, after: { version: 3, stopped } },
  ]);
  await told("kill-raised/campaigns/help/resume");
  expect(await decided("c")).toMatchObject([{ verdict: "show", version: 1 }]);
});

test("G48 a site that was stopped shows nothing of what is published afterwards either, until the site is resumed", async () => {
  const { stub, publicKey } = await siteOf("kill-site");
  const decided = async (secret: string) =>
    (await collect(publicKey, { secret: secret.padEnd(22, "v"), asks: 1 })).reply.decisions;
  expect(await told("kill-site/stop")).toMatchObject({ stopped: [{ campaign: "help" }], site: { by: "installation" } });
  const later = { ...SHOWS_ALL, campaigns: SHOWS_ALL.campaigns.map((c) => ({ ...c, id: "later", version: 7 })) };
  await stub.apply(checked(later));
  forgetNewest("kill-site");
  expect(await decided("a")).toMatchObject([{ verdict: "none", reason: "paused" }]);
  expect(await told("kill-site/campaigns/later/resume")).toMatchObject({
    stopped: [{ campaign: "later", version: 7 }],
  });
  expect(await decided("b")).toMatchObject([{ verdict: "none", reason: "paused" }]);
  expect(await told("kill-site/resume")).toEqual({ stopped: [], site: null });
  expect(await decided("c")).toMatchObject([{ verdict: "show", campaign: "later" }]);
});

test("U26 the object keeps the last fifty versions, a row each, and no earlier one", async () => {
  const { stub, id } = await siteOf("kv-pruned", 52);
  const rows = await runInDurableObject(stub, (_, { storage }: DurableObjectState) =>
    [...storage.kv.list({ prefix: "config/" })].map(([key]) => key),
  );
  expect(rows.sort()).toEqual(Array.from({ length: 50 }, (_, i) => `config/${i + 3}`).sort());
  expect((await stub.versions()).map(({ version }) => version)).toEqual(Array.from({ length: 50 }, (_, i) => 52 - i));
  expect(await stub.missed(2)).toBe(null);
  expect(await stub.missed(3)).toMatchObject({ version: 3 });
  expect(await inKv(id, 2)).toEqual([52, 2]);
});
