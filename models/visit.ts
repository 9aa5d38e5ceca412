/** A visit ends after this long without activity (DESIGN §8; the web-analytics convention). */
const VISIT_IDLE_MS = 30 * 60_000;
/** A visit lasts at most this long, however busy it is. */
const VISIT_MAX_MS = 24 * 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * Whether a touchpoint at `at` begins a new visit. All times in ms since 1970 UTC, `at` not before `lastAt`.
 * Both bounds are reached at equality: 30 minutes to the millisecond is a new visit.
 */
export function beginsVisit(visitAt: number, lastAt: number, at: number): boolean {
  return at - lastAt >= VISIT_IDLE_MS || at - visitAt >= VISIT_MAX_MS;
}

/** The UTC day of a time, as days since 1970: what aggregates are kept by. */
export function utcDay(at: number): number {
  return Math.floor(at / DAY_MS);
}
