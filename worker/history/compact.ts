import { dayName, type HistoryRow } from "../../models/history.ts";
import {
  isPast,
  mergedName,
  mergeGroups,
  type ObjectSize,
  objectKey,
  pastOf,
  type ShardDay,
  standing,
} from "../../models/history-objects.ts";
import { utcDay } from "../../models/visit.ts";
import { parquet } from "./files.ts";
import { deleteObjects, listDays, listObjects, makeObject, putObject } from "./objects.ts";

/** Whom a compaction leaves out: people, with the time of their erasure, ms since 1970. A later life of them stays. */
export type Erased = ReadonlyMap<string, number>;

/** What a compaction leaves out. */
interface Gone {
  erased: Erased;
  /** What was received before goes, whoever it is of, ms since 1970; absent: nothing goes for its age. */
  keptSince?: number;
}

export type Compaction = ShardDay & Gone;

/**
 * Makes a day of a shard smaller by one step: deletes what is past its time, or merges the first neighbours that fit into
 * one object, without the people who are erased and what is past. Answers whether nothing is left to do; a caller calls again until then. May stop anywhere, and be
 * done again from the start: what `standing` says of the day holds each living person's rows once at every moment.
 * Throws where the bucket does, and where an object is damaged. Not to be called while a flush has failed and waits to be
 * repeated, because that may then be longer than what was merged; nor before the rows of the erased are out of what is
 * still to be flushed, because a chunk that is written later is not looked through.
 */
export async function compactDay(bucket: R2Bucket, { erased, keptSince = 0, ...place }: Compaction): Promise<boolean> {
  const objects = await listObjects(bucket, place);
  const counting = standing(objects);
  const superseded = objects.filter((object) => !counting.includes(object));
  if (superseded.length > 0) await deleteObjects(bucket, superseded);
  const past = counting.filter((object) => pastOf(object, keptSince) === "all");
  if (past.length > 0) await deleteObjects(bucket, past);
  const gone = { erased, keptSince };
  for (const group of mergeGroups(counting.filter((object) => !past.includes(object)))) {
    if (group.length === 1 && !(await holdsAny(bucket, group[0] as ObjectSize, gone))) continue;
    await mergeInto(bucket, group, gone);
    return false;
  }
  return true;
}

function isGone({ person, receivedAt }: HistoryRow, { erased, keptSince }: Required<Gone>): boolean {
  return receivedAt <= (erased.get(person) ?? Number.NEGATIVE_INFINITY) || isPast(receivedAt, keptSince);
}

async function holdsAny(bucket: R2Bucket, object: ObjectSize, gone: Required<Gone>): Promise<boolean> {
  const past = pastOf(object, gone.keptSince);
  if (past === "some") return true;
  // One of an earlier version says nothing of its rows: they are read while any of them may be past.
  const mayBePast = past === null && object.day < dayName(utcDay(gone.keptSince));
  if (gone.erased.size === 0 && !mayBePast) return false;
  const { decodeRows, peopleIn } = await parquet();
  const file = await fileOf(bucket, object);
  // One column tells of most objects that nobody in it is meant.
  const isNamed = mayBePast || [...peopleIn(file)].some((person) => gone.erased.has(person));
  return isNamed && decodeRows(file).some((row) => isGone(row, gone));
}

async function mergeInto(bucket: R2Bucket, group: ObjectSize[], gone: Required<Gone>): Promise<void> {
  const { decodeRows } = await parquet();
  const rows: HistoryRow[] = [];
  for (const object of group) {
    const kept = decodeRows(await fileOf(bucket, object)).filter((row) => !isGone(row, gone));
    for (const row of kept) rows.push(row);
  }
  if (rows.length > 0) await putObject(bucket, await makeObject(mergedName(group), rows));
  await deleteObjects(bucket, group);
}

async function fileOf(bucket: R2Bucket, object: ObjectSize): Promise<ArrayBuffer> {
  const found = await bucket.get(objectKey(object));
  if (!found) throw new Error(`${objectKey(object)} is gone: another compaction of the day is under way`);
  return found.arrayBuffer();
}

/** Whether a shard has anything of a day that may be past its time. */
export async function holdsPast(bucket: R2Bucket, place: ShardDay, keptSince: number): Promise<boolean> {
  return (await listObjects(bucket, place)).some((object) => pastOf(object, keptSince) !== "none");
}

/** The days, from `since` on, of which a shard has `atLeast` objects: 2 to find what to merge, 1 where a person is erased. */
export async function daysToCompact(
  bucket: R2Bucket,
  { site, shard, since, atLeast }: { site: string; shard: string; since?: string; atLeast: number },
): Promise<string[]> {
  const days: string[] = [];
  for (const day of await listDays(bucket, site, since)) {
    const objects = await listObjects(bucket, { site, shard, day });
    if (objects.length >= atLeast) days.push(day);
  }
  return days;
}
