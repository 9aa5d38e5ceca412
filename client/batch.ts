import type { Stamp } from "../models/consent.ts";
import { BATCH_MAX, type CollectReply, STREAMS_MAX, type StreamBatch } from "../models/wire.ts";
import type { Entry } from "./outbox.ts";

export interface Batch {
  stamp: Stamp;
  streams: StreamBatch[];
  entries: Set<Entry>;
  /** An upper bound of the body's UTF-8 bytes. */
  bytes: number;
}

/** What frame, ids, asks and each stream's brackets add to a body, at most, in bytes. */
const FRAME_BYTES = 3_000;
const STREAM_BYTES = 40;

const encoder = new TextEncoder();

/**
 * The next entries that one request may carry: of one rev only (its stamp stands for all), at most `bytesMax` bytes
 * of UTF-8, 500 touchpoints and 16 streams. In the order given; what does not fit is left for the next request.
 */
export function takeBatch(entries: Iterable<Entry>, stamp: Stamp, bytesMax: number): Batch {
  const streams = new Map<string, StreamBatch>();
  const taken = new Set<Entry>();
  let bytes = FRAME_BYTES;
  for (const entry of entries) {
    if (entry.stamp.rev !== stamp.rev) continue;
    if (taken.size === BATCH_MAX) break;
    const known = streams.get(entry.stream);
    if (!known && streams.size === STREAMS_MAX) continue;
    const size = encoder.encode(JSON.stringify(entry.touchpoint)).length + 1 + (known ? 0 : STREAM_BYTES);
    if (bytes + size > bytesMax) break;
    bytes += size;
    taken.add(entry);
    const batch = known ?? { stream: entry.stream, touchpoints: [] };
    streams.set(entry.stream, batch);
    batch.touchpoints.push(entry.touchpoint);
  }
  return { stamp, streams: [...streams.values()], entries: taken, bytes };
}

/** The entries that a reply names: kept at the edge, or refused for good. */
export function settledBy(
  entries: Iterable<Entry>,
  { acked, refused }: Pick<CollectReply, "acked" | "refused">,
): Set<Entry> {
  const settled = new Set<Entry>();
  for (const entry of entries) {
    const { seq } = entry.touchpoint;
    const kept = acked.some(
      ({ stream, seqs }) => stream === entry.stream && seqs.some(([a, b]) => a <= seq && seq <= b),
    );
    if (kept || refused.some((one) => one.stream === entry.stream && one.seq === seq)) settled.add(entry);
  }
  return settled;
}
