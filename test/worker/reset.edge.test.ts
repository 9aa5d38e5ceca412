import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { visitor } from "../../models/texts/en.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import app from "../../worker/index.ts";
import type { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { readMap } from "../../worker/map/shards.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ORIGIN = "https://shop.example";

const sumOf = async (site: Parameters<typeof readMap>[1]) => (await readMap(env, site, { journey: "checkout" })).sum;

async function siteOf(id: string) {
  const parsed = parseSiteConfig(SMALL_SITE, visitor);
  if (!parsed.ok) throw new Error(parsed.bound);
  const site = await env.SITE.getByName(id).create(id, id.padEnd(22, "k"), `${id}-write-key`);
  if (!site) throw new Error("keys of its own");
  await env.SITE.getByName(id).apply(parsed.value);
  const { publicKey, epoch, shards } = site;
  return { id, publicKey, epoch, shards };
}

function bodyOf(site: string, secret: string, seqs: number[], startAt: number) {
  const touchpoints = seqs.map((seq) => {
    return { seq, type: "page", name: "", at: startAt + seq * 1000, url: `${ORIGIN}/cart`, props: {} };
  });
  const streams = [{ stream: "stream-one1", touchpoints }];
  return { v: 1, site, secret, sentAt: Date.now(), consent: { rev: 1, purposes: ["analytics"] }, streams, asks: [] };
}

async function collect(body: object): Promise<{ status: number; acked: unknown }> {
  const request = { method: "POST", headers: { Origin: ORIGIN }, body: JSON.stringify(body) };
  const answer = await app.fetch(new Request("https://edge.example/v1/collect", request), env);
  const { acked } = (await answer.json()) as { acked?: unknown };
  return { status: answer.status, acked };
}

/** Makes a journey abort at its next write, once: the object that comes after it is whole. */
function abortAtWrite(stub: DurableObjectStub<JourneyObject>, when: "before" | "after"): Promise<void> {
  return runInDurableObject(stub, (instance: JourneyObject, state: DurableObjectState) => {
    const write = instance.store.write.bind(instance.store);
    instance.store.write = (...of: Parameters<typeof write>) => {
      if (when === "after") write(...of);
      state.abort("reset by a test");
    };
  });
}

test.each(["before", "after"] as const)(
  "U24 a journey that is reset %s its write has the batch once, and says so",
  async (when) => {
    const site = await siteOf(`reset-${when}`);
    const secret = "s".repeat(22);
    const stub = env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, secret)}`);
    const startAt = Date.now() - 60_000;
    expect((await collect(bodyOf(site.publicKey, secret, [0, 1], startAt))).status).toBe(200);
    await abortAtWrite(stub, when);
    const answered = await collect(bodyOf(site.publicKey, secret, [2, 3], startAt));
    expect(answered).toEqual({ status: 200, acked: [{ stream: "stream-one1", seqs: [[2, 3]] }] });
    const again = await collect(bodyOf(site.publicKey, secret, [0, 1, 2, 3], startAt));
    expect(again).toEqual({ status: 200, acked: [{ stream: "stream-one1", seqs: [[0, 3]] }] });
    const edge = { count: 3, sumMs: 3000 };
    await expect.poll(async () => (await sumOf(site)).edges).toMatchObject({ "cart>cart": edge });
    expect(await sumOf(site)).toMatchObject({ visits: 1, touchpoints: 4, late: 0 });
  },
);

test("U24 a journey that is reset at its writes again and again sends the page away, and keeps what it acknowledged before", async () => {
  const site = await siteOf("reset-thrice");
  const secret = "t".repeat(22);
  const name = `${site.id}:${await browserVisitor(env, site.id, secret)}`;
  const startAt = Date.now() - 60_000;
  expect((await collect(bodyOf(site.publicKey, secret, [0, 1], startAt))).status).toBe(200);
  // Every stub that a try takes meets an object that aborts before it writes.
  const JOURNEY = {
    getByName: () => ({
      collect: async (call: never) => {
        const stub = env.JOURNEY.getByName(name);
        await abortAtWrite(stub, "before");
        return env.JOURNEY.getByName(name).collect(call);
      },
    }),
  };
  const body = JSON.stringify(bodyOf(site.publicKey, secret, [2, 3], startAt));
  const request = new Request("https://edge.example/v1/collect", { method: "POST", headers: { Origin: ORIGIN }, body });
  const away = await app.fetch(request, { ...env, JOURNEY } as unknown as typeof env);
  expect([away.status, away.headers.get("Retry-After")]).toEqual([503, "5"]);
  expect((await collect(bodyOf(site.publicKey, secret, [2, 3], startAt))).status).toBe(200);
  await expect.poll(async () => (await sumOf(site)).touchpoints).toBe(4);
  expect((await sumOf(site)).edges).toMatchObject({ "cart>cart": { count: 3, sumMs: 3000 } });
});

test("U24 all objects are reset while batches are under way: each is answered 200 or 503, and once sent again all are there, once", async () => {
  const site = await siteOf("reset-all");
  const secrets = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(22));
  const startAt = Date.now() - 60_000;
  const statuses: number[] = [];
  let from = 0;
  // At each round the reset comes at another moment of the batches: after so many turns of the event loop.
  for (const turns of [0, 1, 2, 4, 8, 16]) {
    const seqs = [from, from + 1];
    from += 2;
    const sent = secrets.map((secret) => collect(bodyOf(site.publicKey, secret, seqs, startAt)));
    for (let turn = 0; turn < turns; turn++) await scheduler.wait(0);
    await abortAllDurableObjects();
    statuses.push(...(await Promise.all(sent)).map(({ status }) => status));
  }
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(statuses).toContain(200);
  const all = Array.from({ length: from }, (_, seq) => seq);
  for (const secret of secrets) {
    const again = await collect(bodyOf(site.publicKey, secret, all, startAt));
    expect(again).toEqual({ status: 200, acked: [{ stream: "stream-one1", seqs: [[0, from - 1]] }] });
  }
  await expect.poll(async () => (await sumOf(site)).touchpoints, { timeout: 10_000 }).toBe(from * secrets.length);
  const sum = await sumOf(site);
  const edges = (from - 1) * secrets.length;
  expect(sum).toMatchObject({ visits: secrets.length, late: 0 });
  expect(Object.keys(sum.edges)).toEqual(["cart>cart"]);
  expect(sum.edges).toMatchObject({ "cart>cart": { count: edges, sumMs: edges * 1000 } });
});

test("U31 a journey that a later version has written is refused and left as it is; with that version back it goes on, alarm and all", async () => {
  const site = await siteOf("rolled-back");
  const secret = "r".repeat(22);
  const stub = env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, secret)}`);
  const startAt = Date.now() - 60_000;
  expect((await collect(bodyOf(site.publicKey, secret, [0, 1], startAt))).status).toBe(200);
  await expect.poll(async () => (await sumOf(site)).touchpoints).toBe(2);
  const setVersion = async (change: number) => {
    await runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
      const [blob = "", ...waiting] = (storage.kv.get<string>("state") as string).split("\n");
      const state = JSON.parse(blob);
      storage.kv.put("state", [JSON.stringify({ ...state, v: state.v + change }), ...waiting].join("\n"));
    });
    await evictDurableObject(stub);
  };
  const disk = () =>
    runInDurableObject(stub, async (_, { storage }: DurableObjectState) => {
      return { state: storage.kv.get<string>("state"), alarmAt: await storage.getAlarm() };
    });
  await setVersion(1000);
  const { state } = await disk();
  expect((await collect(bodyOf(site.publicKey, secret, [2, 3], startAt))).status).toBe(503);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(await disk()).toEqual({ state, alarmAt: expect.any(Number) });

  await setVersion(-1000);
  const taken = await collect(bodyOf(site.publicKey, secret, [2, 3], startAt));
  expect(taken).toEqual({ status: 200, acked: [{ stream: "stream-one1", seqs: [[2, 3]] }] });
  await expect.poll(async () => (await sumOf(site)).touchpoints).toBe(4);
});
