import { createHash } from "node:crypto";
import { type Actor, actorName } from "../../models/access.ts";
import { canonical } from "../../models/canonical.ts";
import { LazyTables } from "../lazy-tables.ts";

/**
 * What was changed: `action` is a name of ours, `subject` an id. `before` and `after` hold ids, numbers, names of roles and
 * paths of a configuration; never a secret, and nothing that says who somebody is.
 */
export interface AuditChange {
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
}

/** One entry, as its text holds it. */
export interface AuditEntry extends AuditChange {
  v: 1;
  /** 1 and up, without gaps. */
  no: number;
  /** ms since 1970. */
  at: number;
  /** As `actorName` has it. */
  who: string;
  /** SHA-256 of the entry before, of its exact text, in base64url; "" for the first. */
  previous: string;
}

/** The end of a chain: number and hash of the last entry. */
export interface AuditHead {
  no: number;
  hash: string;
}

/**
 * A chain of entries that is only ever appended to, in the object that the change is made in: so both are written, or
 * neither (S19). Hashes are made in the same turn, which the platform's own digest, a promise, does not allow.
 */
export class AuditLog extends LazyTables {
  constructor(sql: SqlStorage) {
    super(sql, "CREATE TABLE IF NOT EXISTS audit (no INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
  }

  /** Appends an entry: to be called in the transaction of what it tells of. */
  append(actor: Actor, { action, subject, before, after }: AuditChange): AuditEntry {
    const head = this.head();
    const entry: AuditEntry = {
      v: 1,
      no: head.no + 1,
      at: Date.now(),
      who: actorName(actor),
      action,
      subject,
      before,
      after,
      previous: head.hash,
    };
    this.tables.exec("INSERT INTO audit (no, entry) VALUES (?, ?)", entry.no, canonical(entry));
    return entry;
  }

  head(): AuditHead {
    const query = "SELECT no, entry FROM audit ORDER BY no DESC LIMIT 1";
    const last = this.tables.exec<{ no: number; entry: string }>(query).toArray()[0];
    return last ? { no: last.no, hash: entryHash(last.entry) } : { no: 0, hash: "" };
  }

  /** Entries after a number, as they were written, at most `limit`. */
  page(after: number, limit: number): string[] {
    const query = "SELECT entry FROM audit WHERE no > ? ORDER BY no LIMIT ?";
    return this.tables
      .exec<{ entry: string }>(query, after, limit)
      .toArray()
      .map(({ entry }) => entry);
  }
}

function entryHash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
