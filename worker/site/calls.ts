/** A call is tried again within seconds: what was answered so long ago is asked for by nobody. */
const KEPT_MS = 600_000;

/**
 * What calls were answered that changed something, by their ids: an answer may be lost, and then the same call comes again
 * (`callOnce` of worker/platform-errors.ts). Kept in the transaction of the change.
 */
export class Calls {
  readonly #sql: SqlStorage;
  #isReady = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Making a table is billed, so only who needs one makes it. */
  #ready(): SqlStorage {
    if (!this.#isReady) {
      this.#sql.exec(
        "CREATE TABLE IF NOT EXISTS calls (id TEXT PRIMARY KEY, at INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID",
      );
    }
    this.#isReady = true;
    return this.#sql;
  }

  /** A table that was made in a transaction which was taken back is there no more. */
  forget(): void {
    this.#isReady = false;
  }

  /** The answer of a call that was made before, or undefined. */
  known(id: string): { answer: unknown } | undefined {
    const rows = this.#ready().exec<{ answer: string }>("SELECT answer FROM calls WHERE id = ?", id).toArray();
    return rows[0] && { answer: JSON.parse(rows[0].answer) };
  }

  keep(id: string, answer: unknown, now: number): void {
    this.#ready().exec("DELETE FROM calls WHERE at <= ?", now - KEPT_MS);
    this.#ready().exec("INSERT INTO calls (id, at, answer) VALUES (?, ?, ?)", id, now, JSON.stringify(answer));
  }
}
