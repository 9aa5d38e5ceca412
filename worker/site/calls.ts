import { LazyTables } from "../lazy-tables.ts";

/** A call is tried again within seconds: what was answered so long ago is asked for by nobody. */
const KEPT_MS = 600_000;

/**
 * What calls were answered that changed something, by their ids: an answer may be lost, and then the same call comes again
 * (`callOnce` of worker/platform-errors.ts). Kept in the transaction of the change.
 */
export class Calls extends LazyTables {
  constructor(sql: SqlStorage) {
    super(
      sql,
      "CREATE TABLE IF NOT EXISTS calls (id TEXT PRIMARY KEY, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID",
    );
  }

  /** The answer of a call that was made before, or undefined. */
  known(id: string): { answer: unknown } | undefined {
    const rows = this.tables.exec<{ answer: string }>("SELECT answer FROM calls WHERE id = ?", id).toArray();
    return rows[0] && { answer: JSON.parse(rows[0].answer) };
  }

  keep(id: string, answer: unknown, now: number): void {
    this.tables.exec("DELETE FROM calls WHERE at <= ?", now - KEPT_MS);
    this.tables.exec("INSERT INTO calls (id, at, answer) VALUES (?, ?, ?)", id, now, JSON.stringify(answer));
  }
}
