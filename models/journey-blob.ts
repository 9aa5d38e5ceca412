import type { Entry } from "./journey.ts";
import type { JourneyState } from "./journey-state.ts";
import type { StreamRecord } from "./streams.ts";
import { TOUCHPOINT_TYPES } from "./touchpoint-type.ts";

/** Raised with every change of the stored form; an upcaster per step brings an older blob up. */
const STATE_VERSION = 1;
/** What a stored state may take (DESIGN §4). */
export const STATE_BYTES_MAX = 32 * 1024;

/** Text index in `Blob.texts`, so that a name that comes 100 times is stored once. */
type Text = number;
type EntryRow = [at: number, stream: Text, seq: number, type: number, stage: Text, name: Text, path: Text];
type StreamRow = [skewMs: number, seenAt: number, imported: 0 | 1, ...runs: number[]];

interface Blob {
  v: number;
  texts: string[];
  ring: EntryRow[];
  streams: Record<string, StreamRow>;
  rest: Omit<JourneyState, "streams" | "folded"> & { folded: Omit<JourneyState["folded"], "ring"> };
}

/** Brings a blob from version `i + 1` to `i + 2`. Empty: version 1 is the first. */
const UPCASTERS: ((blob: Blob) => Blob)[] = [];

/**
 * The state as JSON text of at most `STATE_BYTES_MAX` bytes. What does not fit gives way in this order: the oldest
 * decision records (all of them are in the history), then the names and paths of the ring.
 */
export function encodeState(state: JourneyState): string {
  let { decisions } = state;
  let text = encode({ ...state, decisions });
  while (isTooLong(text) && decisions.length > 1) {
    decisions = decisions.slice(1);
    text = encode({ ...state, decisions });
  }
  if (!isTooLong(text)) return text;
  const ring = state.folded.ring.map((entry) => ({ ...entry, name: "", path: "" }));
  return encode({ ...state, decisions, folded: { ...state.folded, ring } });
}

/** Reads what `encodeState` wrote, by this version or an earlier one. Throws on a later one: old code must not touch it. */
export function decodeState(text: string): JourneyState {
  let blob = JSON.parse(text) as Blob;
  if (blob.v > STATE_VERSION) {
    throw new Error(`state version ${blob.v} is newer than ${STATE_VERSION}, the newest this code reads`);
  }
  for (const upcast of UPCASTERS.slice(blob.v - 1)) blob = upcast(blob);
  const { texts, rest } = blob;
  const read = (index: Text): string => texts[index] as string;
  const ring = blob.ring.map(
    ([at, stream, seq, type, stage, name, path]): Entry => ({
      at,
      stream: read(stream),
      seq,
      type: TOUCHPOINT_TYPES[type] as Entry["type"],
      stage: read(stage),
      name: read(name),
      path: read(path),
    }),
  );
  const streams = Object.entries(blob.streams).map(([id, row]) => [id, readStream(row)] as const);
  return { ...rest, folded: { ...rest.folded, ring }, streams: Object.fromEntries(streams) };
}

function encode({ streams, folded, ...rest }: JourneyState): string {
  const texts: string[] = [];
  const indices = new Map<string, Text>();
  const write = (text: string): Text => {
    const known = indices.get(text);
    if (known !== undefined) return known;
    indices.set(text, texts.length);
    return texts.push(text) - 1;
  };
  const { ring, ...summary } = folded;
  const rows = ring.map(
    (e): EntryRow => [
      e.at,
      write(e.stream),
      e.seq,
      TOUCHPOINT_TYPES.indexOf(e.type),
      write(e.stage),
      write(e.name),
      write(e.path),
    ],
  );
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

function streamRow({ skewMs, seenAt, imported, runs }: StreamRecord): StreamRow {
  return [skewMs, seenAt, imported ? 1 : 0, ...runs.flat()];
}

function readStream([skewMs, seenAt, imported, ...flat]: StreamRow): StreamRecord {
  const runs: [number, number][] = [];
  for (let i = 0; i < flat.length; i += 2) runs.push([flat[i] as number, flat[i + 1] as number]);
  return { runs, skewMs, seenAt, imported: imported === 1 };
}

function isTooLong(text: string): boolean {
  return new TextEncoder().encode(text).length > STATE_BYTES_MAX;
}
