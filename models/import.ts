import { STREAM_NAME_MAX, VISITORS_MAX } from "./segment.ts";
import { byVisitor, parseItems, type ReadItems } from "./server-item.ts";
import { RUNS_MAX, withoutSeqs } from "./streams.ts";
import { isRecord, type Parsed, type Refusal, refuse, SEQ_MAX } from "./touchpoint.ts";

/** Longest line of a file, bytes: twice what an event of the Segment HTTP API may have. */
export const LINE_BYTES_MAX = 64 * 1024;

/** What one call of an import brings. It is always of the past: event times are the clock, and nobody is told. */
export interface ImportCall extends ReadItems {
  isLive: false;
  stream: string;
  /** Of every visitor in it: see `ReceivedStream.covers`. */
  covers: [number, number][];
}

/**
 * Reads the JSON body of `POST /v1/import`: `{stream, covers?: [[from, to], …], batch: [{…item, seq}]}`. `covers` says that of
 * the seqs of these intervals no others will come for the visitors of the call. A bad item is refused alone, and covered by
 * none of them: whoever mends it may send it again.
 */
export function parseImport(value: unknown): Parsed<ImportCall> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const { stream, covers, batch } = value;
  if (typeof stream !== "string" || stream === "" || stream.length > STREAM_NAME_MAX) {
    return refuse("malformed", "stream", `1 to ${STREAM_NAME_MAX} characters that name the source`);
  }
  if (covers !== undefined && !isCover(covers)) {
    const bound = `at most ${RUNS_MAX} intervals [from, to], each of whole numbers from 0 to ${SEQ_MAX} in rising order`;
    return refuse("malformed", "covers", bound);
  }
  if (!Array.isArray(batch)) return refuse("malformed", "batch", "a list");
  return importOf(batch, { stream, covers: covers ?? [] });
}

/** Items with seqs as one call of an import. What is refused of them is taken out of what it covers. */
export function importOf(
  batch: readonly unknown[],
  { stream, covers }: { stream: string; covers: [number, number][] },
): Parsed<ImportCall> {
  const read = parseItems(batch, { counted: true, skewMs: 0, now: null });
  if (byVisitor(read.items).length > VISITORS_MAX) {
    return refuse("too-many", "batch", `items of at most ${VISITORS_MAX} visitors`);
  }
  const open = read.refused.map(({ index }) => seqOf(batch[index])).filter(isSeq);
  return { ok: true, value: { ...read, isLive: false, stream, covers: withoutSeqs(covers, open) } };
}

function seqOf(item: unknown): unknown {
  return isRecord(item) ? item.seq : undefined;
}

/** More intervals than a stream has runs would be kept of nobody. */
function isCover(value: unknown): value is [number, number][] {
  return Array.isArray(value) && value.length <= RUNS_MAX && value.every(isInterval);
}

function isInterval(value: unknown): value is [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [from, to] = value as unknown[];
  return isSeq(from) && isSeq(to) && from <= to;
}

/** Whether it may be the number of a line: what is counted by lines has them for seqs. */
export function isSeq(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= SEQ_MAX;
}

/** The source that a file is: whoever sends it, and by which way, its lines are the same. `file`: its digest. */
export function fileStream(file: string): string {
  return `file ${file}`;
}

/** A line of a file by its number, from 1 as editors count; or why it cannot be read. */
export type Line = { line: number; text: string } | RefusedLine;
export interface RefusedLine {
  line: number;
  refusal: Refusal;
}

/** Cuts bytes as they come into lines, which end in LF or CR LF and are UTF-8. */
export interface LineSplitter {
  push: (bytes: Uint8Array) => Line[];
  /** The last line, where it does not end. */
  end: () => Line[];
}

const LF = 10;
const CR = 13;

/** Begins at the line `from`. Holds one line at most, and of a longer one than `LINE_BYTES_MAX` nothing. */
export function lineSplitter(from: number): LineSplitter {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let line = from;
  let begun: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    length += part.length;
    if (length > LINE_BYTES_MAX) begun = [];
    // What was pushed may be used again by whoever pushed it.
    else if (part.length > 0) begun.push(part.slice());
  };
  const take = (last: Uint8Array): Line => {
    add(last);
    const read = length > LINE_BYTES_MAX ? TOO_LONG : decoded(joined(begun, length), utf8);
    begun = [];
    length = 0;
    return typeof read === "string" ? { line: line++, text: read } : { line: line++, refusal: read };
  };
  return {
    push(bytes) {
      const lines: Line[] = [];
      let start = 0;
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
        lines.push(take(bytes.subarray(start, end)));
        start = end + 1;
      }
      add(bytes.subarray(start));
      return lines;
    },
    end: () => (length > 0 ? [take(new Uint8Array())] : []),
  };
}

const TOO_LONG = refuse("too-long", "", `a line of at most ${LINE_BYTES_MAX} bytes`);

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function decoded(bytes: Uint8Array, utf8: TextDecoder): string | Refusal {
  try {
    return utf8.decode(bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes);
  } catch {
    return refuse("malformed", "", "text in UTF-8");
  }
}

/** One item of a file by its line, its seq; or why there is none. */
export type FileItem = { line: number; item: Record<string, unknown> } | RefusedLine;

/** Reads lines that are one JSON item each; an empty one is none. */
export function itemsOfLines(lines: readonly Line[]): FileItem[] {
  return lines.flatMap((line): FileItem[] => {
    if (!("text" in line)) return [line];
    if (line.text.trim() === "") return [];
    let item: unknown;
    try {
      item = JSON.parse(line.text);
    } catch {
      item = null;
    }
    return [isRecord(item) ? { line: line.line, item } : { line: line.line, refusal: NO_OBJECT }];
  });
}

const NO_OBJECT = refuse("malformed", "", "a JSON object");
