import { LazyTables } from "../lazy-tables.ts";

/** One version that was in force. */
export interface VersionEntry {
  version: number;
  /** Since when, ms since 1970; null of what was applied before this was noted. */
  at: number | null;
  /** As the audit log names them. */
  by: string | null;
  /** SHA-256 of the configuration, in base64url. */
  digest: string | null;
  /** The change that it came by. */
  change: string | null;
}

/** Who put which version in force, and when. The configurations themselves stand beside it, and in KV for good. */
export class Versions extends LazyTables {
  constructor(sql: SqlStorage) {
    super(
      sql,
      "CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, digest TEXT NOT NULL, change TEXT NOT NULL)",
    );
  }

  /** Notes a version, and forgets one that is `kept` older. */
  keep({ version, at, by, digest, change }: VersionEntry, kept: number): void {
    this.tables.exec(
      "INSERT INTO versions (version, at, who, digest, change) VALUES (?, ?, ?, ?, ?)",
      version,
      at,
      by,
      digest,
      change,
    );
    this.tables.exec("DELETE FROM versions WHERE version <= ?", version - kept);
  }

  get(version: number): VersionEntry {
    const query = "SELECT version, at, who AS by, digest, change FROM versions WHERE version = ?";
    const [row] = this.tables.exec(query, version).toArray() as unknown as VersionEntry[];
    return row ?? { version, at: null, by: null, digest: null, change: null };
  }
}
