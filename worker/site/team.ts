import { type Action, type Actor, appointsAs, mayAppoint, type Role } from "../../models/access.ts";

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

/** What a token has to permit for the links that were made with it to be good. */
const INVITES: Action = "members.manage";

/** Who may do what with a site. Secrets are kept as their digests alone. */
export class Team {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Making a table is billed, so only who writes makes it. Made anew where it is not there each time: a transaction that is
   * taken back takes it along.
   */
  #ready(): SqlStorage {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS members (account TEXT PRIMARY KEY, role TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS invitations (digest TEXT PRIMARY KEY, id TEXT NOT NULL, role TEXT NOT NULL, expiresAt INTEGER NOT NULL, maker TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, account TEXT NOT NULL, scopes TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID;
    `);
    return this.#sql;
  }

  /** Whether nobody was ever let in: whoever guesses at the ids of sites leaves nothing in the objects of those that are none. */
  #isEmpty(): boolean {
    const query = "SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table' AND name = 'members'";
    return this.#sql.exec<{ tables: number }>(query).one().tables === 0;
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
    const query = "SELECT id, role, expiresAt, maker FROM invitations WHERE expiresAt > ? ORDER BY expiresAt, id";
    return this.#rows<InvitationRow>(query, now).flatMap((row) => this.#backed(row, now) ?? []);
  }

  invitation(digest: string, now: number): Invitation | null {
    const query = "SELECT id, role, expiresAt, maker FROM invitations WHERE digest = ? AND expiresAt > ?";
    const row = this.#rows<InvitationRow>(query, digest, now)[0];
    return row ? this.#backed(row, now) : null;
  }

  /** An invitation, where whoever made it might make it now; else null (S18). */
  #backed({ maker, ...invitation }: InvitationRow, now: number): Invitation | null {
    return this.mayInvite(JSON.parse(maker) as Actor, invitation.role, now) ? invitation : null;
  }

  /** Whether an actor may make a link for a role: as what they are here now. */
  mayInvite(actor: Actor, role: Role, now: number): boolean {
    if (actor.kind === "installation") return true;
    const as = this.roleOf(actor.account);
    if (as === null || !mayAppoint(appointsAs(actor, as), null, role)) return false;
    return (
      actor.kind === "account" || this.tokens(now).some((one) => one.id === actor.token && one.scopes.includes(INVITES))
    );
  }

  /** Keeps an invitation, and who made it; those that are over go. */
  invite(digest: string, { id, role, expiresAt }: Invitation, { maker, now }: { maker: Actor; now: number }): void {
    this.#ready().exec("DELETE FROM invitations WHERE expiresAt <= ?", now);
    this.#ready().exec(
      "INSERT INTO invitations (digest, id, role, expiresAt, maker) VALUES (?, ?, ?, ?, ?)",
      digest,
      id,
      role,
      expiresAt,
      JSON.stringify(maker),
    );
  }

  /** Takes back for good what nobody stands behind any more: who is given their role again has not made it anew. */
  dropUnbacked(now: number): void {
    const rows = this.#rows<InvitationRow>("SELECT id, role, expiresAt, maker FROM invitations");
    for (const row of rows) if (!this.#backed(row, now)) this.withdrawInvitation(row.id);
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
    if (this.#isEmpty()) return [];
    return this.#sql.exec(query, ...values).toArray() as unknown as T[];
  }
}

type InvitationRow = Invitation & { maker: string };

type TokenRow = Omit<ApiToken, "scopes"> & { scopes: string };

function tokenOf({ scopes, ...row }: TokenRow): ApiToken {
  return { ...row, scopes: scopes.split(" ") as Action[] };
}
