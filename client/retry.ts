/** First and longest wait between two tries, ms. */
const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
/** A server may ask for more patience than a visit lasts; beyond this it is not heard. */
const RETRY_AFTER_MAX_MS = 300_000;

/** What the sender does after an answer: `settle` it, try `again` later, or `stop` until the next page. */
export function afterStatus(status: number): "settle" | "again" | "stop" {
  if (status >= 200 && status < 300) return "settle";
  return status === 408 || status === 429 || status >= 500 ? "again" : "stop";
}

/**
 * Wait before the next try, ms: full jitter (a uniform share of a bound that doubles from 1 s to 5 min), so that pages
 * which failed together do not return together; never before the server's own `Retry-After`. `failures` from 1,
 * `random` in 0..1.
 */
export function retryDelayMs(failures: number, retryAfterMs: number, random: number): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.max(retryAfterMs, random * bound);
}

/** `Retry-After` in ms, 0..300,000: seconds or a date (RFC 9110 §10.2.3). 0 where there is none that can be read. */
export function parseRetryAfter(header: string, now: number): number {
  let ms = 0;
  if (/^\d+$/.test(header)) ms = Number(header) * 1000;
  // Date.parse alone would make a date of "-5".
  else if (/GMT$/.test(header)) ms = Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms)) : 0;
}
