import { type DaySums, replaceRow } from "../../models/analysis/map-day.ts";
import type { KeptRow, MapRows } from "./rows.ts";

/** A day of fewer people is counted anew from its rows when it is needed: cheaper than a row for its sums. */
const CHECKPOINT_PEOPLE_MIN = 256;
/** SQLite-backed objects take values of 2 MB; what is larger is counted from the rows. */
const SUMS_TEXT_MAX = 1_900_000;
/** Days in memory. What is forgotten is read again; an import can bring thousands. */
const DAYS_KEPT = 500;

interface Counted {
  sums: DaySums;
  people: number;
}

interface Day extends Counted {
  /** The shard's number of the change that is noted on disk, and up to which the sums on disk are good; 0 for none. */
  changed: number;
  counted: number;
}

/** The sums of a shard's days in memory: read once, from a checkpoint that still holds or from the rows, then kept up. */
export class MapSums {
  #rows: MapRows;
  #days = new Map<string, Day>();

  constructor(rows: MapRows) {
    this.#rows = rows;
  }

  of(journey: string, day: number): DaySums {
    return this.#day(journey, day).sums;
  }

  /**
   * Puts a row in the place of the one before it, and notes on disk that the day is no longer as it was counted, or that
   * something of it waits since `waitingFrom`: once, however much changes.
   */
  replace(
    { journey, day }: { journey: string; day: number },
    { before, after }: { before: KeptRow | null; after: KeptRow | null },
    { at, waitingFrom }: { at: number; waitingFrom: number },
  ): void {
    const known = this.#day(journey, day);
    if (known.changed <= Math.max(waitingFrom, known.counted)) {
      this.#rows.noteChanged(journey, day, at);
      known.changed = at;
    }
    replaceRow(known.sums, before, after);
    known.people += (after ? 1 : 0) - (before ? 1 : 0);
  }

  /** Whether a day has sums that are worth keeping and are not kept yet. */
  isDue(journey: string, day: number): boolean {
    const { people, changed, counted } = this.#day(journey, day);
    return people >= CHECKPOINT_PEOPLE_MIN && changed > counted;
  }

  /** Keeps the sums of a day, as of the shard's number `at`. */
  checkpoint(journey: string, day: number, at: number): void {
    const known = this.#day(journey, day);
    const { sums, people } = known;
    const text = JSON.stringify({ sums, people } satisfies Counted);
    if (text.length > SUMS_TEXT_MAX) return;
    this.#rows.noteSums({ journey, day }, { counted: at, sums: text });
    known.counted = at;
  }

  /** After a write that was taken back: memory follows the disk. */
  forget(): void {
    this.#days.clear();
  }

  #day(journey: string, day: number): Day {
    const key = `${journey}>${day}`;
    let known = this.#days.get(key);
    if (!known) {
      const { changed = 0, counted, sums } = this.#rows.day(journey, day) ?? {};
      const holds = sums && counted && counted >= changed;
      const read = holds ? (JSON.parse(sums) as Counted) : this.#count(journey, day);
      known = { ...read, changed, counted: counted ?? 0 };
      if (this.#days.size >= DAYS_KEPT) this.#days.clear();
      this.#days.set(key, known);
    }
    return known;
  }

  #count(journey: string, day: number): Counted {
    const sums: DaySums = {};
    let people = 0;
    for (const row of this.#rows.ofDay(journey, day)) {
      replaceRow(sums, null, row);
      people++;
    }
    return { sums, people };
  }
}
