import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { isRecord } from "../../models/touchpoint.ts";
import { CommandError } from "./command-error.ts";
import { csvRecords } from "./csv.ts";
import { type Mapping, rowReader, whatIsWrong } from "./mapping.ts";

/** One event as it is sent: an item of `POST /v1/batch` in JSON text. */
export interface FileEvent {
  /** Line of the file, from 1, for messages. */
  line: number;
  /** Event time in ms since 1970, 0 where it cannot be read: the edge refuses such an event. */
  at: number;
  /** Place among the lines of the same `anonymousId`, or user without one, from 0: equal lines are different events. */
  seq: number;
  json: string;
}

/** A file of events, by visitor in the order of their first lines. The whole file is held in memory. */
export interface EventFile {
  /** SHA-256 of the file's bytes, in hex: names the file as a source, whatever it is called. */
  digest: string;
  events: number;
  /** Each visitor's events, in order of time and then of line. */
  visitors: FileEvent[][];
}

/** An item before it has its place. */
type Item = Record<string, unknown>;

/**
 * Reads a CSV file (where a mapping is given) or a file with one JSON item of the Segment HTTP API a line; `.gz` of either.
 * Throws `CommandError` naming the line where something cannot be read at all: sending only a part would give the lines
 * behind it other places when the file is mended. What the edge may refuse is left to the edge.
 */
export async function readEventFile(path: string, mapping: Mapping | null): Promise<EventFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new CommandError(`${path} ${whatIsWrong(error)}`);
  });
  const text = textOf(path, bytes);
  if (!mapping && /\.csv(\.gz)?$/i.test(path)) {
    throw new CommandError(
      `${path} is a CSV file: say what its columns mean with --mapping FILE (test/cases/puffy-events.json is one).`,
    );
  }
  const visitors = new Map<string, FileEvent[]>();
  let events = 0;
  for (const { line, item } of mapping ? csvItems(path, text, mapping) : jsonItems(path, text)) {
    const visitor = countedBy(item);
    const own = visitors.get(visitor) ?? [];
    visitors.set(visitor, own);
    const seq = own.length;
    own.push({ line, at: timeOf(item.timestamp), seq, json: JSON.stringify({ ...item, seq }) });
    events++;
  }
  for (const own of visitors.values()) own.sort((a, b) => a.at - b.at || a.seq - b.seq);
  return { digest: createHash("sha256").update(bytes).digest("hex"), events, visitors: [...visitors.values()] };
}

/** By whom the edge counts an item; what names nobody it refuses. */
function countedBy({ anonymousId, userId }: Item): string {
  if (typeof anonymousId === "string") return `visitor ${anonymousId}`;
  return typeof userId === "string" ? `user ${userId}` : "";
}

function textOf(path: string, bytes: Buffer): string {
  try {
    const plain = path.toLowerCase().endsWith(".gz") ? gunzipSync(bytes) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "it is not UTF-8" : message;
    throw new CommandError(`${path} cannot be read as text: ${why}.`);
  }
}

function* csvItems(path: string, text: string, mapping: Mapping): Generator<{ line: number; item: Item }> {
  const records = csvRecords(text);
  const head = records.next();
  if (head.done) throw new CommandError(`${path} is empty: its first line has to name the columns.`);
  const columns = head.value.fields;
  const read = rowReader(mapping, columns);
  for (const { line, fields } of records) {
    if (fields.length !== columns.length) {
      throw new CommandError(`${path}:${line} has ${fields.length} fields, its first line ${columns.length}.`);
    }
    try {
      yield { line, item: read(fields) };
    } catch (error) {
      throw error instanceof CommandError ? new CommandError(`${path}:${line}: ${error.message}`) : error;
    }
  }
}

function* jsonItems(path: string, text: string): Generator<{ line: number; item: Item }> {
  let line = 0;
  for (const written of text.split("\n")) {
    line++;
    if (written.trim() === "") continue;
    let item: unknown;
    try {
      item = JSON.parse(written);
    } catch (error) {
      throw new CommandError(`${path}:${line} is not a JSON object a line: ${(error as Error).message}.`);
    }
    if (!isRecord(item)) throw new CommandError(`${path}:${line} is not a JSON object.`);
    yield { line, item };
  }
}

function timeOf(timestamp: unknown): number {
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : timestamp;
  return typeof at === "number" && !Number.isNaN(at) ? at : 0;
}
