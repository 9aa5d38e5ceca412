import { ARMS, type Campaign } from "./campaign.ts";

/**
 * Who gets what: the deterministic bucketing of the GrowthBook SDK spec 0.8. The same id and seed give the same
 * answer wherever it is computed, so nothing about an assignment has to be stored before it is needed.
 */

/** A part of the number line, `[from, to)`, both 0..1. */
export type BucketRange = [number, number];

/** FNV-1a, 32 bits, over UTF-16 code units (not bytes): offset basis 2166136261, prime 16777619. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function hashTwice(seed: string, value: string): number {
  return (fnv1a32(String(fnv1a32(seed + value))) % 10_000) / 10_000;
}

/**
 * A number in [0, 1) from an id, in steps of 1/1,000 (version 1, kept for old experiments: it is biased) or 1/10,000
 * (version 2: hashed twice, so that ids that are alike do not land alike). Null for a version that is not known.
 */
export function hash(seed: string, value: string, version: number): number | null {
  if (version === 2) return hashTwice(seed, value);
  if (version === 1) return (fnv1a32(value + seed) % 1000) / 1000;
  return null;
}

/** `n` equal weights, which sum to 1; none for n below 1. */
export function equalWeights(n: number): number[] {
  return n < 1 ? [] : Array<number>(n).fill(1 / n);
}

/**
 * One range for each variation. Each begins where the weights before it end and is `coverage` (clamped to 0..1) of its
 * weight long, so that raising the coverage never moves anyone from one variation to another. Weights count as absent
 * (equal) where their number is wrong or their sum is outside 0.99..1.01.
 */
export function bucketRanges(variations: number, coverage: number, weights?: readonly number[] | null): BucketRange[] {
  const share = Math.min(1, Math.max(0, coverage));
  const sum = weights?.reduce((total, weight) => total + weight, 0) ?? 0;
  const usable = weights?.length === variations && sum >= 0.99 && sum <= 1.01;
  let from = 0;
  return (usable ? weights : equalWeights(variations)).map((weight) => {
    const range: BucketRange = [from, from + share * weight];
    from += weight;
    return range;
  });
}

function inRange(n: number, [from, to]: BucketRange): boolean {
  return n >= from && n < to;
}

/** Index of the first range that holds `n`, or -1: not in the experiment. */
export function chooseVariation(n: number, ranges: readonly BucketRange[]): number {
  return ranges.findIndex((range) => inRange(n, range));
}

/** Whether an id falls in its part of a namespace, `[name, from, to)`: experiments that must not meet share a name. */
export function inNamespace(id: string, [name, from, to]: readonly [string, number, number]): boolean {
  const n = hash(`__${name}`, id, 1);
  return n !== null && inRange(n, [from, to]);
}

/**
 * The variation that a page's URL asks for (`?my-test=1`), for trying one out; null where it names none of them.
 * Reads what a person types, so the text need not be a whole or valid URL; a number is read as far as it goes.
 */
export function queryStringOverride(key: string, url: string, variations: number): number | null {
  const query = url.split("?")[1]?.split("#")[0] ?? "";
  for (const pair of query.split("&")) {
    const [name, value = ""] = pair.split("=");
    if (name !== key) continue;
    const index = Number.parseInt(value, 10);
    return index >= 0 && index < variations ? index : null;
  }
  return null;
}

export interface Assignment {
  variant: typeof ARMS.treated | typeof ARMS.holdout;
  /** Where the visitor stands on the campaign's number line, 0..1: what a record needs to be checked again. */
  n: number;
}

/**
 * Whether a visitor is held out of a campaign: the lowest `holdout` (0..1) of the line, hash version 2, seeded by the
 * campaign's id, so that two campaigns hold out different people. Raising the share never moves anyone out of the
 * holdout.
 */
export function assign(visitorId: string, campaign: { id: string; holdout: number }): Assignment {
  const n = hashTwice(campaign.id, visitorId);
  return { variant: n < campaign.holdout ? "holdout" : "treated", n };
}

/** Seeds of what is decided beside a campaign's own holdout. No id of a campaign has such a form. */
const EVERYWHERE_SEED = "*";
const VARIANT_SEED = ":variant";

/**
 * The arm of a campaign that a visitor is in: one of `ARMS`, or the id of a variant. Whoever is held out of all campaigns
 * (`everywhere`, 0..1) is in no campaign's own holdout, so that each compares people who may be shown the others.
 * Variants share those who are left, on a line of their own: a holdout that is raised moves nobody from one to another.
 */
export function armOf(
  visitorId: string,
  campaign: Pick<Campaign, "id" | "holdout" | "variants">,
  everywhere = 0,
): string {
  if (hashTwice(EVERYWHERE_SEED, visitorId) < everywhere) return ARMS.everywhere;
  const { variant } = assign(visitorId, campaign);
  const { id, variants = [] } = campaign;
  if (variant === ARMS.holdout || variants.length === 0) return variant;
  const ranges = bucketRanges(
    variants.length,
    1,
    variants.map(({ weight }) => weight),
  );
  const chosen = chooseVariation(hashTwice(id + VARIANT_SEED, visitorId), ranges);
  // Weights that sum to a little less than 1 leave a little of the line over.
  return (variants[chosen] ?? variants.at(-1))?.id ?? variant;
}

/** Whether an arm is one that is shown nothing. */
export function isHeldOut(arm: string): boolean {
  return arm === ARMS.holdout || arm === ARMS.everywhere;
}
