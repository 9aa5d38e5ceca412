/** A change is told at once, or where one was told less than this ago, together with all others at the end of that time. */
const TELL_EVERY_MS = 1_000;

/**
 * Who watches a shard's journeys live. In memory alone: whoever watches says so again before its time is over, so what a
 * restart forgets is known again soon, and what is not watched costs nothing.
 */
export class Watchers {
  /** How often a change was told. */
  told = 0;
  readonly #tell: (journey: string) => Promise<unknown>;
  readonly #untils = new Map<string, number>();
  readonly #toldAt = new Map<string, number>();
  readonly #waiting = new Set<string>();

  /** `tell`: says that a journey's map has changed. */
  constructor(tell: (journey: string) => Promise<unknown>) {
    this.#tell = tell;
  }

  /** Somebody watches a journey until then, ms since 1970. */
  watch(journey: string, until: number): void {
    this.#untils.set(journey, Math.max(until, this.#untils.get(journey) ?? 0));
  }

  /** A journey has changed. Resolves when that was told; never rejects. Who does not watch any more is forgotten. */
  async changed(journey: string, now: number): Promise<void> {
    const until = this.#untils.get(journey);
    if (until === undefined || this.#waiting.has(journey)) return;
    if (until <= now) {
      this.#untils.delete(journey);
      return;
    }
    const inMs = (this.#toldAt.get(journey) ?? 0) + TELL_EVERY_MS - now;
    if (inMs > 0) {
      this.#waiting.add(journey);
      await scheduler.wait(inMs);
      this.#waiting.delete(journey);
    }
    this.#toldAt.set(journey, Math.max(now, now + inMs));
    this.told++;
    // A change that nobody hears of is in the map that is read with the next.
    await this.#tell(journey).catch(() => {});
  }
}
