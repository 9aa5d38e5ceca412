import { DurableObject } from "cloudflare:workers";
import type { Purpose } from "../../models/consent.ts";
import type { ConsentRequest } from "../../models/wire.ts";
import type { Env } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";

/** What is proven of one choice. It names nobody: `subject` is a salted hash, and the salt can be destroyed. */
export interface ConsentRecord {
  /** ms since 1970 by the edge's clock. */
  at: number;
  site: string;
  subject: string;
  rev: number;
  granted: Purpose[];
  policy: string;
  language: string;
  control: ConsentRequest["control"];
  /** SHA-256 of the record before it, base64url; "" for the first. */
  previous: string;
}

/**
 * One a site and shard: consent choices, append-only, each holding the hash of the one before. Outside the journey, so
 * that erasing a person does not destroy the proof.
 */
export class LedgerObject extends DurableObject<Env> {
  #sql = this.ctx.storage.sql;
  /** Appends wait for each other: each needs the hash of the last, and hashing is asynchronous. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS records (no INTEGER PRIMARY KEY, record TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS salts (visitor TEXT PRIMARY KEY, salt TEXT NOT NULL, rev INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS refusals (day TEXT, policy TEXT, count INTEGER NOT NULL, PRIMARY KEY (day, policy)) WITHOUT ROWID;
    `);
  }

  /** Appends a choice of a visitor. The same choice sent twice (its answer was lost) is one record. */
  record(visitor: string, site: string, request: ConsentRequest): Promise<void> {
    const appended = this.#last.then(() => this.#append(visitor, site, request));
    this.#last = appended.catch(() => {});
    return appended;
  }

  async #append(visitor: string, site: string, { consent, policy, language, control }: ConsentRequest): Promise<void> {
    const known = this.#sql
      .exec<{ salt: string; rev: number }>("SELECT salt, rev FROM salts WHERE visitor = ?", visitor)
      .toArray()[0];
    if (known && consent.rev <= known.rev) return;
    const salt = known?.salt ?? base64url(crypto.getRandomValues(new Uint8Array(16)));
    const subject = base64url(await sha256(salt + visitor));
    const last = this.#sql.exec<{ record: string }>("SELECT record FROM records ORDER BY no DESC LIMIT 1").toArray()[0];
    const previous = last ? base64url(await sha256(last.record)) : "";
    const record: ConsentRecord = {
      at: Date.now(),
      site,
      subject,
      rev: consent.rev,
      granted: consent.purposes,
      policy,
      language,
      control,
      previous,
    };
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec("INSERT INTO records (record) VALUES (?)", JSON.stringify(record));
      this.#sql.exec("INSERT OR REPLACE INTO salts (visitor, salt, rev) VALUES (?, ?, ?)", visitor, salt, consent.rev);
    });
  }

  /** Counts a refusal by somebody who has no id: nothing but the day and what was refused is kept. */
  countRefusal(policy: string): void {
    const day = new Date().toISOString().slice(0, 10);
    this.#sql.exec(
      "INSERT INTO refusals (day, policy, count) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
      day,
      policy,
    );
  }

  /** The records from the first, and the refusals by day. */
  read(): { records: ConsentRecord[]; refusals: { day: string; policy: string; count: number }[] } {
    const records = this.#sql.exec<{ record: string }>("SELECT record FROM records ORDER BY no").toArray();
    const refusals = this.#sql.exec<{ day: string; policy: string; count: number }>("SELECT * FROM refusals").toArray();
    return { records: records.map((row) => JSON.parse(row.record) as ConsentRecord), refusals };
  }
}
