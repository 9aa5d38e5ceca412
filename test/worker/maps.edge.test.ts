import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import type { SiteObject } from "../../worker/site/object.ts";
import { KV } from "../../worker/sites.ts";
import { ask, batchOf, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";

const PHONE =
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36";
const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
const PURPOSES = ["analytics", "scoring", "personalization"];

async function get<T>(path: string): Promise<T> {
  return (await (await ask(path, { headers })).json()) as T;
}

const mapOf = (site: SiteOf, query = "") => get<MapView>(`/api/sites/${site.id}/journeys/checkout/map${query}`);

async function visit(site: SiteOf, paths: string[], { agent = "", ...change }: Record<string, unknown> = {}) {
  const at = Date.now() - 10_000;
  const touchpoints = paths.map((path, seq) => {
    const isTrait = path.startsWith("identify:");
    const props = isTrait ? { plan: path.slice(9), email: "ann@shop.example" } : {};
    return {
      seq,
      type: isTrait ? "identify" : "page",
      name: "",
      at: at + seq * 1000,
      url: `${ORIGIN}${isTrait ? "/" : path}`,
      props,
    };
  });
  const streams = [{ stream: randomKey(8), touchpoints }];
  const body = { ...batchOf(site, 0), consent: { rev: 1, purposes: PURPOSES }, streams, ...change };
  expect((await post("/v1/collect", body, { "User-Agent": agent })).status).toBe(200);
}

test("J29 J40 a team reads its map whole, by segment and by days; what is asked for wrongly is named", async () => {
  const site = await createSite("map-parts", {
    segments: [
      { id: "phones", version: 1, name: "On a phone", condition: { device: "mobile" } },
      { id: "paid", version: 2, name: "Came to pay", condition: { stage: "pay" } },
    ],
  });
  await visit(site, ["/", "/cart"], { agent: PHONE });
  await visit(site, ["/", "/pay"]);
  await expect.poll(async () => (await mapOf(site)).visits).toBe(2);
  const whole = await mapOf(site);
  expect(whole.segments).toEqual([
    { id: "phones", name: "On a phone", visits: 1, goals: 0 },
    { id: "paid", name: "Came to pay", visits: 1, goals: 0 },
  ]);
  expect(whole.edges.map(({ from, to, count, meanMs }) => [from, to, count, meanMs])).toEqual([
    ["browse", "cart", 1, 1000],
    ["browse", "pay", 1, 1000],
  ]);
  const phones = await mapOf(site, "?segment=phones");
  expect([phones.visits, phones.paths]).toEqual([1, [{ stages: ["browse", "cart"], visits: 1 }]]);
  const today = new Date().toISOString().slice(0, 10);
  expect((await mapOf(site, `?from=${today}&to=${today}`)).visits).toBe(2);
  expect((await mapOf(site, "?to=2020-01-01")).visits).toBe(0);
  const path = `/api/sites/${site.id}/journeys/checkout/map`;
  expect(await get(`${path}?from=yesterday`)).toMatchObject({ status: 400, field: "from" });
  expect(await get(`${path}?segment=nobody`)).toMatchObject({ status: 404 });
});

test("J30 Z2 a site in test mode sees its traffic beside the map, and none in it", async () => {
  const site = await createSite("map-test", { testMode: true });
  await visit(site, ["/", "/cart"]);
  await expect.poll(async () => (await mapOf(site)).excluded.test).toBe(2);
  const { visits, touchpoints, excluded } = await mapOf(site);
  expect([visits, touchpoints, excluded.internal]).toEqual([0, 0, 0]);
});

test("J34 a team reads who was seen last, with declared traits alone, and no more people than it asked for", async () => {
  const site = await createSite("people", { traits: ["plan"] });
  await visit(site, ["/", "identify:team"], { agent: PHONE });
  await visit(site, ["/", "/cart"]);
  const read = (query = "") =>
    get<{ people: Record<string, unknown>[] }>(`/api/sites/${site.id}/journeys/checkout/people${query}`);
  await expect.poll(async () => (await read()).people.length).toBe(2);
  const { people } = await read();
  const named = people.find(({ traits }) => Object.keys(traits as object).length > 0);
  expect(named).toMatchObject({ traits: { plan: "team" }, stage: "browse", visits: 1 });
  expect(String(named?.context)).toMatch(/^mobile\/Chrome\/Android/);
  expect(JSON.stringify(people)).not.toContain("ann@shop.example");
  expect((await read("?limit=1")).people).toHaveLength(1);
  expect(await read("?limit=0")).toMatchObject({ status: 400, field: "limit" });
});

test("J34 traits and bands are gone from what a team reads with the choice that they rested on, by a batch or at the ledger", async () => {
  const site = await createSite("people-withdrawn", { traits: ["plan"] });
  const peopleOf = async () =>
    (
      await get<{ people: { traits: object; bands: object | null }[] }>(
        `/api/sites/${site.id}/journeys/checkout/people`,
      )
    ).people;
  const none = [{ traits: {}, bands: null }];
  const known = [{ traits: { plan: "team" }, bands: { stall: expect.any(String), intent: expect.any(String) } }];
  const secret = randomKey(16);
  const granted = (rev: number) => ({ secret, consent: { rev, purposes: PURPOSES } });
  await visit(site, ["/", "identify:team"], granted(1));
  await expect.poll(peopleOf).toMatchObject(known);
  const consent = { rev: 2, purposes: ["analytics"] };
  const choice = { v: 1, site: site.publicKey, secret, consent, policy: "p", language: "en", control: "api" };
  expect((await post("/v1/consent", choice)).status).toBe(200);
  await expect.poll(peopleOf).toMatchObject(none);
  await visit(site, ["/", "identify:team"], granted(3));
  await expect.poll(peopleOf).toMatchObject(known);
  // A batch of which nothing is kept but the choice.
  await visit(site, ["/"], { secret, consent: { rev: 4, purposes: [] } });
  await expect.poll(peopleOf).toMatchObject(none);
});

test("J42 growth opens a new epoch: who came before stays where they are, who comes after is on the new shards, and the map is of both", async () => {
  const site = await createSite("grown");
  await visit(site, ["/", "/cart"]);
  await expect.poll(async () => (await mapOf(site)).visits).toBe(1);
  const grow = (shards: unknown) =>
    ask(`/api/sites/${site.id}/shards`, { method: "POST", headers, body: JSON.stringify({ shards }) });
  expect(await (await grow(3)).json()).toMatchObject({ shards: 3, epoch: 2, earlier: [8] });
  expect(await (await grow(3)).json()).toMatchObject({ shards: 3, epoch: 2 });
  expect((await grow(0)).status).toBe(400);
  await visit(site, ["/", "/cart"]);
  await expect.poll(async () => (await mapOf(site)).visits).toBe(2);
  expect((await mapOf(site)).edges[0]).toMatchObject({ from: "browse", to: "cart", count: 2 });
});

test("J42 a growth that KV took nothing of is told to KV by the next try", async () => {
  const site = await createSite("half-grown");
  const owner = env.SITE.getByName(site.id);
  await runInDurableObject(owner, async (instance: SiteObject) => {
    const { CONFIG } = (instance as unknown as { env: { CONFIG: KVNamespace } }).env;
    // Late enough for what was written before to stay.
    const put = () => new Promise((_, reject) => setTimeout(() => reject(new Error("KV PUT failed: 503")), 100));
    Object.assign(CONFIG, { put });
    await expect(instance.grow(16)).rejects.toThrow("503");
    delete (CONFIG as Partial<KVNamespace>).put;
  });
  expect(await owner.grow(16)).toMatchObject({ shards: 16, epoch: 2 });
  expect(await env.CONFIG.get(KV.publicKey(site.publicKey), "json")).toMatchObject({ shards: 16, epoch: 2 });
});
