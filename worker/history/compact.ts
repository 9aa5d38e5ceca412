import type { HistoryRow } from "../../models/history.ts";
import {
  mergedName,
  mergeGroups,
  type ObjectSize,
  objectKey,
  type ShardDay,
  standing,
} from "../../models/history-objects.ts";
import { deleteObjects, listDays, listObjects, makeObject, putObject } from "./objects.ts";
import { decodeRows, peopleIn } from "./parquet.ts";

/** Whom a compaction leaves out: people, with the time of their erasure, ms since 1970. A later life of them stays. */
export type Erased = ReadonlyMap<string, number>;

export interface Compaction extends ShardDay {
  erased: Erased;
}

/**
 * Makes a day of a shard smaller by one step: merges the first neighbours that fit into one object, without the people
 * who are erased. Answers whether nothing is left to do; a caller calls again until then. May stop anywhere, and be
 * done again from the start: what `standing` says of the day holds each living person's rows once at every moment.
 * Throws where the bucket does, and where an object is damaged. Not to be called while a flush has failed and waits to be
 * repeated, because that may then be longer than what was merged; nor before the rows of the erased are out of what is
 * still to be flushed, because a chunk that is written later is not looked through.
 */
export async function compactDay(bucket: R2Bucket, { erased, ...place }: Compaction): Promise<boolean> {
  const objects = await listObjects(bucket, place);
  const counting = standing(objects);
  const superseded = objects.filter((object) => !counting.includes(object));
  if (superseded.length > 0) await deleteObjects(bucket, superseded);
  for (const group of mergeGroups(counting)) {
    if (group.length === 1 && !(await holdsAny(bucket, group[0] as ObjectSize, erased))) continue;
    await mergeInto(bucket, group, erased);
    return false;
  }
  return true;
}

function isErased({ person, receivedAt }: HistoryRow, erased: Erased): boolean {
  return receivedAt <= (erased.get(person) ?? Number.NEGATIVE_INFINITY);
}

async function holdsAny(bucket: R2Bucket, object: ObjectSize, erased: Erased): Promise<boolean> {
  if (erased.size === 0) return false;
  const file = await fileOf(bucket, object);
  // One column tells of most objects that nobody in it is meant.
  const isNamed = [...peopleIn(file)].some((person) => erased.has(person));
  return isNamed && decodeRows(file).some((row) => isErased(row, erased));
}

async function mergeInto(bucket: R2Bucket, group: ObjectSize[], erased: Erased): Promise<void> {
  const rows: HistoryRow[] = [];
  for (const object of group) {
    const kept = decodeRows(await fileOf(bucket, object)).filter((row) => !isErased(row, erased));
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
