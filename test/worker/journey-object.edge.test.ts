import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Contribution, EMPTY_CONTRIBUTION } from "../../models/contribution.ts";
import { visitor } from "../../models/texts/en.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { Ask } from "../../models/wire.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import type { CollectCall } from "../../worker/journey/call.ts";
import type { JourneyObject } from "../../worker/journey/object.ts";
import { mapPlace, readMap } from "../../worker/map/shards.ts";
import { minimumVersions } from "../../worker/sites.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const KEPT_MS = 395 * 86_400_000;

async function siteOf(id: string) {
  const parsed = parseSiteConfig(SMALL_SITE, visitor);
  if (!parsed.ok) throw new Error(parsed.bound);
  const stub = env.SITE.getByName(id);
  const site = await stub.create(id, id.padEnd(22, "p"), `${id}-write-key`);
  if (!site) throw new Error("keys of its own");
  const applied = (await stub.apply(parsed.value)) as { version: number } | null;
  return { id: site.id, epoch: site.epoch, shards: site.shards, config: applied?.version ?? 0 };
}

function page(seq: number, at: number, path = "/"): Touchpoint {
  return { seq, type: "page", name: "", at, url: `https://shop.example${path}`, props: {} };
}

async function callOf(id: string, touchpoints: Touchpoint[]): Promise<CollectCall> {
  const { config, ...site } = await siteOf(id);
  return {
    site,
    visitor: "v".repeat(43),
    config,
    minimums: {},
    streams: [{ stream: "stream-one1", touchpoints }],
    stamp: { rev: 1, purposes: ["analytics"] },
    sentAt: Date.now(),
    asks: [],
    agent: null,
    excluded: null,
  };
}

type MapSite = Parameters<typeof readMap>[1];
const sumOf = async (site: MapSite) => (await readMap(env, site, { journey: "checkout" })).sum;
const journeyOf = (id: string) => env.JOURNEY.getByName(`${id}:${"v".repeat(43)}`);
const alarmOf = (stub: DurableObjectStub<JourneyObject>) =>
  runInDurableObject(stub, (_, state: DurableObjectState) => state.storage.getAlarm());

test("J18 what a batch changes is on the map when the push has come through", async () => {
  const call = await callOf("pushed", [page(0, Date.now() - 2000), page(1, Date.now() - 1000, "/cart")]);
  await journeyOf("pushed").collect(call);
  await expect
    .poll(async () => (await sumOf(call.site)).edges)
    .toEqual({
      "browse>cart": { count: 1, sumMs: expect.any(Number), times: expect.any(Object) },
    });
});

test("J18 an object that was evicted goes on where it was, and pushes what is due again without counting it twice", async () => {
  const call = await callOf("evicted", [page(0, Date.now() - 2000)]);
  const stub = journeyOf("evicted");
  await stub.collect(call);
  await expect.poll(async () => (await sumOf(call.site)).touchpoints).toBe(1);
  await evictDurableObject(stub);
  await stub.collect({ ...call, streams: [{ stream: "stream-one1", touchpoints: [page(1, Date.now(), "/cart")] }] });
  await expect.poll(async () => (await sumOf(call.site)).touchpoints).toBe(2);
  expect((await sumOf(call.site)).visits).toBe(1);
});

test("J21 the alarm takes leftovers: what a crash kept from the map is pushed, and run twice it changes nothing", async () => {
  const call = await callOf("leftover", [page(0, Date.now() - 2000)]);
  const stub = journeyOf("leftover");
  await stub.collect(call);
  await expect.poll(async () => (await sumOf(call.site)).touchpoints).toBe(1);
  // The row goes, as if the push had never come; the object forgets that it was acknowledged, as after a crash.
  const { person, shard } = await mapPlace(call.visitor, call.site);
  await runInDurableObject(env.MAP.getByName(shard), (_, { storage }: DurableObjectState) => {
    storage.sql.exec("DELETE FROM people_days WHERE person = ?", person);
  });
  await evictDurableObject(env.MAP.getByName(shard));
  await evictDurableObject(stub);
  expect((await sumOf(call.site)).touchpoints).toBe(0);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect((await sumOf(call.site)).touchpoints).toBe(1);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect((await sumOf(call.site)).touchpoints).toBe(1);
});

test("J22 a batch arms the alarm once; further batches leave it where it is", async () => {
  const call = await callOf("armed", [page(0, Date.now())]);
  const stub = journeyOf("armed");
  await stub.collect(call);
  const first = (await alarmOf(stub)) as number;
  expect(first - Date.now()).toBeGreaterThan(4 * 60_000);
  expect(first - Date.now()).toBeLessThanOrEqual(5 * 60_000);
  await stub.collect({ ...call, streams: [{ stream: "stream-one1", touchpoints: [page(1, Date.now())] }] });
  expect(await alarmOf(stub)).toBe(first);
});

test("J12 a batch with nothing new writes nothing", async () => {
  const call = await callOf("rows", [page(0, Date.now() - 1000)]);
  const stub = journeyOf("rows");
  const stateOf = () =>
    runInDurableObject(stub, (_, state: DurableObjectState) => state.storage.kv.get<string>("state"));
  await stub.collect(call);
  const before = await stateOf();
  expect((await stub.collect(call)).duplicates).toEqual([{ stream: "stream-one1", seq: 0 }]);
  expect(await stateOf()).toBe(before);
  await stub.collect({ ...call, streams: [{ stream: "stream-one1", touchpoints: [page(1, Date.now())] }] });
  expect(await stateOf()).not.toBe(before);
});

test("J23 a journey is deleted 395 days after its last batch, and taken off the map; a day before, it is not", async () => {
  const call = await callOf("expired", [page(0, Date.now() - 1000)]);
  const stub = journeyOf("expired");
  await stub.collect(call);
  await expect.poll(async () => (await sumOf(call.site)).visits).toBe(1);
  const age = (ms: number) =>
    runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
      const [state = "", ...waiting] = (storage.kv.get<string>("state") as string).split("\n");
      const blob = JSON.parse(state);
      blob.rest.receivedAt = Date.now() - ms;
      storage.kv.put("state", [JSON.stringify(blob), ...waiting].join("\n"));
    }).then(() => evictDurableObject(stub));
  await age(KEPT_MS - 86_400_000);
  await runDurableObjectAlarm(stub);
  expect((await sumOf(call.site)).visits).toBe(1);
  await age(KEPT_MS);
  await runDurableObjectAlarm(stub);
  expect((await sumOf(call.site)).visits).toBe(0);
  expect(
    await runInDurableObject(stub, (_, state: DurableObjectState) => state.storage.kv.get("state")),
  ).toBeUndefined();
});

test("J18 a shard takes a greater push number, and neither the same nor a smaller one", async () => {
  const shard = env.MAP.getByName("numbers:1:0");
  const row = (touchpoints: number): Contribution => ({
    ...EMPTY_CONTRIBUTION,
    visits: 1,
    touchpoints,
    starts: { browse: 1 },
    ends: { browse: 1 },
    stages: { browse: { touchpoints, visits: 1 } },
    edges:
      touchpoints > 1 ? { "browse>browse": { count: touchpoints - 1, sumMs: 5, times: { 4: touchpoints - 1 } } } : {},
  });
  const push = (no: number, touchpoints: number) =>
    shard.push({ journey: "checkout", person: "p", no, days: [[20_000, row(touchpoints)]] });
  await push(2, 2);
  await push(2, 9);
  await push(1, 9);
  expect((await shard.read({ journey: "checkout" })).sum).toEqual(row(2));
  await push(3, 1);
  expect((await shard.read({ journey: "checkout" })).sum).toEqual(row(1));
  await evictDurableObject(shard);
  expect((await shard.read({ journey: "checkout" })).sum).toEqual(row(1));
  await shard.forget("p");
  expect((await shard.read({ journey: "checkout" })).sum.visits).toBe(0);
});

test("J24 a shard tells the same sum whether it was looked at before a push, only after it, or after a restart", async () => {
  const row = (stage: string, visits: number): Contribution => ({
    ...EMPTY_CONTRIBUTION,
    visits,
    touchpoints: visits,
    starts: { [stage]: visits },
    ends: { [stage]: visits },
    stages: { [stage]: { touchpoints: visits, visits } },
  });
  const expected = { ...row("cart", 2), visits: 2, touchpoints: 2 };
  for (const looks of [[], ["before"], ["restart"]]) {
    const shard = env.MAP.getByName(`looks-${looks.join("-")}:1:0`);
    if (looks.includes("before")) await shard.read({ journey: "checkout" });
    const push = (person: string, no: number, contribution: Contribution) =>
      shard.push({ journey: "checkout", person, no, days: [[20_000, contribution]] });
    await push("a", 1, row("browse", 1));
    await push("b", 1, row("browse", 5));
    await push("a", 2, row("cart", 2));
    if (looks.includes("restart")) await evictDurableObject(shard);
    await shard.forget("b");
    expect((await shard.read({ journey: "checkout" })).sum).toEqual(expected);
    // Who is nowhere on the map leaves it as it is.
    await shard.forget("nobody");
    expect((await shard.read({ journey: "checkout" })).sum).toEqual(expected);
  }
});

test("D3 a stopped campaign is below the minimum that the site object gives, before any copy of the configuration has moved", async () => {
  const call = await callOf("stopped", [page(0, Date.now() - 1000)]);
  const parsed = parseSiteConfig(
    {
      ...SMALL_SITE,
      campaigns: SMALL_SITE.campaigns.map((campaign) => ({ ...campaign, status: "paused" })),
    },
    visitor,
  );
  if (!parsed.ok) throw new Error(parsed.bound);
  await env.SITE.getByName("stopped").apply(parsed.value);
  const minimums = await minimumVersions(env, "stopped");
  expect(minimums).toEqual({ help: 2 });
  // The batch still names the version under which the campaign was live.
  const asks: Ask[] = [{ ask: "a".repeat(22), at: Date.now(), on: "stall.high", score: 0.9, model: "page" }];
  const stamp = { rev: 1, purposes: ["analytics" as const, "scoring" as const, "personalization" as const] };
  const considered = async (given: Record<string, number>) => {
    const stub = env.JOURNEY.getByName(`stopped:${Object.keys(given).length}`);
    const { decisions } = await stub.collect({ ...call, stamp, asks, minimums: given });
    return decisions[0]?.reason;
  };
  expect(await considered(minimums)).toBe("paused");
  expect(await considered({})).not.toBe("paused");
});
