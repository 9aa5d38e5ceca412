import { expect, test } from "vitest";
import { CHUNK_ROWS_MAX, dayName, type HistoryRow, rowsByDay } from "../../models/history.ts";
import {
  isPast,
  lifeOf,
  MERGED_BYTES_MAX,
  MERGED_ROWS_MAX,
  mayHold,
  mergedName,
  mergeGroups,
  type ObjectName,
  type ObjectSize,
  objectKey,
  parseKey,
  pastOf,
  shardPrefix,
  sitePrefix,
  standing,
  supersedes,
} from "../../models/history-objects.ts";
import { historyKeptMs } from "../../models/privacy-record.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const DAY_MS = 86_400_000;
const PLACE = { site: "shop", shard: "shop:1:3", day: "2026-11-25" };

function row(occurredAt: number, seq: number): HistoryRow {
  return { occurredAt, seq } as HistoryRow;
}

function object(from: number, to: number, generation = 0, hash = "aa"): ObjectName {
  return { ...PLACE, from, to, generation, hash };
}

function sized(from: number, rows: number, bytes = rows): ObjectSize {
  return { ...object(from, from + 9), rows, bytes };
}

const ranges = (objects: ObjectName[]) => objects.map(({ from, to }) => `${from}-${to}`);

test("H1 a day has the name that the platform's calendar gives it, over four centuries and leap days", () => {
  const wrong: string[] = [];
  // Every day of 1999 to 2001 and of 2023 to 2029, and one in 97 until 2400.
  for (let day = 0; day < 157_000; day++) {
    const isNear = (day > 10_590 && day < 11_690) || (day > 19_350 && day < 21_900);
    if (!isNear && day % 97 !== 0) continue;
    const expected = new Date(day * DAY_MS).toISOString().slice(0, 10);
    if (dayName(day) !== expected) wrong.push(`${expected}: ${dayName(day)}`);
  }
  expect(wrong).toEqual([]);
  expect(dayName(11_016)).toBe("2000-02-29");
});

test("H1 H2 rows are parted at midnight UTC, earliest day first, and keep their order within a day", () => {
  const midnight = Date.parse("2026-03-01T00:00:00Z");
  const parts = rowsByDay([row(midnight, 0), row(midnight - 1, 1), row(midnight + 5, 2), row(midnight + 4, 3)]);
  expect(parts.map(([day, rows]) => [day, rows.map(({ seq }) => seq)])).toEqual([
    ["2026-02-28", [1]],
    ["2026-03-01", [0, 2, 3]],
  ]);
  expect(rowsByDay([])).toEqual([]);
});

test("H3 a key is read back, sorts as its numbers do, and stands below its site and day", () => {
  const key = objectKey(object(9, 10, 2, "0f3c"));
  expect(key).toBe("history/v1/site=shop/day=2026-11-25/shop.1.3-0000000000000009-0000000000000010-0002-0f3c.parquet");
  expect(parseKey(key, PLACE)).toEqual(object(9, 10, 2, "0f3c"));
  expect(objectKey(object(9, 9)) < objectKey(object(10, 10))).toBe(true);
  expect(key.startsWith(sitePrefix("shop")) && key.startsWith(shardPrefix(PLACE))).toBe(true);
});

test("H3 a key of another shard, day or form is none of the shard's", () => {
  const key = objectKey(object(9, 10));
  expect(parseKey(key, PLACE)).not.toBeNull();
  expect(parseKey(key, { ...PLACE, shard: "shop:1:30" })).toBeNull();
  expect(parseKey(key, { ...PLACE, day: "2026-11-26" })).toBeNull();
  expect(parseKey(`${key}.tmp`, PLACE)).toBeNull();
  expect(parseKey(`${shardPrefix(PLACE)}note.txt`, PLACE)).toBeNull();
});

test("H4 what is merged counts, its sources do not, and neighbours are left alone", () => {
  const [a, b, next, merged] = [object(1, 4), object(5, 9), object(10, 12), object(1, 9, 1)];
  expect(ranges(standing([a, b, next]))).toEqual(["1-4", "5-9", "10-12"]);
  expect(ranges(standing([a, b, merged, next]))).toEqual(["1-9", "10-12"]);
  expect(standing([b, merged, a])).toEqual([merged]);
  expect(supersedes(a, merged)).toBe(false);
});

test("H4 of a flush that was repeated with more, only the longer counts, whatever their hashes", () => {
  for (const [short, long] of [
    ["aa", "bb"],
    ["bb", "aa"],
  ] as const) {
    const [first, again, next] = [object(4, 6, 0, short), object(4, 9, 0, long), object(9, 12)];
    expect(ranges(standing([first, again, next]))).toEqual(["4-9", "9-12"]);
    expect(ranges(standing([first, next]))).toEqual(["4-6", "9-12"]);
  }
});

test("H4 of two of the same range one counts: the later generation, else the later hash", () => {
  const [first, second, merged] = [object(1, 4, 0, "bb"), object(1, 4, 0, "cc"), object(1, 4, 1, "aa")];
  expect(standing([first, second])).toEqual([second]);
  expect(standing([second, merged, first])).toEqual([merged]);
});

test("H5 neighbours are merged while they fit, to the row and the byte", () => {
  const half = MERGED_ROWS_MAX / 2;
  const groups = (...objects: ObjectSize[]) => mergeGroups(objects).map(ranges);
  expect(groups(sized(20, half), sized(0, half), sized(40, 1))).toEqual([["0-9", "20-29"], ["40-49"]]);
  expect(groups(sized(0, half), sized(20, half + 1), sized(40, 1))).toEqual([["0-9"], ["20-29", "40-49"]]);
  expect(groups(sized(0, 1, MERGED_BYTES_MAX), sized(20, 1, 1))).toEqual([["0-9"], ["20-29"]]);
  expect(groups(sized(0, 1, MERGED_BYTES_MAX - 1), sized(20, 1, 1))).toEqual([["0-9", "20-29"]]);
  expect(groups(sized(0, MERGED_ROWS_MAX * 2), sized(20, 1))).toEqual([["0-9"], ["20-29"]]);
  expect(groups()).toEqual([]);
  const flushed = Array.from({ length: 11 }, (_, i) => sized(i * 10, CHUNK_ROWS_MAX));
  expect(mergeGroups(flushed).map((group) => group.length)).toEqual([10, 1]);
});

test("H6 the merged name reaches from the first to the last of its sources, and supersedes each", () => {
  const sources = [object(5, 9, 3), object(1, 4), object(10, 12, 1)];
  const merged = { ...mergedName(sources), hash: "00" };
  expect(merged).toEqual(object(1, 12, 4, "00"));
  expect(sources.every((source) => supersedes(merged, source))).toBe(true);
});

test("H14 history is kept as long as a journey, 395 days at most, to the millisecond; of an object the span of its rows says how much is past", () => {
  const days = (retentionDays?: number) =>
    historyKeptMs({ consent: { ...SMALL_SITE.consent, ...(retentionDays ? { retentionDays } : {}) } }) / DAY_MS;
  expect([days(), days(30), days(760), historyKeptMs(null) / DAY_MS]).toEqual([395, 30, 395, 395]);
  expect([isPast(99, 100), isPast(100, 100)]).toEqual([true, false]);
  const past = (...received: [number, number]) => pastOf({ received }, 100);
  expect([past(98, 99), past(99, 100), past(100, 101), pastOf({}, 100)]).toEqual(["all", "some", "none", null]);
});

test("H15 a life's rows are of days from 8 before its first batch, or the first that the map knows, and were received between its batches", () => {
  const [bornAt, seenAt] = [20_000 * DAY_MS, 20_010 * DAY_MS + 5];
  expect(lifeOf({ bornAt, seenAt, days: [] })).toEqual({ days: [19_992, 20_010], received: [bornAt, seenAt] });
  expect(lifeOf({ bornAt, seenAt, days: [20_001, 18_000] }).days).toEqual([18_000, 20_010]);
  // What came late has no day: it may be of any.
  expect(lifeOf({ bornAt, seenAt, days: [20_001, -1] }).days).toEqual([0, 20_010]);
  const holds = (...received: [number, number]) => mayHold({ received }, [100, 200]);
  expect([holds(0, 99), holds(0, 100), holds(150, 160), holds(200, 300), holds(201, 300)]).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(mayHold({}, [100, 200])).toBe(true);
});
