import type { About } from "../../models/about.ts";
import type { MapRow } from "../../models/analysis/map-day.ts";
import type { Contribution } from "../../models/contribution.ts";
import type { HistoryRow } from "../../models/history.ts";

/** Which row: a person's day in a journey. */
export interface RowKey {
  journey: string;
  day: number;
  person: string;
}

/** A push's touchpoints while they wait to be written to the history: `at` is the shard's own number of the push. */
export type Waiting = [at: number, rows: HistoryRow[]][];

export interface KeptRow extends MapRow {
  /** The shard's number of the push that wrote it: ms since 1970, rising. */
  at: number;
  waiting: Waiting;
}

/** A row with all that a person may ask for. */
export interface KnownRow extends KeptRow, Omit<RowKey, "person"> {
  about: About | null;
}

interface SqlRow extends Record<string, SqlStorageValue> {
  person: string;
  push: number;
  life: number;
  at: number;
  bucket: string;
  contribution: string;
  waiting: string | null;
}

/**
 * The rows of a shard. A push is one row written, whatever it brings: the map's counts, the people index and what
 * waits for the history stand side by side in it. The large columns come last, so that a scan of the others does not read them.
 */
export class MapRows {
  #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS people_days (
        journey TEXT, day INTEGER, person TEXT, push INTEGER NOT NULL, life INTEGER NOT NULL, at INTEGER NOT NULL,
        bucket TEXT NOT NULL, about TEXT, contribution TEXT NOT NULL, waiting TEXT,
        PRIMARY KEY (journey, day, person)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS days (
        journey TEXT, day INTEGER, changed INTEGER NOT NULL, counted INTEGER, sums TEXT, PRIMARY KEY (journey, day)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS erased (person TEXT PRIMARY KEY, life INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    `);
  }

  get({ journey, day, person }: RowKey): KeptRow | null {
    const where = "journey = ? AND day = ? AND person = ?";
    const [row] = this.#sql
      .exec<SqlRow>(`SELECT ${COLUMNS} FROM people_days WHERE ${where}`, journey, day, person)
      .toArray();
    return row ? read(row) : null;
  }

  /** Gives the length of what waits in the row, in characters. */
  put({ journey, day, person }: RowKey, row: KeptRow, about: About | null): number {
    const { push, life, at, set, contribution, waiting } = row;
    const text = waiting.length > 0 ? JSON.stringify(waiting) : null;
    this.#sql.exec(
      "INSERT OR REPLACE INTO people_days (journey, day, person, push, life, at, bucket, about, contribution, waiting) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      journey,
      day,
      person,
      push,
      life,
      at,
      set,
      about && JSON.stringify(about),
      JSON.stringify(contribution),
      text,
    );
    return text?.length ?? 0;
  }

  /** The rows of a day, one after the other: a day can hold more people than memory has room for. */
  *ofDay(journey: string, day: number): Generator<KeptRow> {
    const rows = this.#sql.exec<SqlRow>(
      `SELECT ${COLUMNS} FROM people_days WHERE journey = ? AND day = ?`,
      journey,
      day,
    );
    for (const row of rows) yield read(row);
  }

  /** What waits in the rows of a day that were written after `after`. */
  *waitingOf({ journey, day }: Omit<RowKey, "person">, after: number): Generator<{ person: string; waiting: Waiting }> {
    const rows = this.#sql.exec<{ person: string; waiting: string }>(
      "SELECT person, waiting FROM people_days WHERE journey = ? AND day = ? AND at > ? AND waiting IS NOT NULL",
      journey,
      day,
      after,
    );
    for (const { person, waiting } of rows) yield { person, waiting: JSON.parse(waiting) as Waiting };
  }

  /** Every row of a person, found through the key day by day: nothing is scanned. */
  *daysOf(person: string): Generator<RowKey> {
    for (const journey of this.journeys()) {
      for (const day of this.days(journey)) {
        const key = { journey, day, person };
        if (this.get(key)) yield key;
      }
    }
  }

  /** The same rows with all that is in them. */
  *knownOf(person: string): Generator<KnownRow> {
    for (const key of this.daysOf(person)) {
      const { journey, day } = key;
      const row = this.get(key);
      const [told] = this.#sql
        .exec<{ about: string | null }>(
          "SELECT about FROM people_days WHERE journey = ? AND day = ? AND person = ?",
          journey,
          day,
          person,
        )
        .toArray();
      if (row) yield { journey, day, ...row, about: told?.about ? (JSON.parse(told.about) as About) : null };
    }
  }

  /** Whose pseudonym begins so, or null: found through the key of each day, the last one first. Of several, one. */
  personBeginning(begins: string): string | null {
    for (const journey of this.journeys()) {
      for (const day of this.days(journey).reverse()) {
        const query =
          "SELECT person FROM people_days WHERE journey = ? AND day = ? AND person >= ? AND person < ? LIMIT 1";
        // After every character of base64url.
        const [row] = this.#sql.exec<{ person: string }>(query, journey, day, begins, `${begins}~`).toArray();
        if (row) return row.person;
      }
    }
    return null;
  }

  delete({ journey, day, person }: RowKey): void {
    this.#sql.exec("DELETE FROM people_days WHERE journey = ? AND day = ? AND person = ?", journey, day, person);
  }

  journeys(): string[] {
    return this.#each<string>("SELECT min(journey) AS next FROM people_days WHERE journey > ?", "", []);
  }

  /** The days of a journey that have rows, rising. */
  days(journey: string): number[] {
    return this.#each<number>("SELECT min(day) AS next FROM people_days WHERE day > ? AND journey = ?", -2, [journey]);
  }

  /** Walks the distinct values of a key's column, one look-up each. */
  #each<T extends string | number>(query: string, from: T, more: string[]): T[] {
    const found: T[] = [];
    for (let after = from; ; ) {
      const [row] = this.#sql.exec<{ next: T | null }>(query, after, ...more).toArray();
      if (!row || row.next === null) return found;
      after = row.next;
      found.push(after);
    }
  }

  /** People by their latest day, at most `limit`: from the last day backwards, of each day who was seen last first. */
  people(journey: string, limit: number): { person: string; about: About }[] {
    const seen = new Map<string, About>();
    const hidden = new Set<string>();
    for (const day of this.days(journey).reverse()) {
      // Of a day, at most those who have been found on later ones are found again.
      const rows = this.#sql.exec<{ person: string; about: string }>(
        `SELECT person, about FROM people_days WHERE journey = ? AND day = ? AND about IS NOT NULL
         ORDER BY json_extract(about, '$.seenAt') DESC LIMIT ?`,
        journey,
        day,
        limit + seen.size + hidden.size,
      );
      for (const { person, about } of rows) {
        if (seen.size >= limit) break;
        if (!seen.has(person) && !hidden.has(person)) seen.set(person, JSON.parse(about) as About);
      }
      if (seen.size >= limit) break;
      // Whose last day says nothing of them wants nothing said: an earlier day's word is over.
      for (const person of this.#silentOn(journey, day)) if (!seen.has(person)) hidden.add(person);
    }
    return [...seen].map(([person, about]) => ({ person, about }));
  }

  #silentOn(journey: string, day: number): string[] {
    const query = "SELECT person FROM people_days WHERE journey = ? AND day = ? AND about IS NULL";
    return this.#sql
      .exec<{ person: string }>(query, journey, day)
      .toArray()
      .map(({ person }) => person);
  }

  /** Whether a life of a person was erased: what still comes of it must stay out. */
  isErased(person: string, life: number): boolean {
    const [row] = this.#sql.exec<{ life: number }>("SELECT life FROM erased WHERE person = ?", person).toArray();
    return row !== undefined && life <= row.life;
  }

  /** People who were erased after `after`, a number of the shard, with the number of it. */
  erased(after: number): Map<string, number> {
    const rows = this.#sql.exec<{ person: string; at: number }>("SELECT person, at FROM erased WHERE at > ?", after);
    return new Map([...rows].map(({ person, at }) => [person, at]));
  }

  noteErased(person: string, life: number, at: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO erased (person, life, at) VALUES (?, ?, ?)", person, life, at);
  }

  /** When a day last changed, and its sums as they were counted at a time: good where nothing has changed since. */
  day(journey: string, day: number): { changed: number; counted: number | null; sums: string | null } | null {
    const [row] = this.#sql
      .exec<{ changed: number; counted: number | null; sums: string | null }>(
        "SELECT changed, counted, sums FROM days WHERE journey = ? AND day = ?",
        journey,
        day,
      )
      .toArray();
    return row ?? null;
  }

  /** The days that changed after `after`. */
  changedDays(after: number): { journey: string; day: number }[] {
    return this.#sql
      .exec<{ journey: string; day: number }>("SELECT journey, day FROM days WHERE changed > ?", after)
      .toArray();
  }

  /** When the first day changed after `after`, and when a day last did: a shard's numbers, null for none. */
  changes(after: number): { first: number | null; last: number | null } {
    const query = "SELECT min(CASE WHEN changed > ? THEN changed END) AS first, max(changed) AS last FROM days";
    return this.#sql.exec<{ first: number | null; last: number | null }>(query, after).one();
  }

  noteChanged(journey: string, day: number, at: number): void {
    this.#sql.exec(
      "INSERT INTO days (journey, day, changed) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET changed = excluded.changed",
      journey,
      day,
      at,
    );
  }

  noteSums({ journey, day }: Omit<RowKey, "person">, { counted, sums }: { counted: number; sums: string }): void {
    this.#sql.exec("UPDATE days SET counted = ?, sums = ? WHERE journey = ? AND day = ?", counted, sums, journey, day);
  }

  note(name: string): string | null {
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM notes WHERE name = ?", name).toArray();
    return row?.value ?? null;
  }

  keepNote(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", name, value);
  }
}

const COLUMNS = "person, push, life, at, bucket, contribution, waiting";

function read({ push, life, at, bucket, contribution, waiting }: SqlRow): KeptRow {
  return {
    push,
    life,
    at,
    set: bucket,
    contribution: JSON.parse(contribution) as Contribution,
    waiting: waiting === null ? [] : (JSON.parse(waiting) as Waiting),
  };
}
