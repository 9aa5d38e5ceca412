import { isSeenAnew, isSessionOver, type SessionTimes, sessionsOverBefore } from "../../models/session.ts";

/** How somebody signed in. */
export type Via = "passkey" | "oidc" | "access" | "device";

/** A session as its owner is told of it. `id` is random, and no way in. */
export interface Session extends SessionTimes {
  id: string;
  via: Via;
}

/** A session to be begun: its secret's digest, and that of the one that it takes the place of in its browser. */
export interface NewSession {
  digest: string;
  id: string;
  former: string | null;
}

/** `identity`: which way in was proven; of a command line, by whoever approved it. */
export type OwnSession = Session & { account: string; identity: string };

/** Where people are signed in. Secrets are kept as their digests alone. */
export class Sessions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS sessions (digest TEXT PRIMARY KEY, id TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, via TEXT NOT NULL, identity TEXT NOT NULL, createdAt INTEGER NOT NULL, lastSeenAt INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS sessionsOf ON sessions (account);
    `);
  }

  /** Begins a session. Those that are over go, so that what is kept has a bound. */
  begin(
    account: string,
    { digest, id, former }: NewSession,
    { kind, via, identity }: Pick<OwnSession, "kind" | "via" | "identity">,
  ): void {
    const now = Date.now();
    const over = sessionsOverBefore(now);
    this.#sql.exec("DELETE FROM sessions WHERE kind = 'cli' AND createdAt <= ?", over.cli);
    this.#sql.exec(
      "DELETE FROM sessions WHERE kind = 'browser' AND (createdAt <= ? OR lastSeenAt <= ?)",
      over.browser,
      over.idle,
    );
    if (former !== null) this.#sql.exec("DELETE FROM sessions WHERE digest = ?", former);
    this.#sql.exec(
      "INSERT INTO sessions (digest, id, account, kind, via, identity, createdAt, lastSeenAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      digest,
      id,
      account,
      kind,
      via,
      identity,
      now,
      now,
    );
  }

  /** The session of a secret's digest, or null where there is none or it is over. */
  of(digest: string): OwnSession | null {
    const query = "SELECT id, account, kind, via, identity, createdAt, lastSeenAt FROM sessions WHERE digest = ?";
    const session = this.#rows<OwnSession>(query, digest)[0];
    return session && !isSessionOver(session, Date.now()) ? session : null;
  }

  /** Notes that a session was used, once an hour. */
  seen(digest: string, session: Session): void {
    const now = Date.now();
    if (!isSeenAnew(session, now)) return;
    this.#sql.exec("UPDATE sessions SET lastSeenAt = ? WHERE digest = ?", now, digest);
  }

  /** Those of an account that are not over, the newest first. */
  list(account: string): Session[] {
    const query =
      "SELECT id, kind, via, createdAt, lastSeenAt FROM sessions WHERE account = ? ORDER BY createdAt DESC, id";
    const now = Date.now();
    return this.#rows<Session>(query, account).filter((session) => !isSessionOver(session, now));
  }

  end(id: string): void {
    this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
  }

  /** Those that were begun with a way in: their ids. */
  begunWith(account: string, identity: string): string[] {
    const query = "SELECT id, identity FROM sessions WHERE account = ? ORDER BY id";
    return this.#rows<{ id: string; identity: string }>(query, account).flatMap((one) =>
      one.identity === identity ? [one.id] : [],
    );
  }

  endAll(account: string): void {
    this.#sql.exec("DELETE FROM sessions WHERE account = ?", account);
  }

  #rows<T extends object>(query: string, value: string): T[] {
    return this.#sql.exec(query, value).toArray() as unknown as T[];
  }
}
