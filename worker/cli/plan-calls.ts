import { BATCH_BYTES_MAX, VISITORS_MAX } from "../../models/segment.ts";
import { CommandError } from "./command-error.ts";
import type { FileEvent } from "./event-file.ts";

/** Room for what stands around the items: `historical`, `stream` and brackets. */
const FRAME_BYTES = 256;

/** Calls that must follow each other, because they share a visitor; each is a list of events. */
export type Chain = FileEvent[][];

/**
 * Shares visitors out over calls of at most `VISITORS_MAX` visitors and `bytesMax` bytes. A visitor is split only where
 * one call cannot hold all of their events; then the parts are one chain, earliest events first. Inside a call the
 * order does not matter to the map, so events stand there by `seq`, which the edge can note as one run.
 */
export function planCalls(visitors: readonly FileEvent[][], bytesMax: number = BATCH_BYTES_MAX): Chain[] {
  const room = bytesMax - FRAME_BYTES;
  const chains: Chain[] = [];
  let shared: FileEvent[] = [];
  let sharedBytes = 0;
  let sharedVisitors = 0;
  const close = () => {
    if (shared.length > 0) chains.push([shared]);
    shared = [];
    sharedBytes = 0;
    sharedVisitors = 0;
  };
  for (const events of visitors) {
    const bytes = events.reduce((sum, event) => sum + bytesOf(event), 0);
    if (bytes > room) {
      chains.push(split(events, room));
      continue;
    }
    if (sharedBytes + bytes > room || sharedVisitors === VISITORS_MAX) close();
    shared.push(...bySeq(events));
    sharedBytes += bytes;
    sharedVisitors++;
  }
  close();
  return chains;
}

function split(events: readonly FileEvent[], room: number): Chain {
  const chain: Chain = [];
  let part: FileEvent[] = [];
  let partBytes = 0;
  for (const event of events) {
    const bytes = bytesOf(event);
    if (bytes > room) throw new CommandError(`Line ${event.line} has ${bytes} bytes; a call takes at most ${room}.`);
    if (partBytes + bytes > room) {
      chain.push(bySeq(part));
      part = [];
      partBytes = 0;
    }
    part.push(event);
    partBytes += bytes;
  }
  return [...chain, bySeq(part)];
}

function bySeq(events: readonly FileEvent[]): FileEvent[] {
  return events.toSorted((a, b) => a.seq - b.seq);
}

/** With the comma behind it. */
function bytesOf({ json }: FileEvent): number {
  return Buffer.byteLength(json) + 1;
}
