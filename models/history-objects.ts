import { utcDay } from "./visit.ts";

/** Rows of one merged object at most, and bytes of them before compression: what one compaction holds in memory. */
export const MERGED_ROWS_MAX = 100_000;
export const MERGED_BYTES_MAX = 16 * 1024 * 1024;

/** Layout of the keys; a new one is a new root, so that no reader finds two. */
const ROOT = "history/v1";

/** Digits of `from` and `to`: as many as the greatest safe integer has, so that texts sort as numbers do. */
const NUMBER_DIGITS = 16;
const GENERATION_DIGITS = 4;

/** The part of a day that one shard wrote. */
export interface ShardDay {
  site: string;
  shard: string;
  /** "2026-11-25", UTC. */
  day: string;
}

/** What the name of an object says. `from` and `to` are those of its chunk, or the outermost of those that it was merged of. */
export interface ObjectName extends ShardDay {
  from: number;
  to: number;
  /** 0 as flushed; one more than its greatest source where it was merged. */
  generation: number;
  /** Hex digits of the SHA-256 of the content. */
  hash: string;
}

/** An object with what a compaction has to know of it before reading it. */
export interface ObjectSize extends ObjectName {
  rows: number;
  /** Before compression. */
  bytes: number;
  /** When the edge received the first and the last of its rows, ms since 1970; absent: an earlier version wrote it. */
  received?: Span;
}

/** From when to when, both belong to it, ms since 1970 UTC. */
export type Span = [from: number, to: number];

/** Where the objects of a site are, by day: a Hive partition, as DuckDB, BigQuery and Spark know it. */
export function sitePrefix(site: string): string {
  return `${ROOT}/site=${site}/day=`;
}

/** What the key of each object of one shard's day begins with. Hadoop refuses a colon in a path, so it becomes a dot. */
export function shardPrefix({ site, shard, day }: ShardDay): string {
  return `${sitePrefix(site)}${day}/${shard.replaceAll(":", ".")}-`;
}

/** The key of an object. */
export function objectKey(name: ObjectName): string {
  const digits = (value: number) => String(value).padStart(NUMBER_DIGITS, "0");
  return `${shardPrefix(name)}${digits(name.from)}-${digits(name.to)}-${versionOf(name)}.parquet`;
}

/** What comes later as text stands against what comes earlier. */
function versionOf({ generation, hash }: ObjectName): string {
  return `${String(generation).padStart(GENERATION_DIGITS, "0")}-${hash}`;
}

/** Reads the key of an object of a shard's day; null where it is none of ours. */
export function parseKey(key: string, place: ShardDay): ObjectName | null {
  const prefix = shardPrefix(place);
  const match = /^(\d{16})-(\d{16})-(\d{4})-([0-9a-f]+)\.parquet$/.exec(key.slice(prefix.length));
  if (!match || !key.startsWith(prefix)) return null;
  const [, from, to, generation, hash = ""] = match;
  return { ...place, from: Number(from), to: Number(to), generation: Number(generation), hash };
}

/**
 * Whether `b` no longer counts because of `a`: its range lies within a wider one, as that of a source in what was
 * merged, or of a flush that failed half way in the one that repeated it with more; or it is the same, with a later
 * version. Both are of one shard's day.
 */
export function supersedes(a: ObjectName, b: ObjectName): boolean {
  if (a.from > b.from || a.to < b.to) return false;
  return a.from < b.from || a.to > b.to || versionOf(a) > versionOf(b);
}

/**
 * The rule by which a day is read: an object counts unless another of the same shard and day supersedes it. So there
 * is no moment at which a row counts twice or not at all, however a compaction ends: what is merged stands from the
 * moment that it is there, and its sources, which may be deleted later, do not.
 */
export function standing<T extends ObjectName>(objects: readonly T[]): T[] {
  return objects.filter((object) => !objects.some((other) => supersedes(other, object)));
}

/** The greatest age of a page's touchpoint is a week, and a clock may be a day wrong: no row of a life that a page began is older. */
const DAYS_BEFORE_LIFE = 8;

/** Where the history of a person can be: in objects of these days, whose rows were received in this span. */
export interface Life {
  /** UTC days since 1970, of `occurredAt`. */
  days: [first: number, last: number];
  received: Span;
}

/**
 * The life that a journey has had: `bornAt` and `seenAt` are its first and last batch, ms since 1970; `days` those that the map has
 * rows of. An import brings days of long ago, which the map knows, but for late ones: those have no day, and may be of any.
 */
export function lifeOf({ bornAt, seenAt, days }: { bornAt: number; seenAt: number; days: readonly number[] }): Life {
  const first = Math.min(utcDay(bornAt) - DAYS_BEFORE_LIFE, ...days);
  return { days: [Math.max(0, first), utcDay(seenAt)], received: [bornAt, seenAt] };
}

/** Whether an object may hold rows that were received in a span. */
export function mayHold({ received }: Pick<ObjectSize, "received">, [from, to]: Span): boolean {
  return !received || (received[0] <= to && received[1] >= from);
}

/** Whether the time of what was received then is past. `keptSince`: what was received before it goes, ms since 1970. */
export function isPast(receivedAt: number, keptSince: number): boolean {
  return receivedAt < keptSince;
}

/** How much of an object is past its time; null: it has to be read. */
export function pastOf({ received }: Pick<ObjectSize, "received">, keptSince: number): "all" | "some" | "none" | null {
  if (!received) return null;
  if (!isPast(received[0], keptSince)) return "none";
  return isPast(received[1], keptSince) ? "all" : "some";
}

/** Neighbours that fit into one object, in order. One that is too big by itself is alone. */
export function mergeGroups<T extends ObjectSize>(objects: readonly T[]): T[][] {
  const groups: T[][] = [];
  let rows = 0;
  let bytes = 0;
  for (const object of [...objects].sort((a, b) => a.from - b.from)) {
    const group = groups.at(-1);
    rows += object.rows;
    bytes += object.bytes;
    if (group && rows <= MERGED_ROWS_MAX && bytes <= MERGED_BYTES_MAX) {
      group.push(object);
    } else {
      groups.push([object]);
      ({ rows, bytes } = object);
    }
  }
  return groups;
}

/** The name of what a group is merged into, but for its hash. */
export function mergedName(group: readonly ObjectName[]): Omit<ObjectName, "hash"> {
  const { site, shard, day } = group[0] as ObjectName;
  return {
    site,
    shard,
    day,
    from: Math.min(...group.map((object) => object.from)),
    to: Math.max(...group.map((object) => object.to)),
    generation: 1 + Math.max(...group.map((object) => object.generation)),
  };
}
