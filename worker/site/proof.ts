import { LazyTables } from "../lazy-tables.ts";
import type { Link } from "../ledger/store.ts";
import type { Notice } from "../notices.ts";

/** Where one chain of the ledger ended on a day. */
export interface Anchor extends Link {
  /** ms since 1970. */
  at: number;
  shard: number;
}

/**
 * What proves the ledger from outside it: every notice that the site may have shown, by the hash of its text, and where
 * the chains ended. Here, because the site object makes the notices, before anybody has seen one: so none is missing when
 * a record names it, and there is one copy, not one a shard.
 */
export class Proof extends LazyTables {
  constructor(sql: SqlStorage) {
    super(
      sql,
      `
        CREATE TABLE IF NOT EXISTS notices (hash TEXT PRIMARY KEY, notice TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS anchors (at INTEGER, shard INTEGER, no INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (at, shard)) WITHOUT ROWID;
      `,
    );
  }

  keepNotices(notices: readonly Notice[]): void {
    for (const { hash, text } of notices) {
      this.tables.exec("INSERT OR IGNORE INTO notices (hash, notice) VALUES (?, ?)", hash, text);
    }
  }

  notice(hash: string): string | null {
    const rows = this.tables.exec<{ text: string }>("SELECT notice AS text FROM notices WHERE hash = ?", hash);
    return rows.toArray()[0]?.text ?? null;
  }

  notices(after: string, limit: number): Notice[] {
    const query = "SELECT hash, notice AS text FROM notices WHERE hash > ? ORDER BY hash LIMIT ?";
    return this.tables.exec<{ hash: string; text: string }>(query, after, limit).toArray();
  }

  anchor(at: number, shard: number, { no, hash }: Link): void {
    this.tables.exec("INSERT OR REPLACE INTO anchors (at, shard, no, hash) VALUES (?, ?, ?, ?)", at, shard, no, hash);
  }

  anchors(): Anchor[] {
    return this.tables.exec<{ at: number; shard: number; no: number; hash: string }>("SELECT * FROM anchors").toArray();
  }
}
