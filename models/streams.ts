/** Streams that a journey remembers; the longest-silent is forgotten beyond (DESIGN §4). */
export const STREAMS_KEPT = 512;
/** A page's stream is forgotten this long after its last batch; the page's outbox gives up earlier (72 h). */
export const STREAM_FORGOTTEN_MS = 7 * 86_400_000;
/**
 * Separate runs of seqs in one stream. Capture is dense, so a real page has one run, or a few while batches race; a
 * whole batch of 500 that was shuffled and came one by one has fewer than this.
 */
export const RUNS_MAX = 256;
/** What all streams may take of a stored state, bytes; the ring needs the rest of its 32 KB. */
export const STREAMS_BYTES_MAX = 20 * 1024;
/** What one takes beside its runs as JSON: id of 11 characters, skew 0, the time it was last heard of. */
const STREAM_BYTES = 31;
/** Below this, a difference of clocks is taken for travel time. */
export const SKEW_MIN_MS = 60_000;

/** What a journey has of one producer. */
export interface StreamRecord {
  /** Seqs that were accepted, as closed intervals in rising order that do not touch. */
  runs: [number, number][];
  /** Added to the producer's times; fixed by its first accepted batch. */
  skewMs: number;
  /** When its last batch came, ms since 1970 by the edge's clock. */
  seenAt: number;
  /** Whether it is an import's: those are never forgotten for their age. */
  imported: boolean;
  /** Whose it is, among the devices of a user's journey: its place there. Absent: the journey's own. */
  device?: number;
}

export type Streams = Record<string, StreamRecord>;

/**
 * The difference to add to a producer's clock, 0 where it may be travel time. A clock that is ahead is certain, whatever
 * the difference: nothing arrives before it was sent. Arguments in ms since 1970.
 */
export function skewOf(sentAt: number, receivedAt: number): number {
  const skewMs = receivedAt - sentAt;
  return skewMs >= 0 && skewMs < SKEW_MIN_MS ? 0 : skewMs;
}

/**
 * The skew of a batch's asks: that of its stream, or of the stream heard of last, so that an ask and the touchpoints
 * that it is judged by are corrected alike to the millisecond.
 */
export function skewOfAsks(streams: Streams, batch: readonly { stream: string }[], otherwiseMs: number): number {
  const own = batch.map(({ stream }) => streams[stream]).find((record) => record !== undefined);
  const last = Object.values(streams)
    .filter((record) => !record.imported)
    .reduce<StreamRecord | undefined>((a, b) => (a && a.seenAt >= b.seenAt ? a : b), undefined);
  return (own ?? last)?.skewMs ?? otherwiseMs;
}

export function holdsSeq(runs: readonly [number, number][], seq: number): boolean {
  return runs.some(([from, to]) => from <= seq && seq <= to);
}

/** The runs with one more seq, or null where that would need more than `RUNS_MAX` of them. */
export function withSeq(runs: readonly [number, number][], seq: number): [number, number][] | null {
  let from = seq;
  let to = seq;
  const apart: [number, number][] = [];
  for (const run of runs) {
    if (run[1] < seq - 1 || run[0] > seq + 1) {
      apart.push(run);
    } else {
      from = Math.min(from, run[0]);
      to = Math.max(to, run[1]);
    }
  }
  if (apart.length >= RUNS_MAX) return null;
  const at = apart.findIndex((run) => run[0] > from);
  return apart.toSpliced(at < 0 ? apart.length : at, 0, [from, to]);
}

/** Closed intervals without some of their numbers: what stays open. */
export function withoutSeqs(covers: readonly [number, number][], seqs: readonly number[]): [number, number][] {
  const open = seqs.toSorted((a, b) => a - b);
  return covers.flatMap(([from, to]) => {
    const left: [number, number][] = [];
    let start = from;
    for (const seq of open) {
      if (seq < start || seq > to) continue;
      if (seq > start) left.push([start, seq - 1]);
      start = seq + 1;
    }
    if (start <= to) left.push([start, to]);
    return left;
  });
}

/** The runs with one more run. Of what an import says that it has read in order, one run is left, however it was cut. */
export function withRun(runs: readonly [number, number][], [from, to]: [number, number]): [number, number][] {
  const apart = runs.filter(([start, end]) => end < from - 1 || start > to + 1);
  const joined = runs.filter(([start, end]) => end >= from - 1 && start <= to + 1);
  const whole: [number, number] = [
    Math.min(from, ...joined.map(([start]) => start)),
    Math.max(to, ...joined.map(([, end]) => end)),
  ];
  return [...apart, whole].sort(([a], [b]) => a - b);
}

/**
 * The streams to go on with at `now`: silent page streams are forgotten, and beyond either limit the longest-silent.
 * `bytesMax`: what they may take of a stored state. `isOpen`: of those a touchpoint may still be taken apart, whatever their age.
 */
export function remembered(
  streams: Streams,
  now: number,
  {
    bytesMax = STREAMS_BYTES_MAX,
    isOpen = () => false,
  }: { bytesMax?: number; isOpen?: (stream: string) => boolean } = {},
): Streams {
  const alive = Object.entries(streams).filter(
    ([id, s]) => s.imported || now - s.seenAt < STREAM_FORGOTTEN_MS || isOpen(id),
  );
  alive.sort(([a, x], [b, y]) => y.seenAt - x.seenAt || (a < b ? -1 : 1));
  let bytes = 0;
  const kept = alive.filter(([, { runs }], i) => {
    bytes += STREAM_BYTES + JSON.stringify(runs).length;
    return i < STREAMS_KEPT && bytes <= bytesMax;
  });
  return Object.fromEntries(kept);
}
