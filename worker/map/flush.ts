import { CHUNK_ROWS_MAX, type HistoryRow } from "../../models/history.ts";
import type { HistorySink } from "../history/sink.ts";
import type { MapRows, Waiting } from "./rows.ts";
import { siteOf } from "./shards.ts";

const NOTE = "history";

/** Up to which number everything is written, and up to which it is being written; the same where nothing is. */
interface Written {
  to: number;
  trying: number;
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
  #shard: string;
  #rows: MapRows;
  #sink: HistorySink | null;

  constructor(shard: string, rows: MapRows, sink: HistorySink | null) {
    this.#shard = shard;
    this.#rows = rows;
    this.#sink = sink;
    this.#written = JSON.parse(rows.note(NOTE) ?? '{"to":0,"trying":0}') as Written;
    this.waitingFrom = this.#written.trying;
  }

  /** Whether there is a history to write to. */
  get isOn(): boolean {
    return this.#sink !== null;
  }

  /** The least number that a push may not have any more. */
  get reached(): number {
    return Math.max(this.#written.to, this.#written.trying);
  }

  stillWaiting(waiting: Waiting): Waiting {
    return waiting.filter(([at]) => at > this.#written.to);
  }

  /**
   * Writes everything up to a number, in the order in which it came, and gives the days that have changed since the
   * flush before. Throws where the sink does.
   */
  async write(upTo: number): Promise<{ journey: string; day: number }[]> {
    this.lastAt = Date.now();
    this.waitingFrom = Math.max(upTo, this.#written.trying);
    const changed = this.#rows.changedDays(this.#written.to);
    while (this.#written.to < upTo || this.#written.trying > this.#written.to) await this.#writeNext(upTo);
    return changed;
  }

  async #writeNext(upTo: number): Promise<void> {
    const { to, trying } = this.#written;
    const isFirst = trying <= to;
    const waiting = this.#between(to, isFirst ? upTo : trying);
    // As many pushes as one chunk may hold, one at least; where a try is under way, what it has tried.
    const fits = isFirst ? pushesThatFit(waiting) : waiting.length;
    const end = isFirst && fits < waiting.length ? (waiting[fits - 1]?.[0] ?? upTo) : isFirst ? upTo : trying;
    const rows = waiting.slice(0, fits).flatMap(([, pushed]) => pushed);
    if (this.#sink && rows.length > 0) {
      if (isFirst) this.#note({ to, trying: end });
      const { site } = siteOf(this.#shard);
      await this.#sink.write({ site, shard: this.#shard, from: to + 1, to: end, rows, isFirst });
    }
    this.#note({ to: end, trying: end });
  }

  #note(written: Written): void {
    this.#rows.keepNote(NOTE, JSON.stringify(written));
    this.#written = written;
  }

  /** Pushes above `after` and up to `to` that brought something, in their order. */
  #between(after: number, to: number): [at: number, rows: HistoryRow[]][] {
    const found: Waiting = [];
    if (!this.#sink) return found;
    for (const { journey, day } of this.#rows.changedDays(after)) {
      for (const waiting of this.#rows.waitingOf({ journey, day }, after)) {
        found.push(...waiting.filter(([at]) => at > after && at <= to));
      }
    }
    return found.sort(([a], [b]) => a - b);
  }
}

function pushesThatFit(waiting: Waiting): number {
  let rows = 0;
  const first = waiting.findIndex(([, pushed]) => {
    rows += pushed.length;
    return rows > CHUNK_ROWS_MAX;
  });
  return first < 0 ? waiting.length : Math.max(1, first);
}
