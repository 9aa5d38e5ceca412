import type { Action, Role } from "../../models/access.ts";

export interface Member {
  account: string;
  role: Role;
  /** ms since 1970. */
  since: number;
}

/** A link that makes whoever follows it a member, once, and until it is over. `id` names it where it is listed. */
export interface Invitation {
  id: string;
  role: Role;
  /** ms since 1970. */
  expiresAt: number;
}

/** A secret that scripts ask with: never more than its maker may, and nothing beyond its scopes. */
export interface ApiToken {
  id: string;
  name: string;
  account: string;
  scopes: Action[];
  /** ms since 1970. */
  createdAt: number;
  expiresAt: number;
}

/** Who may do what with a site. Secrets are kept as their digests alone. */
export class Team {
  readonly #sql: SqlStorage;
  #isReady = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Making a table is billed, so only who needs one makes it. */
  #ready(): SqlStorage {
    if (!this.#isReady) {
      this.#sql.exec(`
        CREATE TABLE IF NOT EXISTS members (account TEXT PRIMARY KEY, role TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS invitations (digest TEXT PRIMARY KEY, id TEXT NOT NULL, role TEXT NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, scopes TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID;
      `);
    }
    this.#isReady = true;
    return this.#sql;
  }

  members(): Member[] {
    const query = "SELECT account, role, since FROM members ORDER BY since, account";
    return this.#rows<Member>(query);
  }

  roleOf(account: string): Role | null {
    return this.#rows<{ role: Role }>("SELECT role FROM members WHERE account = ?", account)[0]?.role ?? null;
  }

  /** Makes somebody a member, or another one. */
  keep({ account, role, since }: Member): void {
    this.#ready().exec(
      "INSERT INTO members (account, role, since) VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET role = excluded.role",
      account,
      role,
      since,
    );
  }

  /** Takes a member out, and what they made with them. */
  remove(account: string): void {
    this.#ready().exec("DELETE FROM members WHERE account = ?", account);
    this.#ready().exec("DELETE FROM tokens WHERE account = ?", account);
  }

  /** Invitations that can still be followed. */
  invitations(now: number): Invitation[] {
    return this.#rows<Invitation>(
      "SELECT id, role, expiresAt FROM invitations WHERE expiresAt > ? ORDER BY expiresAt, id",
      now,
    );
  }

  invitation(digest: string, now: number): Invitation | null {
    const query = "SELECT id, role, expiresAt FROM invitations WHERE digest = ? AND expiresAt > ?";
    return this.#rows<Invitation>(query, digest, now)[0] ?? null;
  }

  /** Keeps an invitation; those that are over go. */
  invite(digest: string, { id, role, expiresAt }: Invitation, now: number): void {
    this.#ready().exec("DELETE FROM invitations WHERE expiresAt <= ?", now);
    this.#ready().exec(
      "INSERT INTO invitations (digest, id, role, expiresAt) VALUES (?, ?, ?, ?)",
      digest,
      id,
      role,
      expiresAt,
    );
  }

  withdrawInvitation(id: string): void {
    this.#ready().exec("DELETE FROM invitations WHERE id = ?", id);
  }

  /** Tokens that are not over. */
  tokens(now: number): ApiToken[] {
    const query =
      "SELECT id, name, account, scopes, createdAt, expiresAt FROM tokens WHERE expiresAt > ? ORDER BY createdAt, id";
    return this.#rows<TokenRow>(query, now).map(tokenOf);
  }

  token(digest: string, now: number): ApiToken | null {
    const query =
      "SELECT id, name, account, scopes, createdAt, expiresAt FROM tokens WHERE digest = ? AND expiresAt > ?";
    const row = this.#rows<TokenRow>(query, digest, now)[0];
    return row ? tokenOf(row) : null;
  }

  keepToken(digest: string, { id, name, account, scopes, createdAt, expiresAt }: ApiToken): void {
    this.#ready().exec("DELETE FROM tokens WHERE expiresAt <= ?", createdAt);
    this.#ready().exec(
      "INSERT INTO tokens (digest, id, name, account, scopes, createdAt, expiresAt) VALUES (?, ?, ?, ?, ?, ?, ?)",
      digest,
      id,
      name,
      account,
      scopes.join(" "),
      createdAt,
      expiresAt,
    );
  }

  revokeToken(id: string): void {
    this.#ready().exec("DELETE FROM tokens WHERE id = ?", id);
  }

  #rows<T extends object>(query: string, ...values: (string | number)[]): T[] {
    return this.#ready()
      .exec(query, ...values)
      .toArray() as unknown as T[];
  }
}

type TokenRow = Omit<ApiToken, "scopes"> & { scopes: string };

function tokenOf({ scopes, ...row }: TokenRow): ApiToken {
  return { ...row, scopes: scopes.split(" ") as Action[] };
}
