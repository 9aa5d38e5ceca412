/** Mulberry32: 0..1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(rand: () => number, of: readonly T[]): T {
  return of[Math.floor(rand() * of.length)] as T;
}

/** A whole number from `min` to `max`, both included. */
export function between(rand: () => number, min: number, max: number): number {
  return min + Math.floor(rand() * (max - min + 1));
}

/** The same items in an order in which none is more than `window` places from its own. */
export function jittered<T>(rand: () => number, items: readonly T[], window: number): T[] {
  const keyed = items.map((item, i) => ({ item, key: i + rand() * window }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
