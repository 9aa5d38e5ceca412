import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Ask } from "../../models/wire.ts";
import { decodeRows } from "../../worker/history/parquet.ts";
import type { CollectCall } from "../../worker/journey/call.ts";
import type { JourneyObject } from "../../worker/journey/object.ts";
import { MapObject } from "../../worker/map/object.ts";
import { readMap } from "../../worker/map/shards.ts";
import { createSite, ORIGIN } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const VISITOR = "d".repeat(43);
/** More than the platform's own six retries. */
const RUNS = 8;

afterEach(() => {
  vi.restoreAllMocks();
});

function callOf(id: string, seqs: number[], more: Partial<CollectCall> = {}): CollectCall {
  const touchpoints = seqs.map((seq) => ({
    seq,
    type: "page" as const,
    name: "N".repeat(40),
    at: Date.now() - 60_000 + seq,
    url: `${ORIGIN}${seq % 2 ? "/cart" : "/"}`,
    props: {},
  }));
  return {
    site: { id, epoch: 1, shards: 8 },
    visitor: VISITOR,
    config: 1,
    minimums: {},
    streams: [{ stream: "stream-one1", touchpoints }],
    stamp: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    sentAt: Date.now(),
    asks: [],
    agent: null,
    excluded: null,
    ...more,
  };
}

const journeyOf = (id: string) => env.JOURNEY.getByName(`${id}:${VISITOR}`);
const sumOf = async (id: string) => (await readMap(env, { id, epoch: 1, shards: 8 }, { journey: "checkout" })).sum;

function shardsDown() {
  return vi.spyOn(MapObject.prototype, "push").mockRejectedValue(new Error("the shard is down") as never);
}

async function historyOf(id: string): Promise<string[]> {
  for (let i = 0; i < 8; i++) {
    const shard = env.MAP.getByName(`${id}:1:${i}`);
    await runInDurableObject(shard, () => {});
    await runDurableObjectAlarm(shard);
  }
  const bucket = env.HISTORY as R2Bucket;
  const { objects } = await bucket.list({ prefix: `history/v1/site=${id}/` });
  const files = await Promise.all(objects.map(async ({ key }) => (await bucket.get(key))?.arrayBuffer()));
  const rows = files.flatMap((file) => decodeRows(file as ArrayBuffer));
  return rows.map(({ kind, seq, name }) => (kind === "decision" ? `ask ${name}` : String(seq))).sort();
}

test("J21 J18 with its shard down for longer than the platform retries, a journey takes batches on, and afterwards sums and history are exact", async () => {
  await createSite("shard-down");
  const stub = journeyOf("shard-down");
  const down = shardsDown();
  for (let i = 0; i < RUNS; i++) {
    const { refused } = await stub.collect(callOf("shard-down", [i]));
    expect(refused).toEqual([]);
    // An alarm is always set, and a run of it never throws.
    expect(await runDurableObjectAlarm(stub)).toBe(true);
  }
  expect(down.mock.calls.length).toBeGreaterThan(6);
  await evictDurableObject(stub);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  down.mockRestore();
  expect((await sumOf("shard-down")).touchpoints).toBe(0);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  const { touchpoints, edges } = await sumOf("shard-down");
  expect(touchpoints).toBe(RUNS);
  expect(edges["browse>cart"]?.count).toBe(4);
  expect(await historyOf("shard-down")).toEqual(Array.from({ length: RUNS }, (_, i) => String(i)));
});

test("J21 what waits for a shard has a bound: beyond it a batch is not taken, and when the shard is back everything goes on", async () => {
  await createSite("too-much");
  const stub = journeyOf("too-much");
  const down = shardsDown();
  let seq = 0;
  const batch = () =>
    callOf(
      "too-much",
      Array.from({ length: 500 }, () => seq++),
    );
  let refusedAfter = 0;
  while (refusedAfter === 0 && seq < 20_000) {
    await stub.collect(batch()).catch(() => {
      refusedAfter = seq - 500;
    });
  }
  expect(refusedAfter).toBeGreaterThan(2_000);
  down.mockRestore();
  await runDurableObjectAlarm(stub);
  const again = await stub.collect(
    callOf(
      "too-much",
      Array.from({ length: 500 }, (_, n) => refusedAfter + n),
    ),
  );
  expect(again.duplicates).toEqual([]);
  // The shard has a megabyte of one person waiting, too: it lets the rest in once that is written.
  const shards = Array.from({ length: 8 }, (_, n) => env.MAP.getByName(`too-much:1:${n}`));
  await expect
    .poll(
      async () => {
        for (const shard of shards) await runDurableObjectAlarm(shard);
        await runDurableObjectAlarm(stub);
        return (await sumOf("too-much")).touchpoints;
      },
      { timeout: 15_000 },
    )
    .toBe(seq);
  expect(await historyOf("too-much")).toHaveLength(seq);
});

test("J35 a decision that no batch follows reaches the history by the alarm, once", async () => {
  await createSite("decided", { campaigns: SMALL_SITE.campaigns });
  const stub = journeyOf("decided");
  const ask: Ask = { ask: "k".repeat(22), at: Date.now(), on: "stall.high", score: 0.9, model: "m" };
  await stub.collect(callOf("decided", [0]));
  await expect.poll(async () => (await sumOf("decided")).touchpoints).toBe(1);
  await stub.collect(callOf("decided", [], { streams: [], asks: [ask] }));
  await runDurableObjectAlarm(stub);
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  expect(await historyOf("decided")).toEqual(["0", `ask ${"k".repeat(22)}`].sort());
});

test("J41 a grant before the first batch costs no row, a withdrawal before it does, and is obeyed", async () => {
  await createSite("early-choices");
  const stub = journeyOf("early-choices");
  const rows = () => runInDurableObject(stub, (instance: JourneyObject) => instance.store.billed.puts);
  await stub.consent({ rev: 1, purposes: ["analytics"] });
  expect(await rows()).toBe(0);
  await stub.consent({ rev: 2, purposes: [] });
  expect(await rows()).toBe(1);
  const late = await stub.collect(callOf("early-choices", [0]));
  expect(late.refused.map(({ reason }) => reason)).toEqual(["consent"]);
});
