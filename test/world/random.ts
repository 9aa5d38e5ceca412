/**
 * xoshiro128** (Blackman, Vigna 2018): 2^128 − 1 numbers before they repeat, so that no two of thousands of visitors ever
 * draw from one stretch of them.
 */

/** Draws of one visitor: each call goes on from the one before. */
export interface Random {
  /** 0 ≤ x < 1, in steps of 2^−32. */
  share: () => number;
  /** Whether something of this probability happens. */
  happens: (probability: number) => boolean;
  /** One of the keys, by their weights. */
  pick: <K extends string>(weights: Readonly<Partial<Record<K, number>>>) => K;
  /** A log-normal time, ms, whole: half are below the median, and `sigma` is the standard deviation of ln t. */
  timeMs: (of: Times) => number;
  /** Characters of base64url. */
  id: (length: number) => string;
}

/** How long something takes, ms: log-normal, cut to its bounds. */
export interface Times {
  medianMs: number;
  sigma: number;
  minMs: number;
  maxMs: number;
}

/**
 * What a seed, an index and a row give is theirs alone: neither the order of visitors nor their number changes it, and
 * what is drawn from one row of a visitor moves nothing in another. Whole numbers of 32 bits.
 */
export function randomOf(seed: number, index: number, row = 0): Random {
  const next = xoshiro(seeded(seed, index, row));
  const share = () => next() / 2 ** 32;
  return {
    share,
    happens: (probability) => share() < probability,
    pick: (weights) => picked(weights, share()),
    timeMs: ({ medianMs, sigma, minMs, maxMs }) =>
      Math.round(Math.min(maxMs, Math.max(minMs, medianMs * Math.exp(sigma * normal(share))))),
    id: (length) => {
      let text = "";
      while (text.length < length) text += ALPHABET[next() >>> 26];
      return text;
    },
  };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function picked<K extends string>(weights: Readonly<Partial<Record<K, number>>>, share: number): K {
  let sum = 0;
  for (const key in weights) sum += weights[key] as number;
  let left = share * sum;
  let last: K | undefined;
  for (const key in weights) {
    last = key;
    left -= weights[key] as number;
    if (left < 0) return key;
  }
  // The weights' own rounding.
  if (last === undefined) throw new Error("nothing to pick from");
  return last;
}

/** The Box–Muller transform; of its two numbers one. */
function normal(share: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - share())) * Math.cos(2 * Math.PI * share());
}

function xoshiro(state: number[]): () => number {
  return () => {
    const [a, b, c, d] = state as [number, number, number, number];
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const e = c ^ a;
    const f = d ^ b;
    state[1] = b ^ e;
    state[2] = e ^ (b << 9);
    state[0] = a ^ f;
    state[3] = rotated(f, 11);
    return result;
  };
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Four words that differ in every bit about half the time where seed, index or row differs in one (MurmurHash3's finaliser). */
function seeded(seed: number, index: number, row: number): number[] {
  let mixed = finalised(finalised(seed | 0) ^ (index + 0x9e3779b9)) ^ (row + 0x7f4a7c15);
  const state = [0, 0, 0, 0];
  for (let i = 0; i < 4; i++) {
    mixed = finalised((mixed ^ (seed + Math.imul(i + 1, 0x85ebca6b))) | 0);
    state[i] = (mixed ^ Math.imul(index + 1, 0xc2b2ae35 + 2 * i)) | 0;
  }
  return state;
}

function finalised(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
