import { type HistoryChunk, type HistoryRow, rowsByDay } from "../../models/history.ts";
import { objectKey } from "../../models/history-objects.ts";
import { deleteObjects, listObjects, makeObject, putObject } from "./objects.ts";
import type { HistorySink } from "./sink.ts";

/**
 * Writes each chunk as one Parquet object a day, named by its range and its content. A chunk that is repeated writes
 * over itself. Where its content has changed, because a person was erased or rows came since, it takes the place of the
 * object before; where it was merged into another since, that other stands. Throws where the bucket does.
 */
export function r2Sink(bucket: R2Bucket): HistorySink {
  return {
    async write(chunk: HistoryChunk): Promise<void> {
      for (const [day, rows] of rowsByDay(chunk.rows)) await writeDay(bucket, chunk, { day, rows });
    },
  };
}

async function writeDay(
  bucket: R2Bucket,
  { site, shard, from, to, isFirst = false }: HistoryChunk,
  { day, rows }: { day: string; rows: HistoryRow[] },
): Promise<void> {
  const made = await makeObject({ site, shard, day, from, to, generation: 0 }, rows);
  const there = isFirst ? [] : await listObjects(bucket, made.name);
  const isMerged = there.some((object) => object.generation > 0 && object.from <= from && object.to >= to);
  if (isMerged) return;
  await putObject(bucket, made);
  const before = there.filter((o) => o.from === from && o.to <= to && objectKey(o) !== made.key);
  if (before.length > 0) await deleteObjects(bucket, before);
}
