import type { HistoryRow } from "../../models/history.ts";
import {
  type ObjectName,
  type ObjectSize,
  objectKey,
  parseKey,
  type ShardDay,
  type Span,
  shardPrefix,
  sitePrefix,
} from "../../models/history-objects.ts";
import { parquet } from "./files.ts";

/** Hex digits of the content's digest in a name: beside the range, 64 bits tell any two contents apart. */
const HASH_DIGITS = 16;
/** Keys that the platform deletes in one call. */
const DELETE_MAX = 1_000;

/** Rows as an object, before it is written. */
export interface Made {
  name: ObjectName;
  key: string;
  file: Uint8Array<ArrayBuffer>;
  rows: number;
  bytes: number;
  received: Span;
}

/** Makes the object that holds some rows: its name is that of its content. */
export async function makeObject(name: Omit<ObjectName, "hash">, rows: readonly HistoryRow[]): Promise<Made> {
  const { encodeRows } = await parquet();
  const { file, bytes } = encodeRows(rows);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file));
  const hash = hex(digest).slice(0, HASH_DIGITS);
  const named = { ...name, hash };
  return { name: named, key: objectKey(named), file, rows: rows.length, bytes, received: spanOf(rows) };
}

/** Writes an object. Repeating it changes nothing. Throws where the bucket does. */
export async function putObject(bucket: R2Bucket, { key, file, rows, bytes, received }: Made): Promise<void> {
  const customMetadata = { rows: String(rows), bytes: String(bytes), received: received.join("-") };
  await bucket.put(key, file, { customMetadata, httpMetadata: { contentType: "application/vnd.apache.parquet" } });
}

/** Every object of one shard's day, by range. */
export async function listObjects(bucket: R2Bucket, place: ShardDay): Promise<ObjectSize[]> {
  const found: ObjectSize[] = [];
  let cursor: string | undefined;
  do {
    // With metadata a page may hold fewer keys than its limit: only `truncated` says whether there are more.
    const page = await bucket.list({
      prefix: shardPrefix(place),
      include: ["customMetadata"],
      ...(cursor ? { cursor } : {}),
    });
    for (const { key, size, customMetadata } of page.objects) {
      const name = parseKey(key, place);
      const { rows, bytes = size, received } = customMetadata ?? {};
      const span = received === undefined ? {} : { received: received.split("-").map(Number) as Span };
      if (name) found.push({ ...name, rows: Number(rows), bytes: Number(bytes), ...span });
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return found;
}

export async function deleteObjects(bucket: R2Bucket, names: readonly ObjectName[]): Promise<void> {
  const keys = names.map(objectKey);
  for (let i = 0; i < keys.length; i += DELETE_MAX) await bucket.delete(keys.slice(i, i + DELETE_MAX));
}

/** Days of a site, "2026-11-25", that hold any history, from `since` on. */
export async function listDays(bucket: R2Bucket, site: string, since = ""): Promise<string[]> {
  const prefix = sitePrefix(site);
  const days: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix,
      delimiter: "/",
      startAfter: prefix + since,
      ...(cursor ? { cursor } : {}),
    });
    days.push(...page.delimitedPrefixes.map((folder) => folder.slice(prefix.length, -1)));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return days;
}

/** One pass: a merged object has more rows than a call may have arguments. */
function spanOf(rows: readonly HistoryRow[]): Span {
  const span: Span = [Number.MAX_SAFE_INTEGER, 0];
  for (const { receivedAt } of rows) {
    if (receivedAt < span[0]) span[0] = receivedAt;
    if (receivedAt > span[1]) span[1] = receivedAt;
  }
  return span;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
