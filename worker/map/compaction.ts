import { dayName } from "../../models/history.ts";
import { utcDay } from "../../models/visit.ts";
import { compactDay, daysToCompact } from "../history/compact.ts";
import type { MapRows } from "./rows.ts";
import { siteOf } from "./shards.ts";

const NOTE = "compaction";
/** Steps of one run: each reads and writes one object of at most 16 MB, and an alarm has 15 minutes. */
const STEPS_MAX = 20;

/** The last UTC day, since 1970, on which all was done; up to which number of the shard the erased are gone from the history. */
interface Done {
  day: number;
  erasedTo: number;
}

/** Once a UTC day: the many small objects of the days before become few, and whoever was erased since is left out of all. */
export class HistoryCompaction {
  #shard: string;
  #rows: MapRows;
  #bucket: R2Bucket | null;

  constructor(shard: string, rows: MapRows, bucket: R2Bucket | null) {
    this.#shard = shard;
    this.#rows = rows;
    this.#bucket = bucket;
  }

  /** Answers whether all is done for the day of `now`, ms since 1970; where not, it wants to be run again. Throws where the bucket does. */
  async run(now: number): Promise<boolean> {
    const today = utcDay(now);
    const done = JSON.parse(this.#rows.note(NOTE) ?? '{"day":0,"erasedTo":0}') as Done;
    if (!this.#bucket || done.day >= today) return true;
    const erased = this.#rows.erased(done.erasedTo);
    let steps = 0;
    for (const day of await this.#days(this.#bucket, { done, today, all: erased.size > 0 })) {
      const place = { ...siteOf(this.#shard), shard: this.#shard, day, erased };
      while (!(await compactDay(this.#bucket, place))) if (++steps >= STEPS_MAX) return false;
    }
    // Numbers are ms since 1970: who is erased while this runs has a greater one.
    this.#rows.keepNote(NOTE, JSON.stringify({ day: today, erasedTo: now } satisfies Done));
    return true;
  }

  /** Days with something to merge; where somebody was erased, every day that may hold rows of them. Today is still written to. */
  async #days(bucket: R2Bucket, { done, today, all }: { done: Done; today: number; all: boolean }): Promise<string[]> {
    const place = { ...siteOf(this.#shard), shard: this.#shard };
    if (all) return daysToCompact(bucket, { ...place, atLeast: 1 });
    // A page may send what it kept for days, and an import brings any day: those wait for the next erasure or for their turn.
    const days = await daysToCompact(bucket, {
      ...place,
      since: dayName(Math.max(0, done.day - DAYS_BACK)),
      atLeast: 2,
    });
    return days.filter((day) => day < dayName(today));
  }
}

/** A page keeps what it could not send for 72 hours, and its touchpoints may be a week old. */
const DAYS_BACK = 8;
