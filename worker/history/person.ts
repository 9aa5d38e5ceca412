import type { HistoryRow } from "../../models/history.ts";
import { objectKey, standing } from "../../models/history-objects.ts";
import { listDays, listObjects } from "./objects.ts";
import { decodeRows, peopleIn } from "./parquet.ts";

/** Everything that the files of a shard hold of a person, as they count. Reads each file that the shard has written. */
export async function historyOfPerson(
  bucket: R2Bucket,
  { site, shard, person }: { site: string; shard: string; person: string },
): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for (const day of await listDays(bucket, site)) {
    for (const object of standing(await listObjects(bucket, { site, shard, day }))) {
      // One that a compaction has just merged is found under its new name by whoever asks again.
      const file = await (await bucket.get(objectKey(object)))?.arrayBuffer();
      if (!file || !peopleIn(file).has(person)) continue;
      for (const row of decodeRows(file)) if (row.person === person) rows.push(row);
    }
  }
  return rows;
}
