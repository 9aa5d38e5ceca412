import { env } from "cloudflare:workers";
import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { HistoryChunk, HistoryRow } from "../../models/history.ts";
import { lifeOf } from "../../models/history-objects.ts";
import { compactDay, daysToCompact, type Erased } from "../../worker/history/compact.ts";
import { decodeRows, encodeRows } from "../../worker/history/parquet.ts";
import { historyOfPerson } from "../../worker/history/person.ts";
import type { PipelineRow } from "../../worker/history/pipeline-sink.ts";
import { historySink } from "../../worker/history/sink.ts";
import golden from "../cases/history-v1.json";

const BUCKET = env.HISTORY as R2Bucket;
const DAY = "2026-11-25";
const NOON = Date.parse(`${DAY}T12:00:00Z`);
const NOBODY: Erased = new Map();
/** Erased after all that they have here. */
const without = (...people: string[]): Erased => new Map(people.map((person) => [person, NOON + 1_000_000_000]));

function row(person: string, seq: number, more: Partial<HistoryRow> = {}): HistoryRow {
  return {
    person,
    kind: "touchpoint",
    occurredAt: NOON + seq,
    receivedAt: NOON + seq + 40,
    stream: `stream of ${person}`,
    seq,
    type: "page",
    stage: "cart",
    name: "Basket",
    path: "/cart",
    channel: "direct",
    source: "",
    context: "desktop; Firefox; Linux; de; DE",
    orderId: "",
    revenueMilli: null,
    currency: "",
    props: "{}",
    journey: "checkout",
    config: 3,
    excluded: "",
    ...more,
  };
}

/** Chunks of two rows: of the person who may be erased, and of somebody else. */
function chunks(site: string, count: number): HistoryChunk[] {
  return Array.from({ length: count }, (_, i) => ({
    site,
    shard: `${site}:1:3`,
    from: i * 2 + 1,
    to: i * 2 + 2,
    rows: [row("gone", i), row(`stays ${i}`, i)],
  }));
}

const placeOf = (site: string) => ({ site, shard: `${site}:1:3`, day: DAY });
const namesOf = (rows: Pick<HistoryRow, "person" | "seq">[]) =>
  rows.map(({ person, seq }) => `${person} ${seq}`).sort();

async function write(bucket: R2Bucket, ...written: HistoryChunk[]): Promise<void> {
  for (const chunk of written) await historySink({ HISTORY: bucket })?.write(chunk);
}

async function keysOf(site: string): Promise<string[]> {
  const { objects } = await BUCKET.list({ prefix: `history/v1/site=${site}/` });
  return objects.map(({ key }) => key);
}

/** The rule of worker/README.md, by other means: of ranges in each other the longest counts, of equal ones the later version. */
function counting(keys: string[]): string[] {
  const parts = keys.map((key) => {
    const [, part = "", from, to, version = ""] = /^(.+)-(\d{16})-(\d{16})-(\d{4}-[0-9a-f]+)\.parquet$/.exec(key) ?? [];
    return { key, part, from: Number(from), to: Number(to), version };
  });
  const covered = (a: (typeof parts)[number]) =>
    parts.some((b) => {
      const isWithin = b.part === a.part && b.from <= a.from && b.to >= a.to;
      return isWithin && (b.to - b.from > a.to - a.from || b.version > a.version);
    });
  return parts.filter((part) => !covered(part)).map(({ key }) => key);
}

/** The rows that a reader finds who lists now, read by the library's own reader. */
async function read(site: string, keys?: string[]): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (const key of keys ?? counting(await keysOf(site))) {
    const file = await (await BUCKET.get(key))?.arrayBuffer();
    if (!file) throw new Error(`${key} is gone`);
    rows.push(...((await parquetReadObjects({ file })) as unknown as HistoryRow[]));
  }
  return rows;
}

/**
 * The bucket, one step at a time: a put, or the deletion of one key. `before` is called ahead of each with its number,
 * and stops everything by throwing.
 */
function stepwise(before: (step: number) => Promise<void> | void): R2Bucket {
  let step = 0;
  const put = async (key: string, file: Uint8Array, options: R2PutOptions) => {
    await before(step++);
    return BUCKET.put(key, file, options);
  };
  const remove = async (keys: string[]) => {
    for (const key of keys) {
      await before(step++);
      await BUCKET.delete(key);
    }
  };
  return new Proxy(BUCKET, {
    get: (bucket, name) => {
      if (name === "put") return put;
      if (name === "delete") return remove;
      const value = Reflect.get(bucket, name);
      return typeof value === "function" ? value.bind(bucket) : value;
    },
  });
}

/** Calls until nothing is left to do; how often that was. A day of these tests is done after few calls. */
async function compactAll(bucket: R2Bucket, site: string, erased: Erased = NOBODY): Promise<number> {
  for (let calls = 1; calls <= 5; calls++) {
    if (await compactDay(bucket, { ...placeOf(site), erased })) return calls;
  }
  throw new Error(`the compaction of ${site} does not end`);
}

test("H10 a file of schema 1 is read, and nobody is said to have told its rows; merged it is of schema 2", () => {
  const bytes = Uint8Array.from(atob(golden.file), (c) => c.charCodeAt(0));
  const rows = decodeRows(bytes.buffer);
  expect(rows).toEqual(golden.rows.map((one) => ({ ...one, source: "" })));
  const told = rows.map((one, i) => (i === 0 ? { ...one, source: "helpdesk" } : one));
  expect(decodeRows(encodeRows(told).file.buffer).map(({ source }) => source)).toEqual(["helpdesk", ""]);
  // A row that earlier code has left waiting.
  expect(decodeRows(encodeRows(golden.rows as unknown as HistoryRow[]).file.buffer)).toEqual(rows);
});

test("H10 a row is read back as it was written: texts to the character, times to the millisecond, money or none", async () => {
  const odd = row("p", 2_147_483_647, {
    kind: "decision",
    occurredAt: NOON + 1,
    name: "\ufeff\ufeffBasket “ÄÖ” 🧺\n",
    revenueMilli: 9_007_199_254_740_991,
    currency: "EUR",
    props: '{"plan":"pro"}',
    excluded: "bot",
  });
  await write(BUCKET, { ...placeOf("odd"), from: 1, to: 2, rows: [odd, row("q", 0)] });
  await write(BUCKET, { ...placeOf("odd"), from: 3, to: 3, rows: [row("r", 1)] });
  await compactAll(BUCKET, "odd");
  const [first, second] = await read("odd");
  expect(await keysOf("odd")).toHaveLength(1);
  expect(second).toMatchObject({ revenueMilli: null, config: 3, excluded: "" });
  expect(first).toEqual({
    ...odd,
    // The reader here takes one leading mark of the byte order out of a text; ours, which has merged the file, takes none.
    name: odd.name.slice(1),
    occurredAt: new Date(odd.occurredAt),
    receivedAt: new Date(odd.receivedAt),
    revenueMilli: 9_007_199_254_740_991n,
  });
});

test("H7 a chunk written twice, by two at once, or over part of itself is there once", async () => {
  const [chunk] = chunks("twice", 1) as [HistoryChunk];
  const night = { ...chunk, rows: [...chunk.rows, row("late", 9, { occurredAt: NOON + 43_200_000 })] };
  const crashed = write(
    stepwise((step) => {
      if (step === 1) throw new Error("the object was reset");
    }),
    night,
  );
  await expect(crashed).rejects.toThrow("reset");
  expect(namesOf(await read("twice"))).toEqual(["gone 0", "stays 0 0"]);
  await write(BUCKET, night);
  await Promise.all([write(BUCKET, night), write(BUCKET, night), write(BUCKET, { ...night, isFirst: true })]);
  expect(namesOf(await read("twice"))).toEqual(["gone 0", "late 9", "stays 0 0"]);
  expect((await keysOf("twice")).map((key) => key.split("/")[3])).toEqual([`day=${DAY}`, "day=2026-11-26"]);
});

test("H7 a chunk whose person was erased in between takes the place of the one before, whenever it is stopped", async () => {
  for (const stopAt of [0, 1, 2]) {
    const site = `replaced-${stopAt}`;
    const [chunk] = chunks(site, 1) as [HistoryChunk];
    await write(BUCKET, chunk);
    const again = { ...chunk, rows: chunk.rows.slice(1) };
    const stopped = write(
      stepwise((step) => {
        if (step === stopAt) throw new Error("stop");
      }),
      again,
    );
    if (stopAt < 2) await expect(stopped).rejects.toThrow("stop");
    else await stopped;
    expect(namesOf(await read(site)).filter((name) => name === "stays 0 0")).toHaveLength(1);
    await write(BUCKET, again);
    expect(namesOf(await read(site))).toEqual(["stays 0 0"]);
    expect(await keysOf(site)).toHaveLength(1);
  }
});

test("H7 a chunk that failed half way and comes again with more is there once, whenever it is stopped", async () => {
  for (const stopAt of [0, 1, 2]) {
    const site = `longer-${stopAt}`;
    const [chunk, next] = chunks(site, 2) as [HistoryChunk, HistoryChunk];
    await write(BUCKET, chunk);
    const again = { ...chunk, to: next.to, rows: [...chunk.rows, ...next.rows] };
    const stopped = write(
      stepwise((step) => {
        if (step === stopAt) throw new Error("stop");
      }),
      again,
    );
    if (stopAt < 2) await expect(stopped).rejects.toThrow("stop");
    else await stopped;
    expect(namesOf(await read(site))).toEqual(namesOf(stopAt === 0 ? chunk.rows : again.rows));
    await write(BUCKET, again);
    expect(namesOf(await read(site))).toEqual(namesOf(again.rows));
    expect(await keysOf(site)).toHaveLength(1);
  }
});

test("H7 H8 a chunk that is repeated after it was merged adds nothing, one that follows is added", async () => {
  const [first, second, third] = chunks("merged", 3) as [HistoryChunk, HistoryChunk, HistoryChunk];
  await write(BUCKET, first, second);
  await compactAll(BUCKET, "merged");
  await write(BUCKET, second);
  expect(await keysOf("merged")).toHaveLength(1);
  await write(BUCKET, third);
  expect(await keysOf("merged")).toHaveLength(2);
  expect(namesOf(await read("merged"))).toEqual(namesOf([first, second, third].flatMap(({ rows }) => rows)));
});

test("H8 H9 a compaction stopped before any of its steps shows each living row once, and the next one ends it", async () => {
  const erased = without("gone");
  const living = ["stays 0 0", "stays 1 1", "stays 2 2"];
  // One put and three deletions.
  const steps = 4;
  for (let stopAt = 0; stopAt <= steps; stopAt++) {
    const site = `stopped-${stopAt}`;
    await write(BUCKET, ...chunks(site, 3));
    const seen: string[][] = [];
    const bucket = stepwise(async (step) => {
      seen.push(namesOf(await read(site)).filter((name) => !name.startsWith("gone")));
      if (step === stopAt) throw new Error("stop");
    });
    const stopped = compactAll(bucket, site, erased);
    if (stopAt < steps) await expect(stopped).rejects.toThrow("stop");
    else await stopped;
    expect(seen).toHaveLength(Math.min(stopAt + 1, steps));
    expect(seen.every((names) => names.join() === living.join())).toBe(true);
    await compactAll(BUCKET, site, erased);
    expect(namesOf(await read(site))).toEqual(living);
    // Not by the rule: whatever is left in the bucket holds nothing of the person.
    expect(namesOf(await read(site, await keysOf(site)))).toEqual(living);
  }
});

test("H8 compacting what is compact changes no object; a later erasure changes those of that person alone", async () => {
  const site = "compact";
  await write(BUCKET, ...chunks(site, 3));
  await compactAll(BUCKET, site);
  const [merged] = await keysOf(site);
  const untouched = stepwise(() => {
    throw new Error("nothing is to be written");
  });
  expect(await compactAll(untouched, site)).toBe(1);
  expect(await compactAll(untouched, site, without("unknown"))).toBe(1);
  await compactAll(BUCKET, site, without("stays 1"));
  const [rewritten] = await keysOf(site);
  expect(rewritten).not.toBe(merged);
  expect(namesOf(await read(site))).toEqual(["gone 0", "gone 1", "gone 2", "stays 0 0", "stays 2 2"]);
});

test("H9 of a day on which only the erased came nothing is left, and other days, shards and sites stay", async () => {
  const alone = { ...placeOf("alone"), from: 1, to: 1, rows: [row("gone", 0)] };
  const nextDay = { ...alone, from: 2, to: 2, rows: [row("gone", 1, { occurredAt: NOON + 86_400_000 })] };
  const otherShard = { ...alone, shard: "alone:1:30" };
  await write(BUCKET, alone, nextDay, otherShard);
  await compactAll(BUCKET, "alone", without("gone"));
  const left = await keysOf("alone");
  expect(left).toHaveLength(2);
  expect(left[0]).toContain("alone.1.30-");
  expect(left[1]).toContain("day=2026-11-26");
});

test("H8 days with something to merge are told from the others, from a day on", async () => {
  const [first, second] = chunks("days", 2) as [HistoryChunk, HistoryChunk];
  const earlier = { ...first, rows: [row("p", 0, { occurredAt: NOON - 3 * 86_400_000 })] };
  await write(BUCKET, earlier, second, { ...second, from: 5, to: 6 });
  const place = placeOf("days");
  expect(await daysToCompact(BUCKET, { ...place, atLeast: 1 })).toEqual(["2026-11-22", DAY]);
  expect(await daysToCompact(BUCKET, { ...place, atLeast: 2 })).toEqual([DAY]);
  expect(await daysToCompact(BUCKET, { ...place, since: DAY, atLeast: 1 })).toEqual([DAY]);
  expect(await daysToCompact(BUCKET, { ...place, since: "2026-11-26", atLeast: 1 })).toEqual([]);
  expect(await daysToCompact(BUCKET, { ...place, shard: "days:1:4", atLeast: 1 })).toEqual([]);
});

test("H12 while the bucket fails a write fails too, and what is written again when it is back is there once", async () => {
  const [chunk] = chunks("bucket-down", 1) as [HistoryChunk];
  let isDown = true;
  const bucket = stepwise(() => {
    if (isDown) throw new Error("10001: internal error");
  });
  await expect(write(bucket, chunk)).rejects.toThrow("10001");
  await expect(write(bucket, chunk)).rejects.toThrow("10001");
  expect(await keysOf("bucket-down")).toEqual([]);
  isDown = false;
  await write(bucket, chunk);
  expect(namesOf(await read("bucket-down"))).toEqual(["gone 0", "stays 0 0"]);
});

test("H13 pipelines take history before the bucket does, in calls below their limit, and without both there is no sink", async () => {
  const sent: PipelineRow[][] = [];
  const send = async (rows: PipelineRow[]) => {
    sent.push(rows);
  };
  const [chunk] = chunks("piped", 1) as [HistoryChunk];
  const long = Array.from({ length: 40 }, (_, seq) => row("p", seq, { props: "x".repeat(20_000) }));
  await historySink({ HISTORY: BUCKET, HISTORY_PIPELINE: { send } })?.write({
    ...chunk,
    rows: [...chunk.rows, ...long],
  });
  expect(await keysOf("piped")).toEqual([]);
  expect(sent.length).toBeGreaterThan(1);
  expect(sent.every((rows) => rows.length > 0 && JSON.stringify(rows).length < 1_000_000)).toBe(true);
  expect(namesOf(sent.flat())).toEqual(namesOf([...chunk.rows, ...long]));
  expect(sent[0]?.[0]).toMatchObject({ site: "piped", shard: "piped:1:3", schema: 2, person: "gone" });
  expect(historySink({})).toBeNull();
});

test("H15 of a person the files of their life are read, and no others", async () => {
  const [shard, site] = ["life:1:3", "life"];
  const at = (days: number) => NOON + days * 86_400_000;
  const when: [from: number, occurred: number, received: number][] = [
    [1, at(-9), at(-9)],
    [2, at(-8), at(-8)],
    [3, at(-8), at(0)],
    [4, at(0), at(0)],
    [5, at(0), at(2)],
    [6, at(3), at(3)],
  ];
  for (const [from, occurredAt, receivedAt] of when) {
    await write(BUCKET, { site, shard, from, to: from, rows: [row("p", from, { occurredAt, receivedAt })] });
  }
  const read: string[] = [];
  const watched = new Proxy(BUCKET, {
    get: (bucket, name) => {
      const value = Reflect.get(bucket, name);
      if (name !== "get") return typeof value === "function" ? value.bind(bucket) : value;
      return (key: string) => {
        read.push(String(Number(/-(\d{16})-\d{16}-/.exec(key)?.[1])));
        return bucket.get(key);
      };
    },
  });
  const life = lifeOf({ bornAt: at(0), seenAt: at(1), days: [] });
  const rows = await historyOfPerson(watched, { site, shard, person: "p", life });
  expect([read, rows.map(({ seq }) => seq)]).toEqual([
    ["3", "4"],
    [3, 4],
  ]);
  expect(await historyOfPerson(BUCKET, { site, shard, person: "p" })).toHaveLength(6);
});
