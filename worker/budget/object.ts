import { DurableObject } from "cloudflare:workers";
import type { LeaseEnd } from "../../models/budget.ts";
import { LEASE_SILENT_MS } from "../../models/report-time.ts";
import type { Env } from "../env.ts";
import { logBackground } from "../log.ts";
import { journeyObject } from "../objects.ts";

/** After this no turn is under way any more that could keep a lease: where its journey knows nothing of it, it was lost. */
const UNKNOWN_AFTER_MS = 30_000;
/** Journeys asked in one go, when nothing is left: each is a call of an object. */
const ASKED_MAX = 50;
/** When nothing is left, whoever has been silent is asked at most this often. */
const ASK_AGAIN_MS = 10_000;
/** Codes that one campaign may have. */
export const CODES_MAX = 100_000;

/** Who wants one showing, for which ask. */
export interface LeaseCall {
  site: string;
  /** Of visitor, ask and campaign; the same where one that was not reported is asked for again. */
  key: string;
  visitor: string;
  /** Showings in all; absent: as many as there are codes. */
  limit: number | undefined;
  /** Whether each gets a code of its own. */
  pool: boolean;
}

/** What was given for an ask: with its own code where there is a list of them. */
export interface Leased {
  code?: string;
}

export interface BudgetState {
  codes: number;
  /** Leases of which it is not known whether they are shown, and those that are. */
  open: number;
  spent: number;
}

interface LeaseRow extends Record<string, SqlStorageValue> {
  key: string;
  visitor: string;
  at: number;
}

/**
 * What all visitors of a site share of one campaign: a number of showings, and a list of codes. One object counts, so that
 * it is exact whatever comes at once: each lease has a number of its own, and the code that stands at it.
 */
export class BudgetObject extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  /** Numbers that are free again, and the first that was never taken: what is in the table, in memory. */
  #free: number[] = [];
  #next = 0;
  #codes = 0;
  /** When silent ones were asked last, ms since 1970. */
  #askedAt = 0;
  /** And the time of the last lease that was asked about. */
  #askedTo = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS codes (n INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);
      CREATE TABLE IF NOT EXISTS leases (
        key TEXT PRIMARY KEY, n INTEGER NOT NULL, visitor TEXT NOT NULL, at INTEGER NOT NULL, spent INTEGER NOT NULL
      ) WITHOUT ROWID;
    `);
    this.#load();
  }

  /** Takes one showing; null where nothing is left. The same key always gets the same, and has anew as long to be reported. */
  async lease(call: LeaseCall): Promise<Leased | null> {
    const [known] = this.#sql.exec<{ n: number }>("SELECT n FROM leases WHERE key = ?", call.key).toArray();
    if (known) {
      this.#sql.exec("UPDATE leases SET at = ? WHERE key = ? AND spent = 0", Date.now(), call.key);
      return this.#leased(known.n, call);
    }
    const n = this.#take(call);
    if (n === null) {
      this.ctx.waitUntil(this.#askSilent(call.site));
      return null;
    }
    this.#sql.exec(
      "INSERT INTO leases (key, n, visitor, at, spent) VALUES (?, ?, ?, ?, 0)",
      call.key,
      n,
      call.visitor,
      Date.now(),
    );
    return this.#leased(n, call);
  }

  /** Whether anything is left: nothing is taken. */
  hasLeft(bounds: Pick<LeaseCall, "limit" | "pool">): boolean {
    return this.#next - this.#free.length < this.#bound(bounds);
  }

  /** What became of some leases. Repeated, it changes nothing; what was spent stays so. */
  settle(ends: readonly { key: string; end: LeaseEnd }[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { key, end } of ends) {
        // Who it was shown to is nobody's business from here on.
        if (end === "spent")
          this.#sql.exec("UPDATE leases SET spent = 1, visitor = '' WHERE key = ? AND spent = 0", key);
        if (end === "returned" || end === "unknown") this.#giveBack(key);
      }
    });
  }

  /** Adds codes to the list; those that are there already, and empty ones, change nothing. Gives how many there are. */
  addCodes(codes: readonly string[]): number {
    this.ctx.storage.transactionSync(() => {
      for (const code of codes) {
        if (this.#codes >= CODES_MAX) break;
        const query = "INSERT INTO codes (n, code) VALUES (?, ?) ON CONFLICT (code) DO NOTHING";
        this.#codes += this.#sql.exec(query, this.#codes, code).rowsWritten > 0 ? 1 : 0;
      }
    });
    return this.#codes;
  }

  state(): BudgetState {
    const query = "SELECT count(*) AS leases, coalesce(sum(spent), 0) AS spent FROM leases";
    const { leases, spent } = this.#sql.exec<{ leases: number; spent: number }>(query).one();
    return { codes: this.#codes, open: leases - spent, spent };
  }

  #load(): void {
    this.#codes = this.#sql.exec<{ codes: number }>("SELECT count(*) AS codes FROM codes").one().codes;
    const taken = new Set<number>();
    for (const { n } of this.#sql.exec<{ n: number }>("SELECT n FROM leases")) taken.add(n);
    this.#next = 0;
    for (const n of taken) this.#next = Math.max(this.#next, n + 1);
    this.#free = [];
    for (let n = 0; n < this.#next; n++) if (!taken.has(n)) this.#free.push(n);
  }

  /** A free number within the bound, or null. */
  #take(call: LeaseCall): number | null {
    const bound = this.#bound(call);
    const taken = this.#next - this.#free.length;
    if (taken >= bound) return null;
    // A list that was longer once, or a bound that was lowered: a number beyond is not given out again.
    const place = this.#free.findIndex((n) => n < bound);
    if (place >= 0) return this.#free.splice(place, 1)[0] as number;
    return this.#next < bound ? this.#next++ : null;
  }

  #bound({ limit, pool }: Pick<LeaseCall, "limit" | "pool">): number {
    return Math.min(limit ?? this.#codes, pool ? this.#codes : Number.POSITIVE_INFINITY);
  }

  #leased(n: number, { pool }: LeaseCall): Leased {
    if (!pool) return {};
    const [row] = this.#sql.exec<{ code: string }>("SELECT code FROM codes WHERE n = ?", n).toArray();
    return row ? { code: row.code } : {};
  }

  #giveBack(key: string): void {
    const [row] = this.#sql
      .exec<{ n: number }>("DELETE FROM leases WHERE key = ? AND spent = 0 RETURNING n", key)
      .toArray();
    if (row) this.#free.push(row.n);
  }

  /**
   * When nothing is left: asks the journeys of leases that nobody has reported what became of them. One that its journey
   * never heard of was lost on the way, and one that is silent for longer than a page could still report comes back.
   */
  async #askSilent(site: string): Promise<void> {
    const now = Date.now();
    if (now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    const query = "SELECT key, visitor, at FROM leases WHERE spent = 0 AND at < ? AND at > ? ORDER BY at LIMIT ?";
    try {
      const rows = this.#sql.exec<LeaseRow>(query, now - UNKNOWN_AFTER_MS, this.#askedTo, ASKED_MAX).toArray();
      // Those that are merely open are asked again once all others were.
      this.#askedTo = rows.length < ASKED_MAX ? 0 : (rows.at(-1)?.at ?? 0);
      const ends = await Promise.all(
        rows.map(async ({ key, visitor }) => ({
          key,
          end: (await journeyObject(this.env, site, visitor).leaseEnd(key)) as LeaseEnd,
        })),
      );
      this.settle(ends);
      const silent = this.#sql
        .exec<{ key: string }>("SELECT key FROM leases WHERE spent = 0 AND at < ?", now - LEASE_SILENT_MS)
        .toArray();
      this.settle(silent.map(({ key }) => ({ key, end: "returned" })));
    } catch (error) {
      logBackground(this.env, "budget-failed", { site, error });
    }
  }
}
