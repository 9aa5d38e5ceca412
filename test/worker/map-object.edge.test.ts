import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Contribution, EMPTY_CONTRIBUTION } from "../../models/contribution.ts";
import { dayName, type HistoryRow } from "../../models/history.ts";
import { decodeRows } from "../../worker/history/parquet.ts";
import type { MapObject } from "../../worker/map/object.ts";
import type { MapPush } from "../../worker/map/push.ts";
import { createSite } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

type Shard = DurableObjectStub<MapObject>;

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS);
const DAY = TODAY - 6;
const shardOf = (name: string): Shard => env.MAP.getByName(name);
const counts = (touchpoints: number): Contribution => ({ ...EMPTY_CONTRIBUTION, visits: 1, touchpoints });

function rowOf(person: string, seq: number, more: Partial<HistoryRow> = {}): HistoryRow {
  const texts = {
    type: "page",
    stage: "browse",
    name: "",
    path: "/",
    channel: "",
    source: "",
    context: "",
    orderId: "",
    currency: "",
  };
  const times = { occurredAt: DAY * 86_400_000 + seq, receivedAt: DAY * 86_400_000 + seq };
  const rest = { props: "{}", journey: "checkout", config: 1, excluded: "", revenueMilli: null };
  return { person, kind: "touchpoint", stream: "s", seq, ...texts, ...times, ...rest, ...more };
}

/** A person's push of one touchpoint more than the last: number and seq are the same. */
function pushOf(person: string, no: number, more: Partial<MapPush> = {}): MapPush {
  const history: MapPush["history"] = [[no, [rowOf(person, no)]]];
  return { journey: "checkout", person, no, life: 1, days: [[DAY, counts(no), ""]], history, ...more };
}

async function historyOf(site: string): Promise<HistoryRow[]> {
  const bucket = env.HISTORY as R2Bucket;
  const { objects } = await bucket.list({ prefix: `history/v1/site=${site}/` });
  const files = await Promise.all(objects.map(async ({ key }) => (await bucket.get(key))?.arrayBuffer()));
  return files.flatMap((file) => decodeRows(file as ArrayBuffer));
}

const told = async (site: string) => (await historyOf(site)).map(({ person, seq }) => `${person}${seq}`).sort();
const sumOf = async (shard: Shard) => (await shard.read({ journey: "checkout" })).sum;

/** The bucket fails, after it has taken `taken` objects more, or works again, for this shard. */
function bucketFails(shard: Shard, fails: boolean, taken = 0): Promise<void> {
  return runInDurableObject(shard, (instance: MapObject) => {
    const { HISTORY } = (instance as unknown as { env: { HISTORY: R2Bucket } }).env;
    delete (HISTORY as Partial<R2Bucket>).put;
    const put = HISTORY.put.bind(HISTORY);
    let left = taken;
    const failing = (...args: Parameters<R2Bucket["put"]>) =>
      left-- > 0 ? put(...args) : Promise.reject(new Error("R2 is down"));
    if (fails) Object.assign(HISTORY, { put: failing });
  });
}

const alarmOf = (shard: Shard) => runInDurableObject(shard, (_, { storage }: DurableObjectState) => storage.getAlarm());

/** As if a UTC day had gone by since the last compaction. */
function nextDay(shard: Shard): Promise<void> {
  return runInDurableObject(shard, (_, { storage }: DurableObjectState) => {
    storage.sql.exec(
      "UPDATE notes SET value = json_set(value, '$.day', value ->> '$.day' - 1) WHERE name = 'compaction'",
    );
  });
}

test("J37 what pushes bring is in the history once, whatever is pushed again, and whenever the shard restarts", async () => {
  const shard = shardOf("once:1:0");
  await shard.push(pushOf("a", 1));
  await shard.push(pushOf("a", 1));
  await shard.push(pushOf("b", 1));
  await evictDurableObject(shard);
  // Its answer was lost: the journey sends what it does not know to have arrived, and more.
  await shard.push(
    pushOf("a", 2, {
      history: [
        [1, [rowOf("a", 1)]],
        [2, [rowOf("a", 2)]],
      ],
    }),
  );
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect(await told("once")).toEqual(["a1", "a2", "b1"]);
  await shard.push(pushOf("a", 3));
  await evictDurableObject(shard);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect(await told("once")).toEqual(["a1", "a2", "a3", "b1"]);
  expect((await sumOf(shard)).touchpoints).toBe(4);
});

test("J37 with the bucket down for longer than the platform retries, nothing is lost, and it is there once when the bucket is back", async () => {
  const shard = shardOf("down:1:0");
  await shard.push(pushOf("a", 1));
  await bucketFails(shard, true);
  for (let i = 0; i < 8; i++) {
    expect(await runDurableObjectAlarm(shard)).toBe(true);
    await shard.push(pushOf("b", i + 1));
  }
  expect(await told("down")).toEqual([]);
  expect((await sumOf(shard)).touchpoints).toBe(9);
  await bucketFails(shard, false);
  for (let i = 0; i < 3; i++) await runDurableObjectAlarm(shard);
  expect(await told("down")).toEqual(["a1", ...Array.from({ length: 8 }, (_, i) => `b${i + 1}`)]);
});

test("J37 a try that was written and not noted is repeated to the letter: one object stands, also with a restart in between", async () => {
  const shard = shardOf("crash:1:0");
  await shard.push(pushOf("a", 1));
  await runDurableObjectAlarm(shard);
  // As if the object had ended between the bucket's answer and its own note.
  await runInDurableObject(shard, (_, { storage }: DurableObjectState) => {
    const [note] = storage.sql.exec<{ value: string }>("SELECT value FROM notes WHERE name = 'history'").toArray();
    const { to } = JSON.parse(note?.value as string);
    storage.sql.exec("UPDATE notes SET value = ? WHERE name = 'history'", JSON.stringify({ to: 0, trying: to }));
  });
  await evictDurableObject(shard);
  await shard.push(pushOf("b", 1));
  await runDurableObjectAlarm(shard);
  expect(await told("crash")).toEqual(["a1", "b1"]);
});

test("J37 of more than a chunk holds nothing is lost, whether or not the bucket fails after the first, and the shard restarts", async () => {
  const push = (shard: Shard, no: number) => {
    const rows = Array.from({ length: 700 }, (_, i) => rowOf(`p${no}`, no * 700 + i));
    return shard.push(pushOf(`p${no}`, 1, { history: [[1, rows]] }));
  };
  const all = Array.from({ length: 31 * 700 }, (_, i) => i + 700);
  for (const isCut of [false, true]) {
    const site = isCut ? "chunks-cut" : "chunks";
    const shard = shardOf(`${site}:1:0`);
    for (let no = 1; no <= 30; no++) await push(shard, no);
    if (isCut) {
      await bucketFails(shard, true, 1);
      await runDurableObjectAlarm(shard);
      expect((await historyOf(site)).length).toBe(14 * 700);
      await bucketFails(shard, false);
      await evictDurableObject(shard);
    }
    await runDurableObjectAlarm(shard);
    await push(shard, 31);
    await runDurableObjectAlarm(shard);
    const seqs = (await historyOf(site)).map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(all);
    // 21,000 rows, of which a chunk holds 14 pushes of 700, below 10,000; then the 31st push.
    expect((await (env.HISTORY as R2Bucket).list({ prefix: `history/v1/site=${site}/` })).objects.length).toBe(4);
  }
});

test("J38 sums of a large day are kept by the alarm and hold after a restart; what is pushed after them is counted as well", async () => {
  const shard = shardOf("large:1:0");
  for (let i = 0; i < 300; i++) await shard.push(pushOf(`p${i}`, 1, { history: [] }));
  const kept = () =>
    runInDurableObject(shard, (_, { storage }: DurableObjectState) =>
      storage.sql.exec<{ counted: number | null; changed: number }>("SELECT counted, changed FROM days").toArray(),
    );
  expect((await kept())[0]?.counted).toBe(null);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  const [day] = await kept();
  expect(day?.counted).toBeGreaterThanOrEqual(day?.changed as number);
  // The sums on disk are used: a row that is put beside them without a push is not seen.
  await runInDurableObject(shard, (_, { storage }: DurableObjectState) => {
    storage.sql.exec("DELETE FROM people_days WHERE person = 'p0'");
  });
  await evictDurableObject(shard);
  expect((await sumOf(shard)).touchpoints).toBe(300);
  await shard.push(pushOf("p1", 2, { history: [] }));
  expect((await sumOf(shard)).touchpoints).toBe(301);
  // A change makes the kept sums stale: they are counted from the rows, of which one is gone.
  await evictDurableObject(shard);
  expect((await sumOf(shard)).touchpoints).toBe(300);
});

test("J38 a day of few people costs no sums on disk", async () => {
  const shard = shardOf("small:1:0");
  for (let i = 0; i < 5; i++) await shard.push(pushOf(`p${i}`, 1));
  await runDurableObjectAlarm(shard);
  const rows = await runInDurableObject(shard, (_, { storage }: DurableObjectState) =>
    storage.sql.exec<{ sums: string | null }>("SELECT sums FROM days").toArray(),
  );
  expect(rows).toEqual([{ sums: null }]);
});

test("J39 who was erased leaves sums, people and, with the day's compaction, the history; a late push of that life stays out, a later life comes in", async () => {
  const shard = shardOf("erased:1:0");
  const about = { seenAt: 1, stage: "cart", goal: false, visits: 1, channel: "", context: "", bands: null, traits: {} };
  await shard.push(pushOf("a", 1, { about }));
  await shard.push(pushOf("b", 1, { about }));
  await runDurableObjectAlarm(shard);
  expect(await told("erased")).toEqual(["a1", "b1"]);
  await shard.forget("a", 1);
  await shard.push(pushOf("a", 2));
  expect((await sumOf(shard)).touchpoints).toBe(1);
  expect((await shard.people("checkout", 10)).map(({ person }) => person)).toEqual(["b"]);
  await nextDay(shard);
  await runDurableObjectAlarm(shard);
  expect(await told("erased")).toEqual(["b1"]);
  await shard.push(pushOf("a", 1, { life: 2 }));
  expect((await sumOf(shard)).touchpoints).toBe(2);
});

test("J39 on a shard that nobody pushes to any more the history is rid of who was erased after the next midnight, UTC", async () => {
  const shard = shardOf("quiet:1:0");
  await shard.push(pushOf("a", 1));
  await shard.push(pushOf("b", 1));
  await runDurableObjectAlarm(shard);
  await shard.forget("a", 1);
  await runDurableObjectAlarm(shard);
  expect(await alarmOf(shard)).toBe((TODAY + 1) * DAY_MS);
  expect(await told("quiet")).toEqual(["a1", "b1"]);
  await nextDay(shard);
  await evictDurableObject(shard);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect(await told("quiet")).toEqual(["b1"]);
  // What is left is looked at when the first of it is past its time.
  expect(await alarmOf(shard)).toBe((DAY + 1 + 395) * DAY_MS);
});

test("H14 what was received longer ago than the site keeps it goes with the day's compaction, though nobody comes; what was imported of that day stays its time", async () => {
  await createSite("past", { consent: { ...SMALL_SITE.consent, retentionDays: 30 } });
  const shard = shardOf("past:1:0");
  const old = TODAY - 31;
  const at = old * DAY_MS + 5;
  const rows = [
    rowOf("old", 1, { occurredAt: at, receivedAt: at }),
    rowOf("imported", 2, { occurredAt: at, receivedAt: Date.now() }),
    rowOf("recent", 3),
    rowOf("alone", 4, { occurredAt: at - DAY_MS, receivedAt: at }),
  ];
  await shard.push(pushOf("p", 1, { history: [[1, rows]] }));
  await runDurableObjectAlarm(shard);
  const bucket = env.HISTORY as R2Bucket;
  // An earlier version has not noted when its rows were received.
  const { objects } = await bucket.list({ prefix: "history/v1/site=past/" });
  const earlier = objects.find(({ key }) => key.includes(dayName(old)))?.key as string;
  const file = (await (await bucket.get(earlier))?.arrayBuffer()) as ArrayBuffer;
  const before = `${dayName(old - 2)}/`;
  await bucket.put(earlier.replace(`${dayName(old)}/`, before), file, { customMetadata: { rows: "2", bytes: "99" } });
  expect(await told("past")).toEqual(["alone4", "imported2", "imported2", "old1", "old1", "recent3"]);
  expect(await alarmOf(shard)).toBe((TODAY + 1) * DAY_MS);
  await nextDay(shard);
  expect(await runDurableObjectAlarm(shard)).toBe(true);
  expect(await told("past")).toEqual(["imported2", "imported2", "recent3"]);
});

test("J39 what a later life of who was erased has brought stays in the history", async () => {
  const shard = shardOf("later:1:0");
  await shard.push(pushOf("a", 1));
  await shard.forget("a", 1);
  const receivedAt = Date.now() + 60_000;
  const row = rowOf("a", 7, { occurredAt: receivedAt, receivedAt });
  await shard.push(pushOf("a", 7, { life: receivedAt, history: [[7, [row]]] }));
  await shard.push(pushOf("b", 1));
  await runDurableObjectAlarm(shard);
  await nextDay(shard);
  await runDurableObjectAlarm(shard);
  expect(await told("later")).toEqual(["a7", "b1"]);
});

test("J39 an object that cannot be read keeps nobody in the history of other days, and is tried again within the hour", async () => {
  const shard = shardOf("damaged:1:0");
  await shard.push(pushOf("a", 1));
  await runDurableObjectAlarm(shard);
  const bucket = env.HISTORY as R2Bucket;
  const [first] = (await bucket.list({ prefix: "history/v1/site=damaged/" })).objects;
  const key = first?.key as string;
  // A day before, so that it is come to first.
  const damaged = key.replace(/day=[\d-]+/, "day=2020-01-01");
  await bucket.put(damaged, "no Parquet", { customMetadata: { rows: "1", bytes: "10" } });
  await shard.push(pushOf("b", 1));
  await runDurableObjectAlarm(shard);
  await shard.forget("a", 1);
  await nextDay(shard);
  const from = Date.now();
  await runDurableObjectAlarm(shard);
  await bucket.delete(damaged);
  expect(await told("damaged")).toEqual(["b1"]);
  expect(((await alarmOf(shard)) as number) - from).toBeGreaterThanOrEqual(3_500_000);
});

test("J34 of people seen on one day the last is first, and who sent something late is shown as they are now", async () => {
  const shard = shardOf("order:1:0");
  const about = { stage: "cart", goal: false, visits: 1, channel: "", context: "", bands: null, traits: {} };
  const push = (person: string, no: number, seenAt: number, days = [DAY]) =>
    shard.push(pushOf(person, no, { days: days.map((day) => [day, counts(no), ""]), about: { ...about, seenAt } }));
  await push("c", 1, 1_002);
  await push("a", 1, 1_000);
  await push("b", 1, 1_001);
  await push("b", 2, 900, [DAY - 1, DAY]);
  await push("z", 1, 5_000, [DAY - 1]);
  const seen = async (limit: number) =>
    (await shard.people("checkout", limit)).map(({ person, about: { seenAt } }) => `${person} ${seenAt}`);
  expect(await seen(10)).toEqual(["c 1002", "a 1000", "b 900", "z 5000"]);
  expect(await seen(1)).toEqual(["c 1002"]);
});

test("J34 B39 of whom nothing may be said any more is not listed by what an earlier day said", async () => {
  const shard = shardOf("silent:1:0");
  const about = { seenAt: 1, stage: "cart", goal: false, visits: 1, channel: "", context: "", bands: null, traits: {} };
  const push = (person: string, no: number, day: number, said: typeof about | null) =>
    shard.push(pushOf(person, no, { days: [[day, counts(no), ""]], about: said }));
  await push("a", 1, DAY - 1, about);
  await push("b", 1, DAY - 1, about);
  const listed = async () => (await shard.people("checkout", 10)).map(({ person }) => person).sort();
  expect(await listed()).toEqual(["a", "b"]);
  await push("a", 2, DAY, null);
  expect(await listed()).toEqual(["b"]);
  await push("a", 3, DAY, about);
  expect(await listed()).toEqual(["a", "b"]);
});

test("J39 what waits for the history is gone with the person, before it is ever written", async () => {
  const shard = shardOf("waiting:1:0");
  await shard.push(pushOf("a", 1));
  await shard.push(pushOf("b", 1));
  await shard.forget("a", 1);
  await runDurableObjectAlarm(shard);
  expect(await told("waiting")).toEqual(["b1"]);
});

test("J40 days and segments are parts of the whole, and what is excluded stands beside it", async () => {
  const shard = shardOf("parts:1:0");
  const push = (person: string, day: number, set: string) =>
    shard.push(pushOf(person, 3, { days: [[day, counts(3), set]], history: [] }));
  await push("a", DAY, "deep@1,phones@2");
  await push("b", DAY + 1, "phones@2");
  await push("c", DAY + 1, "");
  await push("d", DAY + 1, "!internal");
  const visits = async (query: object) => (await shard.read({ journey: "checkout", ...query })).sum.visits;
  expect(await visits({})).toBe(3);
  expect(await visits({ from: DAY + 1 })).toBe(2);
  expect(await visits({ to: DAY })).toBe(1);
  expect(await visits({ segment: "phones@2" })).toBe(2);
  expect(await visits({ segment: "phones@1" })).toBe(0);
  await shard.exclude("checkout", "bot", 7);
  const { beside, sets } = await shard.read({ journey: "checkout" });
  expect(beside).toEqual({ bot: 7, internal: 3 });
  expect(Object.keys(sets).sort()).toEqual(["", "deep@1,phones@2", "phones@2"]);
});

test("J37 a journey of a version that knew no paths and no money may still push", async () => {
  const shard = shardOf("older:1:0");
  const { paths: _, orders: __, refunds: ___, ...older } = counts(2);
  const days = [[DAY, { ...older, edges: { "a>b": { count: 1, sumMs: 5 } } }]] as unknown as MapPush["days"];
  await shard.push({ journey: "checkout", person: "a", no: 1, days });
  expect(await sumOf(shard)).toEqual({ ...counts(2), edges: { "a>b": { count: 1, sumMs: 5, times: {} } } });
});

test("J38 more days than memory keeps are counted right all the same", async () => {
  const shard = shardOf("days:1:0");
  for (let day = 0; day < 60; day++) {
    const days: MapPush["days"] = Array.from({ length: 10 }, (_, i) => [DAY + day * 10 + i, counts(1), ""]);
    await shard.push(pushOf("a", day + 1, { days, history: [] }));
  }
  expect((await sumOf(shard)).visits).toBe(600);
  await shard.push(pushOf("a", 99, { days: [[DAY, counts(5), ""]], history: [] }));
  expect((await sumOf(shard)).touchpoints).toBe(604);
});
