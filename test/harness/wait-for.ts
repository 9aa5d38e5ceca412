/**
 * Waits until a look at the world gives what is wanted; fails with the last look after `timeoutMs`. For effects behind a
 * network or a process boundary, where no event reaches the test.
 */
export async function waitFor<T>(
  look: () => Promise<T> | T,
  wanted: (seen: T) => boolean,
  timeoutMs = 15_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > until) throw new Error(`still not so after ${timeoutMs} ms: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
