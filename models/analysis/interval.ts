/** The bounds of an interval, both 0..1 for a share and −1..1 for a difference of two. */
export interface Interval {
  low: number;
  high: number;
}

/** Of how many something was said, and how many it holds of. */
export interface Share {
  of: number;
  count: number;
}

/** The 97.5 % point of the normal distribution: intervals are of 95 %, two-sided. */
const Z = 1.959963984540054;

/**
 * The 95 % score interval of a share (Wilson 1927, without continuity correction); null where there is nothing to have a
 * share of. It holds near 0 and 1 and for few, where the textbook's ±1.96·√(p(1 − p)/n) does not.
 */
export function wilsonInterval({ of, count }: Share): Interval | null {
  if (of <= 0) return null;
  const centre = (count + Z ** 2 / 2) / (of + Z ** 2);
  const half = (Z / (of + Z ** 2)) * Math.sqrt((count * (of - count)) / of + Z ** 2 / 4);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * The 95 % interval of the difference of two independent shares, `a` less `b` (Newcombe 1998, method 10: of the two score
 * intervals); null where either is a share of nothing.
 */
export function differenceInterval(a: Share, b: Share): Interval | null {
  const [ofA, ofB] = [wilsonInterval(a), wilsonInterval(b)];
  if (!ofA || !ofB) return null;
  const [pA, pB] = [a.count / a.of, b.count / b.of];
  const difference = pA - pB;
  return {
    low: difference - Math.hypot(pA - ofA.low, ofB.high - pB),
    high: difference + Math.hypot(ofA.high - pA, pB - ofB.low),
  };
}
