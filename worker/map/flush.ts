import { CHUNK_ROWS_MAX, CHUNK_TEXT_MAX, type HistoryRow } from "../../models/history.ts";
import type { HistorySink } from "../history/sink.ts";
import type { MapRows, RowKey, Waiting } from "./rows.ts";
import { siteOf } from "./shards.ts";

const NOTE = "history";

/**
 * Up to which number everything is written, and up to which it is being written; the same where nothing is. `since` is
 * where the flush under way began: a day notes its first change of a flush alone, so its later chunks are found from there.
 */
interface Written {
  to: number;
  trying: number;
  since: number;
}

/** A push that waits: in which row, under which of the shard's numbers, and how much of it there is. */
interface WaitingPush {
  key: RowKey;
  at: number;
  rows: number;
  /** Characters. */
  length: number;
}

/**
 * What a shard still has to write to the history. Pushes are numbered by the shard; a flush takes all up to a number,
 * notes that number, writes, and notes that it has written. So what is tried again after a crash, or after the bucket
 * was away, is the same range, and takes the place of what the first try may have left.
 */
export class HistoryFlush {
  #written: Written;
  /** Above this number something waits that no change on disk has been noted for. */
  waitingFrom: number;
  /** When the last flush began, ms since 1970; 0 in a life of the object that has had none. */
  lastAt = 0;
  /** Characters that wait: what came since the object began, and all from its first flush on. */
  waitingLength = 0;
  #shard: string;
  #rows: MapRows;
  #sink: HistorySink | null;

  constructor(shard: string, rows: MapRows, sink: HistorySink | null) {
    this.#shard = shard;
    this.#rows = rows;
    this.#sink = sink;
    const {
      to,
      trying,
      since = to,
    } = JSON.parse(rows.note(NOTE) ?? '{"to":0,"trying":0}') as Partial<Written> & {
      to: number;
      trying: number;
    };
    this.#written = { to, trying, since };
    this.waitingFrom = trying;
  }

  /** Whether there is a history to write to. */
  get isOn(): boolean {
    return this.#sink !== null;
  }

  /** The least number that a push may not have any more. */
  get reached(): number {
    return Math.max(this.#written.to, this.#written.trying);
  }

  /** Since when something waits, and when a change was last noted, as the disk knows it: ms since 1970, null for never. */
  get waits(): { since: number | null; notedAt: number | null } {
    const { first, last } = this.#rows.changes(this.#written.to);
    return { since: this.#sink ? first : null, notedAt: last };
  }

  stillWaiting(waiting: Waiting): Waiting {
    return waiting.filter(([at]) => at > this.#written.to);
  }

  /**
   * Writes everything up to a number, in the order in which it came, and gives the days that have changed since the
   * flush before. Holds one chunk in memory, however much waits. Throws where the sink does.
   */
  async write(upTo: number): Promise<{ journey: string; day: number }[]> {
    this.lastAt = Date.now();
    this.waitingFrom = Math.max(upTo, this.#written.trying);
    const changed = this.#rows.changedDays(this.#written.since);
    let pushes = this.#waitingPushes(changed, this.waitingFrom);
    this.waitingLength = lengthOf(pushes);
    while (this.#written.to < upTo || this.#written.trying > this.#written.to) {
      pushes = await this.#writeNext(pushes, upTo);
    }
    return changed;
  }

  /** Writes as many pushes as one chunk may hold; where a try is under way, what that has tried. Gives the rest. */
  async #writeNext(pushes: readonly WaitingPush[], upTo: number): Promise<WaitingPush[]> {
    const { to, trying, since } = this.#written;
    const isFirst = trying <= to;
    const fits = isFirst ? pushesThatFit(pushes) : pushes.filter(({ at }) => at <= trying).length;
    const rest = pushes.slice(fits);
    const end = !isFirst ? trying : rest.length > 0 ? (pushes[fits - 1] as WaitingPush).at : upTo;
    const chunk = pushes.slice(0, fits);
    const rows = this.#rowsOf(chunk);
    if (this.#sink && rows.length > 0) {
      if (isFirst) this.#note({ to, trying: end, since });
      const { site } = siteOf(this.#shard);
      await this.#sink.write({ site, shard: this.#shard, from: to + 1, to: end, rows, isFirst });
    }
    this.#note({ to: end, trying: end, since: end < upTo ? since : end });
    this.waitingLength -= lengthOf(chunk);
    return rest;
  }

  #note(written: Written): void {
    this.#rows.keepNote(NOTE, JSON.stringify(written));
    this.#written = written;
  }

  /** Pushes that are not written, up to `upTo`, in their order: where they are, not what they bring. */
  #waitingPushes(days: readonly { journey: string; day: number }[], upTo: number): WaitingPush[] {
    const found: WaitingPush[] = [];
    if (!this.#sink) return found;
    for (const { journey, day } of days) {
      for (const { person, waiting } of this.#rows.waitingOf({ journey, day }, this.#written.to)) {
        const key = { journey, day, person };
        for (const [at, rows] of this.stillWaiting(waiting)) {
          if (at <= upTo) found.push({ key, at, rows: rows.length, length: JSON.stringify(rows).length });
        }
      }
    }
    return found.sort((a, b) => a.at - b.at);
  }

  /** What pushes bring, in their order. Of who was erased since there is nothing. */
  #rowsOf(pushes: readonly WaitingPush[]): HistoryRow[] {
    const found = new Map<number, HistoryRow[]>();
    for (const key of new Set(pushes.map((push) => push.key))) {
      for (const [at, rows] of this.#rows.get(key)?.waiting ?? []) found.set(at, rows);
    }
    return pushes.flatMap(({ at }) => found.get(at) ?? []);
  }
}

function lengthOf(pushes: readonly WaitingPush[]): number {
  return pushes.reduce((sum, { length }) => sum + length, 0);
}

/** One push at least, however much it brings. */
function pushesThatFit(pushes: readonly WaitingPush[]): number {
  let rows = 0;
  let length = 0;
  const first = pushes.findIndex((push) => {
    rows += push.rows;
    length += push.length;
    return rows > CHUNK_ROWS_MAX || length > CHUNK_TEXT_MAX;
  });
  return first < 0 ? pushes.length : Math.max(1, first);
}
