import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, onTestFinished, test } from "vitest";
import type { SiteHealth } from "../../models/analysis/health.ts";
import type { MapObject } from "../../worker/map/object.ts";
import { ask, batchOf, createSite, post, randomKey, type SiteOf } from "../harness/site-of.ts";

const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
const SHARDS = 8;

async function healthOf({ id }: SiteOf): Promise<SiteHealth> {
  const answer = await ask(`/api/sites/${id}/health`, { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as SiteHealth;
}

test("U69 a team reads what came today and this month, what was refused and why, and what it costs", async () => {
  const site = await createSite("health-of-site");
  expect((await healthOf(site)).today).toMatchObject({ touchpoints: 0, batches: 0 });
  const secret = randomKey(16);
  await post("/v1/collect", batchOf(site, 3, { secret }));
  await post("/v1/collect", batchOf(site, 2, { secret }));
  await post("/v1/collect", batchOf(site, 1, { consent: { rev: 1, purposes: [] } }));
  await post("/v1/collect", batchOf(site, 1), { Origin: "https://evil.example" });
  await post("/v1/collect", batchOf(site, 4), { "User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)" });
  const choice = { v: 1, site: site.publicKey, consent: { rev: 1, purposes: [] }, policy: "p", language: "en" };
  await post("/v1/consent", { ...choice, control: "reject" });
  const told = async () => (await env.EVENTS.getByName(site.id).counted()).days[0]?.sums ?? {};
  const all = { batches: 4, choices: 1, "problem.origin-not-allowed": 1 };
  await expect.poll(told, { timeout: 15_000 }).toMatchObject(all);
  const health = await healthOf(site);
  expect(health.today).toMatchObject({
    touchpoints: 5,
    accepted: { page: 5 },
    batches: 4,
    refused: { consent: 1 },
    problems: { "origin-not-allowed": 1 },
    robots: 4,
    choices: 1,
    visits: 1,
    visitors: 1,
  });
  expect(health.month).toEqual(health.today);
  expect(health.days).toEqual([{ day: new Date().toISOString().slice(0, 10), touchpoints: 5, batches: 4, refused: 2 }]);
  expect(health.cost.estimated).toBe(true);
  expect(health.cost.terms.reduce((sum, { dollars }) => sum + dollars, 0)).toBeCloseTo(health.cost.dollars, 12);
  expect(health.cost.dollars).toBeGreaterThan(0);
});

test("U69 what a team asks is nothing that arrives, and no page of another site reads its refusal, whatever its path holds", async () => {
  const site = await createSite("health-of-paths");
  const Origin = "https://evil.example";
  const asked = { method: "POST", headers: { ...headers, Origin }, body: "{}" };
  for (const edge of ["", "/_w"]) {
    const refusal = await ask(`${edge}/api/sites/${site.id}/campaigns/v1/stop`, asked);
    expect([refusal.status, refusal.headers.get("Access-Control-Allow-Origin")]).toEqual([404, null]);
  }
  // The twin: what a page sends is told, and counted.
  const sent = await post("/v1/collect", batchOf(site, 1), { Origin });
  expect([sent.status, sent.headers.get("Access-Control-Allow-Origin")]).toEqual([403, Origin]);
  const sums = async () => (await env.EVENTS.getByName(site.id).counted()).days[0]?.sums ?? {};
  await expect.poll(sums, { timeout: 15_000 }).toMatchObject({ "problem.origin-not-allowed": 1 });
  expect(Object.keys(await sums()).filter((name) => name.startsWith("problem."))).toEqual([
    "problem.origin-not-allowed",
  ]);
});

test("U69 each shard says when it was last told something, and how long something has waited for the history", async () => {
  const site = await createSite("health-of-shards");
  const idle = await healthOf(site);
  expect(idle.shards).toHaveLength(SHARDS);
  expect(idle.shards.every(({ pushedAt, lagMs }) => pushedAt === null && lagMs === null)).toBe(true);
  const before = Date.now();
  await post("/v1/collect", batchOf(site, 1));
  await expect.poll(async () => (await healthOf(site)).historyWaiting).toBe(1);
  const pushed = (await healthOf(site)).shards.filter(({ pushedAt }) => pushedAt !== null);
  expect(pushed).toHaveLength(1);
  const [{ shard, pushedAt, lagMs }] = pushed as [SiteHealth["shards"][0]];
  expect(pushedAt).toBeGreaterThanOrEqual(before);
  expect(lagMs).toBeLessThanOrEqual(Date.now() - before);
  await runInDurableObject(env.MAP.getByName(shard), (instance: MapObject) => instance.alarm());
  const flushed = await healthOf(site);
  expect(flushed.historyWaiting).toBe(0);
  expect(flushed.shards.find((one) => one.shard === shard)).toMatchObject({ pushedAt, lagMs: null });
});

test("U69 shards that fail or do not answer in time are named, and all the others are told of", async () => {
  const site = await createSite("health-of-broken");
  const [broken, silent] = [`${site.id}:1:3`, `${site.id}:1:5`];
  const health = async (name: string) => {
    if (name === broken) throw new Error("away");
    return name === silent ? new Promise(() => {}) : env.MAP.getByName(name).health();
  };
  const MAP = { getByName: (name: string) => ({ health: () => health(name) }) } as never;
  const answer = await ask(`/api/sites/${site.id}/health`, { headers }, { MAP });
  const { unreachable, shards } = (await answer.json()) as SiteHealth;
  expect(unreachable).toEqual([broken, silent]);
  expect(shards.map(({ shard }) => shard)).not.toContain(broken);
  expect(shards).toHaveLength(SHARDS - 2);
});

test("U69 who watches the map and the events is counted", async () => {
  const site = await createSite("health-of-watched");
  expect((await healthOf(site)).watchers).toEqual({ events: 0, map: 0 });
  for (const path of ["journeys/checkout/live", "events/live"]) {
    const answer = await ask(`/api/sites/${site.id}/${path}`, { headers: { ...headers, Upgrade: "websocket" } });
    answer.webSocket?.accept();
    onTestFinished(() => answer.webSocket?.close(1000));
  }
  expect((await healthOf(site)).watchers).toEqual({ events: 1, map: 1 });
});
