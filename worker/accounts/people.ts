/** A person, as whoever works with them may see them. */
export interface Account {
  /** Random: names nobody. */
  id: string;
  name: string;
  /** ms since 1970. */
  createdAt: number;
}

export type IdentityKind = "passkey" | "oidc" | "access";

/** A passkey, as its browser made it. */
export interface Credential {
  publicKey: Uint8Array;
  /** How often it was used, where its device counts; else 0. */
  counter: number;
  transports: string[];
}

/** A way in which a person proves who they are. */
export interface NewIdentity {
  /** Random: by what it is listed, removed, and named in the log. */
  id: string;
  kind: IdentityKind;
  /** What proves it: the credential's id, or issuer and subject as `federatedKey` joins them. */
  key: string;
  /** What its owner calls it. */
  name: string;
  /** Of passkeys alone. */
  credential?: Credential;
}

/** What is told of an identity to its owner. */
export interface Identity {
  id: string;
  kind: IdentityKind;
  name: string;
  /** ms since 1970. */
  createdAt: number;
  lastUsedAt: number;
}

/** A passkey and whose it is, to verify with. */
export interface KnownPasskey extends Credential {
  id: string;
  account: string;
}

/** A subject is unique at its issuer alone. An issuer is a URL, and holds no blank. */
export function federatedKey(issuer: string, subject: string): string {
  return `${issuer} ${subject}`;
}

/** People, how they prove who they are, and where they may be members. */
export class People {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, createdAt INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS identities (kind TEXT, key TEXT, id TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, createdAt INTEGER NOT NULL, lastUsedAt INTEGER NOT NULL, publicKey BLOB, counter INTEGER, transports TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS identitiesOf ON identities (account);
      CREATE TABLE IF NOT EXISTS sites (account TEXT, site TEXT, PRIMARY KEY (account, site)) WITHOUT ROWID;
    `);
  }

  create({ id, name, createdAt }: Account): void {
    this.#sql.exec("INSERT INTO accounts (id, name, createdAt) VALUES (?, ?, ?)", id, name, createdAt);
  }

  /** Takes an account out with all that stands here of it. */
  remove(account: string): void {
    this.#sql.exec("DELETE FROM accounts WHERE id = ?", account);
    this.#sql.exec("DELETE FROM identities WHERE account = ?", account);
    this.#sql.exec("DELETE FROM sites WHERE account = ?", account);
  }

  account(id: string): Account | null {
    return this.#rows<Account>("SELECT id, name, createdAt FROM accounts WHERE id = ?", id)[0] ?? null;
  }

  keepIdentity(account: string, { id, kind, key, name, credential }: NewIdentity, now: number): void {
    this.#sql.exec(
      "INSERT INTO identities (kind, key, id, account, name, createdAt, lastUsedAt, publicKey, counter, transports) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      kind,
      key,
      id,
      account,
      name,
      now,
      now,
      credential?.publicKey ?? null,
      credential?.counter ?? null,
      credential?.transports.join(" ") ?? null,
    );
  }

  /** Whose identity this is, and which: null where it is nobody's. */
  holder(kind: IdentityKind, key: string): { id: string; account: string } | null {
    const query = "SELECT id, account FROM identities WHERE kind = ? AND key = ?";
    return this.#rows<{ id: string; account: string }>(query, kind, key)[0] ?? null;
  }

  passkey(key: string): KnownPasskey | null {
    const query =
      "SELECT id, account, publicKey, counter, transports FROM identities WHERE kind = 'passkey' AND key = ?";
    const row = this.#rows<PasskeyRow>(query, key)[0];
    return row ? { ...row, publicKey: new Uint8Array(row.publicKey), transports: wordsOf(row.transports) } : null;
  }

  /** What browsers call the passkeys of an account, so that no device makes a second one. */
  credentials(account: string): { id: string; transports: string[] }[] {
    const query = "SELECT key, transports FROM identities WHERE kind = 'passkey' AND account = ?";
    return this.#rows<{ key: string; transports: string }>(query, account).map(({ key, transports }) => ({
      id: key,
      transports: wordsOf(transports),
    }));
  }

  used(id: string, counter: number, now: number): void {
    this.#sql.exec("UPDATE identities SET counter = ?, lastUsedAt = ? WHERE id = ?", counter, now, id);
  }

  /** The oldest first. */
  identities(account: string): Identity[] {
    const query =
      "SELECT id, kind, name, createdAt, lastUsedAt FROM identities WHERE account = ? ORDER BY createdAt, id";
    return this.#rows<Identity>(query, account);
  }

  removeIdentity(id: string): void {
    this.#sql.exec("DELETE FROM identities WHERE id = ?", id);
  }

  /** Notes that the account has joined a site. A hint where to ask: who is a member, the site says. */
  noteSite(account: string, site: string): void {
    this.#sql.exec("INSERT OR IGNORE INTO sites (account, site) VALUES (?, ?)", account, site);
  }

  sites(account: string): string[] {
    const query = "SELECT site FROM sites WHERE account = ? ORDER BY site";
    return this.#rows<{ site: string }>(query, account).map(({ site }) => site);
  }

  #rows<T extends object>(query: string, ...values: string[]): T[] {
    return this.#sql.exec(query, ...values).toArray() as unknown as T[];
  }
}

interface PasskeyRow {
  id: string;
  account: string;
  publicKey: ArrayBuffer;
  counter: number;
  transports: string;
}

/** None of the words holds a blank: browsers name transports `usb`, `internal` and the like. */
function wordsOf(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}
