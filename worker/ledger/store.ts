import type { LedgerRecord } from "../../models/consent-record.ts";

/** A record by its place in the chain and the hash of its text. */
export interface Link {
  no: number;
  hash: string;
}

/** A stretch of a chain, as it was written. */
export interface RecordsPage {
  texts: string[];
  /** What to ask for next, null where nothing follows. */
  next: number | null;
}

/** What connects a visitor with records: gone with the visitor. */
export interface Subject {
  salt: string;
  /** The last choice that was recorded. */
  rev: number;
  /** When, ms since 1970. */
  at: number;
  /** Numbers of the records; empty where an earlier version did not note them. */
  records: number[];
}

/** What is kept of somebody who was erased, under a keyed hash. */
export interface Tombstone {
  at: number;
  rev: number;
  records: number;
}

/** An erasure that was begun: since when, ms since 1970, and of which journeys. It names visitors, so it goes with its end. */
export interface Begun {
  at: number;
  journeys: string[];
}

/** What the object knows of itself. */
export interface Settings {
  site?: string;
  shard?: number;
  keptDays?: number;
}

const begunKey = (visitor: string) => `erasing/${visitor}`;

/** The tables of a ledger. Nothing here changes a record: it is appended, read, and deleted from the front when its time is past. */
export class LedgerStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS records (no INTEGER PRIMARY KEY, record TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS salts (visitor TEXT PRIMARY KEY, salt TEXT NOT NULL, rev INTEGER NOT NULL, at INTEGER NOT NULL DEFAULT 0, records TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS refusals (day TEXT, policy TEXT, count INTEGER NOT NULL, PRIMARY KEY (day, policy)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tombstones (name TEXT PRIMARY KEY, at INTEGER NOT NULL, rev INTEGER NOT NULL, records INTEGER NOT NULL) WITHOUT ROWID;
    `);
    // A table of an earlier version has not all of its columns.
    const columns = this.#sql.exec<{ name: string }>("PRAGMA table_info(salts)").toArray();
    if (columns.some(({ name }) => name === "records")) return;
    this.#sql.exec("ALTER TABLE salts ADD COLUMN at INTEGER NOT NULL DEFAULT 0");
    this.#sql.exec("ALTER TABLE salts ADD COLUMN records TEXT NOT NULL DEFAULT ''");
  }

  append(no: number, text: string): void {
    this.#sql.exec("INSERT INTO records (no, record) VALUES (?, ?)", no, text);
  }

  last(): { no: number; text: string } | null {
    return this.#one("SELECT no, record AS text FROM records ORDER BY no DESC LIMIT 1");
  }

  page(after: number, limit: number): RecordsPage {
    const rows = this.#sql
      .exec<{ no: number; text: string }>(
        "SELECT no, record AS text FROM records WHERE no > ? ORDER BY no LIMIT ?",
        after,
        limit,
      )
      .toArray();
    return { texts: rows.map(({ text }) => text), next: rows.length < limit ? null : (rows.at(-1)?.no ?? null) };
  }

  subject(visitor: string): Subject | null {
    const row = this.#one<{ salt: string; rev: number; at: number; records: string }>(
      "SELECT salt, rev, at, records FROM salts WHERE visitor = ?",
      visitor,
    );
    return row && { ...row, records: row.records === "" ? [] : row.records.split(",").map(Number) };
  }

  keepSubject(visitor: string, { salt, rev, at, records }: Subject): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO salts (visitor, salt, rev, at, records) VALUES (?, ?, ?, ?, ?)",
      visitor,
      salt,
      rev,
      at,
      records.join(","),
    );
  }

  /** Records by their numbers, as they were written; those that are past their time are missing. */
  texts(numbers: readonly number[]): { no: number; text: string }[] {
    return numbers.flatMap((no) => {
      const text = this.#one<{ text: string }>("SELECT record AS text FROM records WHERE no = ?", no)?.text;
      return text === undefined ? [] : [{ no, text }];
    });
  }

  /** Numbers of a subject's records by reading the whole chain: an earlier version did not note them. */
  numbersOf(subject: string): number[] {
    const query = "SELECT no FROM records WHERE instr(record, ?) > 0 ORDER BY no";
    return this.#sql
      .exec<{ no: number }>(query, subject)
      .toArray()
      .map(({ no }) => no);
  }

  tombstone(name: string): Tombstone | null {
    const query = "SELECT at, rev, records FROM tombstones WHERE name = ?";
    return this.#one<{ at: number; rev: number; records: number }>(query, name);
  }

  /** Puts the tombstone in the place of what names the visitor. */
  bury(visitor: string, name: string, { at, rev, records }: Tombstone): void {
    this.#sql.exec("DELETE FROM salts WHERE visitor = ?", visitor);
    this.#sql.exec(
      "INSERT OR REPLACE INTO tombstones (name, at, rev, records) VALUES (?, ?, ?, ?)",
      name,
      at,
      rev,
      records,
    );
  }

  keepBegun(visitor: string, begun: Begun): void {
    this.#storage.kv.put(begunKey(visitor), JSON.stringify(begun));
  }

  begun(visitor: string): Begun | null {
    const text = this.#storage.kv.get<string>(begunKey(visitor));
    return text === undefined ? null : (JSON.parse(text) as Begun);
  }

  /** Whose erasures have not ended. */
  allBegun(): string[] {
    return [...this.#storage.kv.list({ prefix: begunKey("") })].map(([key]) => key.slice(begunKey("").length));
  }

  dropBegun(visitor: string): void {
    this.#storage.kv.delete(begunKey(visitor));
  }

  countRefusal(day: string, policy: string): void {
    this.#sql.exec(
      "INSERT INTO refusals (day, policy, count) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
      day,
      policy,
    );
  }

  refusals(): { day: string; policy: string; count: number }[] {
    return this.#sql.exec<{ day: string; policy: string; count: number }>("SELECT * FROM refusals").toArray();
  }

  /** When the first record that is still there was made, or null. */
  firstAt(): number | null {
    const first = this.#one<{ text: string }>("SELECT record AS text FROM records ORDER BY no LIMIT 1");
    return first && (JSON.parse(first.text) as LedgerRecord).at;
  }

  /** Of the first so many records the last that was made before a time, or null. Times never fall along a chain. */
  lastBefore(at: number, limit: number): { no: number; text: string } | null {
    const query = "SELECT no, record AS text FROM records ORDER BY no LIMIT ?";
    const rows = this.#sql.exec<{ no: number; text: string }>(query, limit).toArray();
    return rows.findLast(({ text }) => (JSON.parse(text) as LedgerRecord).at < at) ?? null;
  }

  /** Deletes the records up to this one, whose time is past, and keeps what the next one is chained to. */
  drop(upTo: Link): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM records WHERE no <= ?", upTo.no);
      this.#storage.kv.put("start", JSON.stringify(upTo));
    });
  }

  /** Forgets visitors whose last record was made before a time: none of theirs is there any more. */
  dropSubjects(before: number): void {
    this.#sql.exec("DELETE FROM salts WHERE at < ? AND at > 0", before);
  }

  start(): Link {
    const text = this.#storage.kv.get<string>("start");
    return text === undefined ? { no: 0, hash: "" } : (JSON.parse(text) as Link);
  }

  settings(): Settings {
    return JSON.parse(this.#storage.kv.get<string>("settings") ?? "{}") as Settings;
  }

  /** Writes only what is new: a row a site, not a choice. */
  keepSettings(change: Settings): void {
    const before = this.settings();
    const after = { ...before, ...change };
    if (JSON.stringify(before) !== JSON.stringify(after)) this.#storage.kv.put("settings", JSON.stringify(after));
  }

  #one<T extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): T | null {
    return this.#sql.exec<T>(query, ...bindings).toArray()[0] ?? null;
  }
}
