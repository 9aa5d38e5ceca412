/** How fast something may go on for ever, and how much of it may come at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** A token bucket as a value: what is left in it at a time, ms since 1970. */
export interface Bucket {
  /** In thousandths: what a bucket gains in a millisecond is then a whole number. */
  leftMilli: number;
  at: number;
}

export interface Taken {
  bucket: Bucket;
  /** What was given; 0 where the caller has to wait. */
  given: number;
  /** How long until as much as was asked for is there, whole ms; 0 where it was given. */
  waitMs: number;
}

/**
 * Takes `least` out of a bucket or nothing at all; with `most`, as much of that as there is. Absent, the bucket is full.
 * Who asks for more than a full bucket holds is given it all: a bound on one request is set elsewhere. A clock that goes
 * back fills nothing.
 */
export function take(
  bucket: Bucket | undefined,
  { least, most = least }: { least: number; most?: number },
  { rate, now }: { rate: Rate; now: number },
): Taken {
  const { perSecond, burst } = rate;
  const at = Math.max(now, bucket?.at ?? now);
  const filled = bucket ? bucket.leftMilli + (at - bucket.at) * perSecond : Number.POSITIVE_INFINITY;
  const leftMilli = Math.min(burst * 1000, filled);
  const needed = Math.min(least, burst);
  const missing = needed * 1000 - leftMilli;
  if (missing > 0) return { bucket: { leftMilli, at }, given: 0, waitMs: Math.ceil(missing / perSecond) };
  const out = Math.max(needed, Math.min(most, Math.floor(leftMilli / 1000)));
  return { bucket: { leftMilli: leftMilli - out * 1000, at }, given: Math.max(least, out), waitMs: 0 };
}

/** The first block that is leased: little, because there may be many who lease and are not asked again. */
const BLOCK_FIRST = 50;
/** Who comes back within this time leases more, who comes back later than the second leases less, ms. */
const BLOCK_SOON_MS = 1_000;
const BLOCK_LATE_MS = 10_000;

/**
 * How much to lease of a shared bucket, by the block before and the time since: at a steady demand this comes to about
 * one lease a second, and never to more than the bucket gains in one.
 */
export function nextBlock(before: { size: number; at: number } | undefined, now: number, { perSecond }: Rate): number {
  const elapsedMs = before ? now - before.at : 0;
  let size = before?.size ?? BLOCK_FIRST;
  if (before && elapsedMs < BLOCK_SOON_MS) size *= 2;
  else if (elapsedMs > BLOCK_LATE_MS) size /= 2;
  return Math.floor(Math.min(perSecond, Math.max(BLOCK_FIRST, size)));
}
