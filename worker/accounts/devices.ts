/** How long a command line waits for somebody to approve it. */
export const DEVICE_MS = 600_000;
/** Requests that wait at once. Anybody can make one, so their number has a bound; one address makes forty in this time. */
const WAITING_MAX = 1_000;

/** The digests of the two codes of a request: that of the device, and that which a person compares and sends. */
export interface DeviceCodes {
  device: string;
  user: string;
}

/** Where a request stands: `account` is who decided, `identity` the way in that they had proven. */
export interface DeviceRequest {
  state: "pending" | "approved" | "refused";
  account: string;
  identity: string;
}

/** Command lines that ask to be signed in (after RFC 8628). */
export class Devices {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS devices (device TEXT PRIMARY KEY, user TEXT NOT NULL UNIQUE, state TEXT NOT NULL, account TEXT NOT NULL, identity TEXT NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID",
    );
  }

  /** Keeps a request; those that are over go. False where too many wait already. */
  keep({ device, user }: DeviceCodes): boolean {
    const now = Date.now();
    this.#sql.exec("DELETE FROM devices WHERE expiresAt <= ?", now);
    const { waiting } = this.#sql.exec<{ waiting: number }>("SELECT count(*) AS waiting FROM devices").one();
    if (waiting >= WAITING_MAX) return false;
    // Kept already where the same call came twice.
    this.#sql.exec(
      "INSERT OR IGNORE INTO devices (device, user, state, account, identity, expiresAt) VALUES (?, ?, 'pending', '', '', ?)",
      device,
      user,
      now + DEVICE_MS,
    );
    return true;
  }

  /** A request that is not over, by one of its codes. */
  find(by: keyof DeviceCodes, digest: string): DeviceRequest | null {
    const query = `SELECT state, account, identity FROM devices WHERE ${by} = ? AND expiresAt > ?`;
    const rows = this.#sql.exec(query, digest, Date.now()).toArray();
    return (rows[0] as DeviceRequest | undefined) ?? null;
  }

  decide(user: string, { state, account, identity }: DeviceRequest): void {
    const query = "UPDATE devices SET state = ?, account = ?, identity = ? WHERE user = ?";
    this.#sql.exec(query, state, account, identity, user);
  }

  /** Forgets what a way in has approved and no command line has fetched yet. */
  forgetApproved(identity: string): void {
    this.#sql.exec("DELETE FROM devices WHERE identity = ?", identity);
  }

  forget(device: string): void {
    this.#sql.exec("DELETE FROM devices WHERE device = ?", device);
  }
}
