import { utcDay } from "./visit.ts";

/** Raised with every change of `HistoryRow`; stands in each file's metadata as `waypost.schema`. */
export const HISTORY_SCHEMA_VERSION = 2;

/** Most rows that a chunk may bring, and characters of them as JSON, but for one push that has more: a flush holds one in memory. */
export const CHUNK_ROWS_MAX = 10_000;
export const CHUNK_TEXT_MAX = 8_000_000;

/**
 * One touchpoint as a journey accepted it, or one decision. Texts are "" where there is none. A touchpoint is told
 * apart by (person, stream, seq), a decision by (person, name).
 */
export interface HistoryRow {
  /** Pseudonym on the map. */
  person: string;
  kind: "touchpoint" | "decision";
  /** Event time, corrected for the producer's clock, ms since 1970. Of a decision: when it was decided. */
  occurredAt: number;
  /** When the edge received it, ms since 1970. */
  receivedAt: number;
  /** "" and 0 of a decision. */
  stream: string;
  seq: number;
  /** Type of the touchpoint; what a decision was asked on. */
  type: string;
  stage: string;
  /** Name of the touchpoint; id of the ask. */
  name: string;
  path: string;
  /** What brought the visitor; of what a server tells, where it happened. */
  channel: string;
  /** Which of the site's systems told it, "" where it was a page. Since version 2. */
  source: string;
  /** Device, browser, operating system, language and country, as the edge told them from the request. */
  context: string;
  /** Digest of the order's id. */
  orderId: string;
  /** Thousandths of a unit of `currency`; null where no revenue was told. */
  revenueMilli: number | null;
  currency: string;
  /** JSON: the touchpoint's properties, or the decision's whole record. */
  props: string;
  journey: string;
  /** Configuration version that the stage was read by. */
  config: number;
  /** Why it is left out of the map; "" where it counts. */
  excluded: string;
}

/**
 * A run of rows that a shard flushes at once: those numbered above `from`, up to `to`. Chunks are written in order, the
 * next one from where this one ended. One that failed may come again with the same `from` and the same or a later `to`.
 */
export interface HistoryChunk {
  site: string;
  shard: string;
  from: number;
  to: number;
  rows: HistoryRow[];
  /** Whether nobody has tried to write it before. Otherwise the sink looks for what is there, which costs as much as writing. */
  isFirst?: boolean;
}

/**
 * A UTC day (days since 1970) as ISO 8601 writes it, "2026-11-25": what history is partitioned by. Counts in eras of
 * 400 years from 1 March, so that the leap day is the last of its year.
 */
export function dayName(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const date = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
}

/** Rows by the day of `occurredAt`, earliest day first, in the order given within a day: the same rows always make the same parts. */
export function rowsByDay(rows: readonly HistoryRow[]): [day: string, rows: HistoryRow[]][] {
  const byDay = new Map<number, HistoryRow[]>();
  for (const row of rows) {
    const day = utcDay(row.occurredAt);
    const sameDay = byDay.get(day);
    if (sameDay) sameDay.push(row);
    else byDay.set(day, [row]);
  }
  return [...byDay].sort(([a], [b]) => a - b).map(([day, sameDay]) => [dayName(day), sameDay]);
}
