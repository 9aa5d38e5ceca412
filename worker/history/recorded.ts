import type { HistoryRow } from "../../models/history.ts";
import { objectKey, standing } from "../../models/history-objects.ts";
import type { Env } from "../env.ts";
import type { KnownRow } from "../map/rows.ts";
import { mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { parquet } from "./files.ts";
import { listDays, listObjects } from "./objects.ts";

/** Touchpoints of one person that are read; earlier ones are left out. */
const ROWS_MAX = 500;

/** What is recorded of some people of a shard: what its files hold, each read once, and what still waits to be written. */
export async function recordedOf(
  env: Env,
  { site, shard, people }: { site: string; shard: string; people: readonly string[] },
): Promise<Map<string, HistoryRow[]>> {
  const rows = new Map<string, HistoryRow[]>(people.map((person) => [person, []]));
  const bucket = env.HISTORY;
  if (bucket) {
    const { decodeRows, peopleIn } = await parquet();
    for (const day of await listDays(bucket, site)) {
      for (const object of standing(await listObjects(bucket, { site, shard, day }))) {
        const file = await (await bucket.get(objectKey(object)))?.arrayBuffer();
        const inFile = file ? peopleIn(file) : null;
        if (!file || people.every((person) => !inFile?.has(person))) continue;
        for (const row of decodeRows(file)) rows.get(row.person)?.push(row);
      }
    }
  }
  for (const person of people) {
    const known = (await callObject(async () => mapObject(env, shard).known(person))) as KnownRow[];
    rows.get(person)?.push(...known.flatMap(({ waiting }) => waiting.flatMap(([, told]) => told)));
  }
  return new Map([...rows].map(([person, told]) => [person, told.slice(-ROWS_MAX)]));
}
