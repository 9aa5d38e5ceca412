import { dayName } from "../../models/history.ts";
import { utcDay } from "../../models/visit.ts";
import { type Compaction, compactDay, daysToCompact, holdsPast } from "../history/compact.ts";
import { listDays } from "../history/objects.ts";
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
  /** When the next of it is past its time at the earliest, ms since 1970; null: there is none. Absent: an earlier version did it. */
  pastAt?: number | null;
}

/**
 * Once a UTC day: the many small objects of the days before become few, whoever was erased since is left out of all, and what
 * is past its time goes, whether or not anybody comes.
 */
export class HistoryCompaction {
  #shard: string;
  #rows: MapRows;
  #bucket: R2Bucket | null;
  #keptMs: () => Promise<number>;
  /** After a failure nothing is tried before, ms since 1970. */
  #retryAt = 0;

  /** `keptMs`: how long a row is kept after it was received. */
  constructor(
    shard: string,
    rows: MapRows,
    { bucket, keptMs }: { bucket: R2Bucket | null; keptMs: () => Promise<number> },
  ) {
    this.#shard = shard;
    this.#keptMs = keptMs;
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
    if (done.day >= today) return erased.size > 0 ? (today + 1) * DAY_MS : (done.pastAt ?? null);
    let isWhole = true;
    const fail = (error: unknown) => {
      failed(error);
      isWhole = false;
    };
    // Where nobody says how long, nothing goes for its age, and all else is done.
    const keptMs = await this.#keptMs().catch(fail);
    const keptSince = keptMs === undefined ? 0 : now - keptMs;
    const days = await this.#days(bucket, { done, today, all: erased.size > 0 }).catch(fail);
    const oldDays = await this.#oldDays(bucket, keptSince).catch(fail);
    let stepsLeft = STEPS_MAX;
    for (const day of new Set([...(oldDays?.due ?? []), ...(days ?? [])])) {
      stepsLeft = await this.#compact(bucket, { day, erased, keptSince }, stepsLeft).catch((error) => {
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
    const pastAt = oldDays?.next === undefined ? null : Math.max((today + 1) * DAY_MS, oldDays.next + (keptMs ?? 0));
    this.#note({ day: today, erasedTo, pastAt });
    return this.#rows.erased(erasedTo).size > 0 ? (today + 1) * DAY_MS : pastAt;
  }

  /**
   * Days of which all was received before, but for imports, and the end of the first of the others, ms since 1970. Nothing is
   * received before it happens, so what is past is of those days alone.
   */
  async #oldDays(bucket: R2Bucket, keptSince: number): Promise<{ due: string[]; next: number | undefined }> {
    const place = { ...siteOf(this.#shard), shard: this.#shard };
    const days = await listDays(bucket, place.site);
    const firstKept = dayName(Math.max(0, utcDay(keptSince)));
    const due: string[] = [];
    for (const day of days)
      if (day < firstKept && (await holdsPast(bucket, { ...place, day }, keptSince))) due.push(day);
    // What was imported of an old day has its own time: it is looked at each day.
    const [next] = days.filter((day) => !due.includes(day));
    return { due, next: next === undefined ? undefined : Date.parse(next) + DAY_MS };
  }

  /** Makes a day of the shard as small as it gets; the steps that are left, 0 where they were not enough. */
  async #compact(
    bucket: R2Bucket,
    of: Pick<Compaction, "day" | "erased" | "keptSince">,
    stepsLeft: number,
  ): Promise<number> {
    const place = { ...siteOf(this.#shard), shard: this.#shard, ...of };
    let left = stepsLeft;
    while (!(await compactDay(bucket, place))) if (--left === 0) break;
    return left;
  }

  /** A shard that has only begun has nothing behind it, and is to look tomorrow. */
  #done(today: number): Done {
    const noted = this.#rows.note(NOTE);
    if (noted !== null) return JSON.parse(noted) as Done;
    const done = { day: today, erasedTo: 0, pastAt: (today + 1) * DAY_MS };
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
