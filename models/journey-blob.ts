import type { Entry } from "./entry.ts";
import { type BlobV1, upcastV1 } from "./journey-blob-v1.ts";
import type { JourneyState } from "./journey-state.ts";
import type { StreamRecord } from "./streams.ts";
import { TOUCHPOINT_TYPES } from "./touchpoint-type.ts";

/** Raised with every change of the stored form; an upcaster per step brings an older blob up. */
const STATE_VERSION = 4;
/** What a stored state may take (DESIGN §4). */
export const STATE_BYTES_MAX = 32 * 1024;

/** Index in `Blob.texts`, so that a name that comes 100 times is stored once. 0 is "", so that rows can end in nothing. */
type Text = number;
/** `after`: ms since the row before, of the first since 1970. Zeros at the end are left out. */
type EntryRow = [
  after: number,
  stream: Text,
  seq: number,
  type: number,
  stage: Text,
  name: Text,
  path: Text,
  channel?: Text,
  context?: Text,
  excluded?: Text,
  orderKind?: Text,
  orderId?: Text,
  orderMilli?: number,
  orderCurrency?: Text,
  source?: Text,
];
/**
 * `whose`: 1 for an import, and twice the place of its device, from 1. `runs`: from, length − 1, then for each further run
 * the gap before it and its length − 1.
 */
type StreamRow = [skewMs: number, seenAt: number, whose: number, ...runs: number[]];

export interface Blob {
  v: number;
  texts: string[];
  ring: EntryRow[];
  streams: Record<string, StreamRow>;
  rest: Omit<JourneyState, "streams" | "folded" | "devices" | "messages"> & {
    folded: Omit<JourneyState["folded"], "ring">;
  };
}

/** Brings a blob from version `i + 1` to `i + 2`. */
const UPCASTERS: ((blob: unknown) => unknown)[] = [
  (blob) => upcastV1(blob as BlobV1),
  // Version 3 only adds: who has moved, and whose a stream is. An earlier edge would count what has moved again.
  (blob) => ({ ...(blob as Blob), v: 3 }),
  // Version 4 only adds the source of an entry, where an earlier edge would read an order.
  (blob) => ({ ...(blob as Blob), v: 4 }),
];

/**
 * The state as JSON text of at most `STATE_BYTES_MAX` bytes. What does not fit gives way in this order: the oldest
 * decision records (all of them are in the history), then the names and paths of the ring, then the longest-silent streams.
 */
export function encodeState(state: JourneyState): string {
  let kept = state;
  let text = encode(kept);
  while (isTooLong(text) && kept.decisions.length > 1) {
    kept = { ...kept, decisions: kept.decisions.slice(1) };
    text = encode(kept);
  }
  if (!isTooLong(text)) return text;
  const ring = kept.folded.ring.map((entry) => ({ ...entry, name: "", path: "" }));
  kept = { ...kept, folded: { ...kept.folded, ring } };
  text = encode(kept);
  const bySilence = Object.entries(kept.streams).sort(([, a], [, b]) => b.seenAt - a.seenAt);
  while (isTooLong(text) && bySilence.length > 1) {
    bySilence.splice(-Math.ceil(bySilence.length / 8));
    text = encode({ ...kept, streams: Object.fromEntries(bySilence) });
  }
  return text;
}

/** Reads what `encodeState` wrote, by this version or an earlier one. Throws on a later one: old code must not touch it. */
export function decodeState(text: string): JourneyState {
  let blob = JSON.parse(text) as Blob;
  if (blob.v > STATE_VERSION) {
    throw new Error(`state version ${blob.v} is newer than ${STATE_VERSION}, the newest this code reads`);
  }
  for (const upcast of UPCASTERS.slice(blob.v - 1)) blob = upcast(blob) as Blob;
  const { rest } = blob;
  const streams = Object.entries(blob.streams).map(([id, row]) => [id, readStream(row)] as const);
  return { ...rest, folded: { ...rest.folded, ring: readRing(blob) }, streams: Object.fromEntries(streams) };
}

function encode({ streams, folded, devices: _, messages: __, ...rest }: JourneyState): string {
  const texts: string[] = [""];
  const indices = new Map<string, Text>([["", 0]]);
  const write = (text: string): Text => {
    const known = indices.get(text);
    if (known !== undefined) return known;
    indices.set(text, texts.length);
    return texts.push(text) - 1;
  };
  const { ring, ...summary } = folded;
  const rows = ring.map((entry, i) => entryRow(entry, entry.at - (ring[i - 1]?.at ?? 0), write));
  const streamRows = Object.entries(streams).map(([id, s]) => [id, streamRow(s)] as const);
  const blob: Blob = {
    v: STATE_VERSION,
    texts,
    ring: rows,
    streams: Object.fromEntries(streamRows),
    rest: { ...rest, folded: summary },
  };
  return JSON.stringify(blob);
}

function entryRow(e: Entry, after: number, write: (text: string) => Text): EntryRow {
  const { order, source } = e;
  const row: EntryRow = [
    after,
    write(e.stream),
    e.seq,
    TOUCHPOINT_TYPES.indexOf(e.type),
    write(e.stage),
    write(e.name),
    write(e.path),
    write(e.channel),
    write(e.context),
    write(e.excluded),
  ];
  if (order) row.push(write(order.kind), write(order.id), order.milli, write(order.currency));
  else if (source) row.push(0, 0, 0, 0);
  if (source) row.push(write(source));
  while (row.at(-1) === 0) row.pop();
  return row;
}

function readRing({ ring, texts }: Blob): Entry[] {
  const read = <T extends string>(index: Text = 0): T => texts[index] as T;
  let at = 0;
  return ring.map((row): Entry => {
    const [after = 0, stream, seq = 0, type = 0, stage, name, path, channel, context, excluded, ...rest] = row;
    const [kind = 0, id = 0, milli = 0, currency = 0, source = 0] = rest;
    at += after;
    return {
      at,
      stream: read(stream),
      seq,
      type: TOUCHPOINT_TYPES[type] as Entry["type"],
      stage: read(stage),
      name: read(name),
      path: read(path),
      channel: read(channel),
      context: read(context),
      excluded: read(excluded),
      ...(kind > 0 ? { order: { kind: read(kind), id: read(id), milli, currency: read(currency) } } : {}),
      ...(source > 0 ? { source: read(source) } : {}),
    };
  });
}

function streamRow({ skewMs, seenAt, imported, device, runs }: StreamRecord): StreamRow {
  let end = 0;
  const flat = runs.flatMap(([from, to]) => {
    const pair = [from - end, to - from];
    end = to;
    return pair;
  });
  return [skewMs, seenAt, (imported ? 1 : 0) + 2 * (device === undefined ? 0 : device + 1), ...flat];
}

function readStream([skewMs, seenAt, whose, ...flat]: StreamRow): StreamRecord {
  const runs: [number, number][] = [];
  let end = 0;
  for (let i = 0; i < flat.length; i += 2) {
    const from = end + (flat[i] as number);
    end = from + (flat[i + 1] as number);
    runs.push([from, end]);
  }
  const device = Math.floor(whose / 2) - 1;
  return { runs, skewMs, seenAt, imported: whose % 2 === 1, ...(device < 0 ? {} : { device }) };
}

function isTooLong(text: string): boolean {
  // UTF-8 takes at most three bytes for a UTF-16 unit: most states need no counting.
  return text.length * 3 > STATE_BYTES_MAX && new TextEncoder().encode(text).length > STATE_BYTES_MAX;
}
