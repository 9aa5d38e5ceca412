/** What was used, and may not be a second time, until it would be over anyway. */
export interface Challenge {
  digest: string;
  /** ms since 1970. */
  expiresAt: number;
}

/** Challenges that were answered. Those that were only asked for are sealed, and cost no row. */
export class Spent {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS spent (digest TEXT PRIMARY KEY, expiresAt INTEGER NOT NULL) WITHOUT ROWID",
    );
  }

  /** Whether it is used now for the first time, and in time. */
  spend({ digest, expiresAt }: Challenge): boolean {
    const now = Date.now();
    this.#sql.exec("DELETE FROM spent WHERE expiresAt <= ?", now);
    if (expiresAt <= now) return false;
    const kept = this.#sql.exec("INSERT OR IGNORE INTO spent (digest, expiresAt) VALUES (?, ?)", digest, expiresAt);
    return kept.rowsWritten > 0;
  }
}
