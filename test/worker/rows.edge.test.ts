import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { parseSiteConfig } from "../../models/publish.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { CollectCall, JourneyObject } from "../../worker/journey/object.ts";
import type { Billed } from "../../worker/journey/store.ts";
import type { LedgerObject } from "../../worker/ledger/object.ts";
import type { MapObject } from "../../worker/map/object.ts";
import { mapPlace, readMap } from "../../worker/map/shards.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const VISITOR = "r".repeat(43);

/** Of a new visitor who consents, sends 3 batches of 10 and is helped once; the bound of DESIGN §9 is 16. README states it. */
const ROWS_PER_VISIT = 14;

function billedOf(journey: DurableObjectStub<JourneyObject>): Promise<Billed> {
  return runInDurableObject(journey, (instance: JourneyObject) => ({ ...instance.store.billed }));
}

/** Counts what SQL statements of an object write from now on, by the runtime's own meter. */
async function metered<T extends LedgerObject | MapObject>(stub: DurableObjectStub<T>): Promise<() => Promise<number>> {
  await runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const exec = storage.sql.exec.bind(storage.sql);
    Object.assign(storage.sql, {
      cursors,
      exec: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    });
  });
  return () =>
    runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
      const { cursors } = storage.sql as unknown as { cursors: { rowsWritten: number }[] };
      return cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0);
    });
}

test("P1 a new visitor's whole visit writes 14 rows over all objects, by term", async () => {
  const parsed = parseSiteConfig({ ...SMALL_SITE, campaigns: SMALL_SITE.campaigns.map((c) => ({ ...c, holdout: 0 })) });
  if (!parsed.ok) throw new Error(parsed.bound);
  const owner = env.SITE.getByName("rows-of-a-visit");
  const created = await owner.create("rows-of-a-visit", "q".repeat(22), "rows-write-key");
  if (!created) throw new Error("keys of its own");
  const { id, epoch, shards } = created;
  const applied = (await owner.apply(parsed.value)) as { version: number } | null;
  const site = { id, epoch, shards };
  const ledger = env.LEDGER.getByName(`${id}:0`);
  const shard = env.MAP.getByName((await mapPlace(VISITOR, site)).shard);
  const ledgerRows = await metered<LedgerObject>(ledger);
  const mapRows = await metered<MapObject>(shard);
  const journey = env.JOURNEY.getByName(`${id}:${VISITOR}`);
  const stamp = { rev: 1, purposes: ["analytics" as const, "scoring" as const, "personalization" as const] };
  const startedAt = Date.now() - 100_000;
  let seq = 0;
  const batch = async (touchpoints: Partial<Touchpoint>[], asks: CollectCall["asks"] = []) => {
    const made = touchpoints.map(
      (t): Touchpoint => ({
        type: "page",
        name: "",
        url: "https://shop.example/pay",
        props: {},
        seq: seq++,
        at: startedAt + seq * 1000,
        ...t,
      }),
    );
    const streams = [{ stream: "stream-rows", touchpoints: made }];
    const call = {
      site,
      visitor: VISITOR,
      config: applied?.version ?? 0,
      minimums: {},
      streams,
      stamp,
      sentAt: Date.now(),
      asks,
    };
    const result = await journey.collect(call as CollectCall);
    await expect.poll(async () => (await readMap(env, site, { journey: "checkout" })).sum.touchpoints).toBe(seq);
    return result;
  };

  const policy = { v: 1, site: "k", policy: "p", language: "en", control: "accept" as const, consent: stamp };
  await ledger.record(VISITOR, id, policy);
  await journey.consent(stamp);
  await batch(Array(10).fill({}));
  const ask = { ask: "k".repeat(22), at: Date.now(), on: "stall.high", score: 0.9, model: "m" };
  const { decisions } = await batch(Array(10).fill({}), [ask]);
  const { reservation } = decisions[0] as { reservation: string };
  const outcomes = ["shown", "dismissed"].map((outcome) => ({
    type: "outcome" as const,
    props: { reservation, outcome },
  }));
  await batch([...Array(8).fill({}), ...outcomes]);
  const during = await billedOf(journey);
  expect(during).toEqual({ puts: 3, deletes: 0, alarms: 1 });
  // The alarm rings while the visit is young, and again when it has been quiet for long enough: by a date set back.
  await runDurableObjectAlarm(journey);
  const rung = await billedOf(journey);
  await runInDurableObject(journey, (_, { storage }: DurableObjectState) => {
    const blob = JSON.parse(storage.kv.get<string>("state") as string);
    blob.rest.receivedAt -= 6 * 60_000;
    storage.kv.put("state", JSON.stringify(blob));
  });
  await evictDurableObject(journey);
  await runDurableObjectAlarm(journey);
  const after = await billedOf(journey);

  const terms = {
    "consent record and salt (ledger)": await ledgerRows(),
    "journey: the choice, 3 batches": during.puts,
    "journey: alarms of the visit": rung.alarms,
    "journey: what the map acknowledged, and the alarm for expiry": after.puts + after.alarms,
    "map: 3 pushes": await mapRows(),
  };
  const sum = Object.values(terms).reduce((a, b) => a + b, 0);
  console.log(`rows written over a visit: ${JSON.stringify({ ...terms, sum }, null, 2)}`);
  expect(terms).toEqual({
    "consent record and salt (ledger)": 2,
    "journey: the choice, 3 batches": 4,
    "journey: alarms of the visit": 3,
    "journey: what the map acknowledged, and the alarm for expiry": 2,
    "map: 3 pushes": 3,
  });
  expect(sum).toBe(ROWS_PER_VISIT);
});
