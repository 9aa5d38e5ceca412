import { dayName, type HistoryRow } from "../../models/history.ts";
import { type Life, mayHold, objectKey, standing } from "../../models/history-objects.ts";
import { parquet } from "./files.ts";
import { listDays, listObjects } from "./objects.ts";

/**
 * Everything that the files of a shard hold of a person, as they count. Reads the files that can hold their life; without
 * one, each file that the shard has written.
 */
export async function historyOfPerson(
  bucket: R2Bucket,
  { site, shard, person, life }: { site: string; shard: string; person: string; life?: Life },
): Promise<HistoryRow[]> {
  const { decodeRows, peopleIn } = await parquet();
  const rows: HistoryRow[] = [];
  const [since, until] = life ? life.days.map(dayName) : [];
  for (const day of await listDays(bucket, site, since)) {
    if (until !== undefined && day > until) break;
    for (const object of standing(await listObjects(bucket, { site, shard, day }))) {
      if (life && !mayHold(object, life.received)) continue;
      // One that a compaction has just merged is found under its new name by whoever asks again.
      const file = await (await bucket.get(objectKey(object)))?.arrayBuffer();
      if (!file || !peopleIn(file).has(person)) continue;
      for (const row of decodeRows(file)) if (row.person === person) rows.push(row);
    }
  }
  return rows;
}
