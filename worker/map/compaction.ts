import { dayName } from "../../models/history.ts";
import { utcDay } from "../../models/visit.ts";
import { compactDay, daysToCompact, type Erased } from "../history/compact.ts";
import type { MapRows } from "./rows.ts";
import { siteOf } from "./shards.ts";

const NOTE = "compaction";
/** Steps of one run: each reads and writes one object of at most 16 MB, and an alarm has 15 minutes. */
const STEPS_MAX = 20;
const NEXT_RUN_MS = 60_000;
/** What could not be read is looked at again this late: each time every day is listed anew. */
const RETRY_MS = 3_600_000;
const DAY_MS = 86_400_000;

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
  /** After a failure nothing is tried before, ms since 1970. */
  #retryAt = 0;

  constructor(shard: string, rows: MapRows, bucket: R2Bucket | null) {
    this.#shard = shard;
    this.#rows = rows;
    this.#bucket = bucket;
  }

  /**
   * Does what is due at `now`, and answers when it has to be run again; null where nothing waits. All ms since 1970. A day
   * that fails holds up no other: `failed` hears of it, and it is tried again later. Never throws.
   */
  async run(now: number, failed: (error: unknown) => void): Promise<number | null> {
    const bucket = this.#bucket;
    if (!bucket) return null;
    if (now < this.#retryAt) return this.#retryAt;
    const today = utcDay(now);
    const done = this.#done(today);
    const erased = this.#rows.erased(done.erasedTo);
    // Who is erased is in files that a compaction of today has been through already: tomorrow's comes for them.
    if (done.day >= today) return erased.size > 0 ? (today + 1) * DAY_MS : null;
    let isWhole = true;
    const fail = (error: unknown) => {
      failed(error);
      isWhole = false;
    };
    const days = await this.#days(bucket, { done, today, all: erased.size > 0 }).catch(fail);
    let stepsLeft = STEPS_MAX;
    for (const day of days ?? []) {
      stepsLeft = await this.#compact(bucket, { day, erased }, stepsLeft).catch((error) => {
        fail(error);
        return stepsLeft;
      });
      if (stepsLeft === 0) return now + NEXT_RUN_MS;
    }
    if (!isWhole) {
      this.#retryAt = now + RETRY_MS;
      return this.#retryAt;
    }
    // Not the clock: who is erased meanwhile has a greater number than those that were read.
    const erasedTo = [...erased.values()].reduce((a, b) => Math.max(a, b), done.erasedTo);
    this.#note({ day: today, erasedTo });
    return this.#rows.erased(erasedTo).size > 0 ? (today + 1) * DAY_MS : null;
  }

  /** Makes a day of the shard as small as it gets; the steps that are left, 0 where they were not enough. */
  async #compact(bucket: R2Bucket, of: { day: string; erased: Erased }, stepsLeft: number): Promise<number> {
    const place = { ...siteOf(this.#shard), shard: this.#shard, ...of };
    let left = stepsLeft;
    while (!(await compactDay(bucket, place))) if (--left === 0) break;
    return left;
  }

  /** A shard that has only begun has nothing behind it. */
  #done(today: number): Done {
    const noted = this.#rows.note(NOTE);
    if (noted !== null) return JSON.parse(noted) as Done;
    const done = { day: today, erasedTo: 0 };
    this.#note(done);
    return done;
  }

  #note(done: Done): void {
    this.#rows.keepNote(NOTE, JSON.stringify(done));
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
