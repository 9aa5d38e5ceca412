/** The page's own clock: whole ms since 1970 UTC at a `performance.now()`, by default this one. */
export type PageClock = (perfMs?: number) => number;

/**
 * The wall clock read once, then carried on by `performance.now()`: a clock that is set while the page is open neither
 * turns touchpoints round nor makes gaps.
 */
export function createClock(): PageClock {
  const originMs = Date.now() - performance.now();
  return (perfMs = performance.now()) => Math.floor(originMs + perfMs);
}
