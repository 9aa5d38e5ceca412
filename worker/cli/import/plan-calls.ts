import { BATCH_BYTES_MAX, VISITORS_MAX } from "../../../models/segment.ts";
import { countedBy } from "../../../models/server-item.ts";
import { RUNS_MAX, withoutSeqs } from "../../../models/streams.ts";

/** Room for what stands around the items: `stream`, the name of `covers`, and brackets. */
const FRAME_BYTES = 512;

/** One line of a file as it is sent: an item of `POST /v1/import` in JSON text. */
export interface ImportLine {
  /** Number in the file, which is its seq. */
  line: number;
  json: string;
  bytes: number;
  /** By whom the edge counts it. */
  countedBy: string;
  /** An alias is its user's, whoever counts it: one more visitor of a call. */
  isAlias: boolean;
}

export function importLine(line: number, item: Record<string, unknown>): ImportLine {
  const json = JSON.stringify({ ...item, seq: line });
  // With the comma behind it.
  const bytes = Buffer.byteLength(json) + 1;
  return { line, json, bytes, countedBy: countedBy(item), isAlias: item.type === "alias" };
}

/** What one call sends, by line. */
export interface PlannedCall {
  lines: ImportLine[];
  /** Of those who count the lines, all that the file has in these intervals are in this call. */
  covers: [number, number][];
}

/** Calls that must follow each other, because the same visitor's lines are in them. */
export type Chain = PlannedCall[];

/** A part of a file, from a line to another, both included. */
export interface Window {
  from: number;
  through: number;
  /** What can be sent of it. */
  lines: readonly ImportLine[];
  /** The numbers of what cannot: whose they are is not known, and they stay open. */
  open: readonly number[];
}

/**
 * Shares a window out over calls of at most `VISITORS_MAX` visitors and `bytesMax` bytes. Whose lines one call holds stands in
 * one; only who has more is split, and then the parts are one chain, in the order of the lines.
 */
export function planCalls(window: Window, bytesMax: number = BATCH_BYTES_MAX): Chain[] {
  const { lines, from, through } = window;
  const covers = coversWithout([[from, through]], window.open);
  const room = bytesMax - FRAME_BYTES - JSON.stringify(covers).length;
  const chains: Chain[] = [];
  let shared = emptyPart();
  const close = () => {
    if (shared.lines.length > 0) chains.push([{ lines: shared.lines, covers }]);
    shared = emptyPart();
  };
  for (const own of byCounter(lines)) {
    if (!fits(own, room)) {
      chains.push(split(own, { covers, room }));
      continue;
    }
    const together = { bytes: shared.bytes + own.bytes, visitors: shared.visitors + own.visitors };
    if (!fits(together, room)) close();
    shared.lines.push(...own.lines);
    shared.bytes += own.bytes;
    shared.visitors += own.visitors;
  }
  close();
  return chains;
}

/** Intervals without the lines of these numbers; where that is more than a call may have, none: what it brings is taken all the same. */
export function coversWithout(covers: readonly [number, number][], lines: readonly number[]): [number, number][] {
  const left = withoutSeqs(covers, lines);
  return left.length > RUNS_MAX ? [] : left;
}

/** Lines of one call, or of a part of one; at most so many visitors are in it. */
interface Part {
  lines: ImportLine[];
  bytes: number;
  visitors: number;
}

function emptyPart(): Part {
  return { lines: [], bytes: 0, visitors: 0 };
}

function fits({ bytes, visitors }: Omit<Part, "lines">, room: number): boolean {
  return bytes <= room && visitors <= VISITORS_MAX;
}

function add(part: Part, line: ImportLine): void {
  part.visitors += (part.lines.length === 0 ? 1 : 0) + (line.isAlias ? 1 : 0);
  part.bytes += line.bytes;
  part.lines.push(line);
}

function byCounter(lines: readonly ImportLine[]): Iterable<Part> {
  const counters = new Map<string, Part>();
  for (const line of lines) {
    const own = counters.get(line.countedBy) ?? emptyPart();
    if (own.lines.length === 0) counters.set(line.countedBy, own);
    add(own, line);
  }
  return counters.values();
}

/** Each part covers what lies behind the one before it: what that one's call refuses stays open. */
function split({ lines }: Part, { covers, room }: { covers: [number, number][]; room: number }): Chain {
  const parts: Part[] = [emptyPart()];
  for (const line of lines) {
    const last = parts.at(-1) as Part;
    const isFull = last.bytes + line.bytes > room || last.visitors + (line.isAlias ? 1 : 0) > VISITORS_MAX;
    if (isFull && last.lines.length > 0) parts.push(emptyPart());
    add(parts.at(-1) as Part, line);
  }
  return parts.map((part, i) => {
    const after = parts[i - 1]?.lines.at(-1)?.line ?? 0;
    const last = i === parts.length - 1 ? Number.POSITIVE_INFINITY : (part.lines.at(-1) as ImportLine).line;
    return { lines: part.lines, covers: within(covers, [after + 1, last]) };
  });
}

function within(covers: readonly [number, number][], [first, last]: [number, number]): [number, number][] {
  return covers.flatMap(([from, to]): [number, number][] => {
    const part: [number, number] = [Math.max(from, first), Math.min(to, last)];
    return part[0] <= part[1] ? [part] : [];
  });
}
