/**
 * What a caller of a Durable Object does about an error, by the properties that the platform sets on it. Tried in
 * workerd: an aborted object gives `remote` and `durableObjectReset` without `retryable`; its stub stays broken, so
 * each try takes a new one.
 */
interface PlatformError {
  retryable?: boolean;
  overloaded?: boolean;
  durableObjectReset?: boolean;
}

/** Tries in all, and the longest wait before the n-th further one: full jitter below base · 2^n. */
const TRIES = 3;
const BASE_DELAY_MS = 100;

/** Whether the same call may succeed at once on a new stub. Not for overload: more calls make it worse. */
function shouldRetryNow(error: unknown): boolean {
  const { retryable, overloaded, durableObjectReset } = (error ?? {}) as PlatformError;
  return overloaded !== true && (retryable === true || durableObjectReset === true);
}

/**
 * Calls an object, at most three times and only where trying again can help. Everything that we call is idempotent.
 * Throws the last error.
 */
export async function callObject<T>(call: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (error) {
      if (tried === TRIES || !shouldRetryNow(error)) throw error;
      await scheduler.wait(Math.random() * BASE_DELAY_MS * 2 ** (tried - 1));
    }
  }
}
