import type { HistoryRow } from "../../models/history.ts";
import type { HistorySink } from "../history/sink.ts";
import type { MapRows, Waiting } from "./rows.ts";
import { placeOf } from "./shards.ts";

const WRITTEN_TO = "history written to";

/**
 * What a shard still has to write to the history. Pushes are numbered by the shard; a flush takes all up to a number and
 * notes that number once they are written. Repeated after a crash it takes the same again: the name of what it writes
 * tells that it is the same.
 */
export class HistoryFlush {
  /** Up to which number everything is written. */
  writtenTo: number;
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
    this.writtenTo = Number(rows.note(WRITTEN_TO) ?? 0);
    this.waitingFrom = this.writtenTo;
  }

  /** Whether there is a history to write to. */
  get isOn(): boolean {
    return this.#sink !== null;
  }

  stillWaiting(waiting: Waiting): Waiting {
    return waiting.filter(([at]) => at > this.writtenTo);
  }

  /** Writes everything up to a number, in the order in which it came. Throws where the sink does. */
  async write(to: number): Promise<void> {
    this.lastAt = Date.now();
    this.waitingFrom = to;
    if (!this.#sink) return;
    const rows = this.#upTo(to);
    const { site, shard } = placeOf(this.#shard);
    if (rows.length > 0) await this.#sink.write({ site, shard, from: this.writtenTo, to, rows });
  }

  noteWritten(to: number): void {
    if (to === this.writtenTo) return;
    this.#rows.keepNote(WRITTEN_TO, String(to));
    this.writtenTo = to;
  }

  #upTo(to: number): HistoryRow[] {
    const found: Waiting = [];
    for (const { journey, day } of this.#rows.changedDays(this.writtenTo)) {
      for (const waiting of this.#rows.waitingOf(journey, day, this.writtenTo)) {
        found.push(...waiting.filter(([at]) => at > this.writtenTo && at <= to));
      }
    }
    return found.sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
  }
}
