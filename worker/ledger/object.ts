import { DurableObject } from "cloudflare:workers";
import {
  type ChoiceContext,
  type ConsentRecord,
  consentRecord,
  erasureRecord,
  type LedgerRecord,
  type Place,
  type RecordedChoice,
  readConsentRecord,
} from "../../models/consent-record.ts";
import { DAY_MS } from "../../models/visit.ts";
import type { Env } from "../env.ts";
import { base64url, sha256, tombstoneName } from "../keys.ts";
import { logBackground } from "../log.ts";
import { siteObject } from "../objects.ts";
import { endUnasked } from "../rights/noted.ts";
import { type Begun, LedgerStore, type Link, type RecordsPage, type Subject } from "./store.ts";

/** After a failed alarm, and until an erasure that has not ended is taken up again. */
const AGAIN_MS = 10 * 60_000;
const DROPPED_AT_ONCE = 1_000;
/** Until the site says how long: longer than anybody may set. */
const KEPT_DAYS_MAX = 396 + 760 + 3_650;

/** What the Worker tells the object beside a choice. */
export interface RecordCall extends ChoiceContext {
  /** How long the site keeps records, days. */
  keptDays: number;
}

/** What stands of a chain. */
export interface ChainHead extends Link {
  /** The last record that was deleted because its time was past, or `{no: 0, hash: ""}`. */
  start: Link;
}

/** Where a visitor's choices stand. */
export interface LastRecord {
  /** The last that counts here: a record has to have a greater one. */
  rev: number;
  /** Null where there is none, or none any more. */
  record: ConsentRecord | null;
}

/** What an erasure has done here, for the visitor's receipt. */
export interface Erased {
  /** When, ms since 1970; of an earlier erasure, when that was. */
  at: number;
  /** Records that stay as proof, under a pseudonym that nobody can connect with the visitor any more. */
  recordsKept: number;
  /** When the last of them goes, ms since 1970. */
  keptUntil: number;
}

/**
 * One a site and shard: choices and erasures, append-only, each record holding the hash of the one before. Outside the
 * journey, so that erasing a person does not destroy the proof; what connects the two, the salt, is outside the chain.
 */
export class LedgerObject extends DurableObject<Env> {
  readonly #store = new LedgerStore(this.ctx.storage);
  /** Appends wait for each other: each needs the hash of the last, and hashing is asynchronous. */
  #last: Promise<unknown> = Promise.resolve();
  /** The end of the chain, once it was read. */
  #end: (Link & { at: number }) | undefined;

  /**
   * Appends a choice of a visitor. The same choice sent twice (its answer was lost) is one record. False: it grants nothing
   * and is of somebody who was erased, whom it must not bring back; nothing is written.
   */
  record(visitor: string, site: string, request: RecordedChoice, call?: RecordCall): Promise<boolean> {
    return this.#inTurn(async () => {
      const name = await tombstoneName(this.env, visitor);
      const erased = this.#store.tombstone(name);
      const known = this.#store.subject(visitor);
      if (erased && !known && request.consent.purposes.length === 0) return false;
      if (request.consent.rev <= (known?.rev ?? erased?.rev ?? 0)) return true;
      const salt = known?.salt ?? base64url(crypto.getRandomValues(new Uint8Array(16)));
      const subject = base64url(await sha256(salt + visitor));
      const record = consentRecord(request, call, await this.#place(site, subject));
      const earlier = this.#numbers(known, subject);
      await this.#append(record, () =>
        this.#store.keepSubject(visitor, {
          salt,
          rev: request.consent.rev,
          at: record.at,
          records: [...earlier, record.no],
        }),
      );
      this.#store.keepSettings({ site, ...(call ? { keptDays: call.keptDays } : {}) });
      await this.#arm(nextDay(record.at));
      return true;
    });
  }

  /** The visitor's records, the oldest first. */
  async receipts(visitor: string): Promise<ConsentRecord[]> {
    const known = this.#store.subject(visitor);
    if (!known) return [];
    const subject = base64url(await sha256(known.salt + visitor));
    return this.#store.texts(this.#numbers(known, subject)).map(({ no, text }) => readConsentRecord(text, no));
  }

  /** Whether there is a record of a visitor, or of the erasure of one. Writes nothing. */
  async knows(visitor: string): Promise<boolean> {
    return this.#store.subject(visitor) !== null || (await this.isErased(visitor));
  }

  /** The last record of a visitor's choices. */
  async last(visitor: string): Promise<LastRecord> {
    const record = (await this.receipts(visitor)).at(-1) ?? null;
    const erased = this.#store.tombstone(await tombstoneName(this.env, visitor));
    return { rev: this.#store.subject(visitor)?.rev ?? erased?.rev ?? 0, record };
  }

  #numbers(known: Subject | null, subject: string): number[] {
    if (!known) return [];
    return known.records.length > 0 ? known.records : this.#store.numbersOf(subject);
  }

  /**
   * Erases a visitor: the salt goes, so that nobody can find whose records these are; a keyed hash of the visitor stays,
   * so that what is sent again stays out. Repeating it changes nothing, unless the visitor has lived again since: `bornAt`,
   * ms since 1970. `journeys`: all that the erasure is of, noted until it has `ended`.
   */
  tombstone(visitor: string, site: string, bornAt = 0, journeys: string[] = []): Promise<Erased> {
    return this.#inTurn(async () => {
      const name = await tombstoneName(this.env, visitor);
      const before = this.#store.tombstone(name);
      const known = this.#store.subject(visitor);
      const begin = (at: number) => {
        if (journeys.length > 0) this.#store.keepBegun(visitor, { at, journeys });
      };
      const ringAt = (at: number) => (journeys.length > 0 ? Date.now() + AGAIN_MS : nextDay(at));
      if (before && !known && bornAt <= before.at) {
        begin(before.at);
        await this.#arm(ringAt(before.at));
        return this.#erased(before.at, before.records);
      }
      const subject = base64url(await sha256((known?.salt ?? crypto.randomUUID()) + visitor));
      const records = this.#numbers(known, subject).length + 1;
      const record = erasureRecord(await this.#place(site, subject));
      const mark = { at: record.at, rev: Math.max(known?.rev ?? 0, before?.rev ?? 0), records };
      await this.#append(record, () => {
        this.#store.bury(visitor, name, mark);
        begin(record.at);
      });
      this.#store.keepSettings({ site });
      await this.#arm(ringAt(record.at));
      return this.#erased(record.at, records);
    });
  }

  /** The erasure of a visitor that was begun and has not ended; null where there is none. */
  begun(visitor: string): Begun | null {
    return this.#store.begun(visitor);
  }

  /** The erasure is done with everything that it is of. */
  ended(visitor: string): void {
    this.#store.dropBegun(visitor);
  }

  /** When a visitor was erased, ms since 1970; 0: never. */
  async erasedAt(visitor: string): Promise<number> {
    return this.#store.tombstone(await tombstoneName(this.env, visitor))?.at ?? 0;
  }

  /** Whether a visitor was erased: what still comes under this name is a repetition. */
  async isErased(visitor: string): Promise<boolean> {
    return this.#store.tombstone(await tombstoneName(this.env, visitor)) !== null;
  }

  /** Counts a refusal by somebody who has no id: nothing but the day and what was refused is kept. */
  countRefusal(policy: string): void {
    this.#store.countRefusal(new Date().toISOString().slice(0, 10), policy);
  }

  /** Records after a position, as they were written, at most `limit`. */
  page(after: number, limit: number): RecordsPage {
    return this.#store.page(after, limit);
  }

  /** Where the chain begins and ends. */
  async head(): Promise<ChainHead> {
    const { no, hash } = await this.#readEnd();
    return { no, hash, start: this.#store.start() };
  }

  refusals(): { day: string; policy: string; count: number }[] {
    return this.#store.refusals();
  }

  /** The records from the first, and the refusals by day. */
  read(): { records: ConsentRecord[]; refusals: { day: string; policy: string; count: number }[] } {
    const { texts } = this.#store.page(0, Number.MAX_SAFE_INTEGER);
    return { records: texts.map((text) => JSON.parse(text) as ConsentRecord), refusals: this.refusals() };
  }

  /**
   * Once a day on which there was a record: the site hears of the head, and what is past its time goes. And some minutes
   * after an erasure began: where nobody has ended it, it is ended. Never throws.
   */
  override async alarm(): Promise<void> {
    try {
      await this.#inTurn(() => this.#daily(Date.now()));
      await this.#endBegun();
    } catch (error) {
      logBackground(this.env, "alarm-failed", { site: this.#store.settings().site, error });
      await this.ctx.storage.setAlarm(Date.now() + AGAIN_MS);
    }
  }

  async #daily(now: number): Promise<void> {
    const { site, keptDays = KEPT_DAYS_MAX, shard } = this.#store.settings();
    const end = await this.#readEnd();
    if (site === undefined || shard === undefined || end.no === 0) return;
    await siteObject(this.env, site).anchor(shard, { no: end.no, hash: end.hash });
    const keptMs = keptDays * DAY_MS;
    const lastOld = () => this.#store.lastBefore(now - keptMs, DROPPED_AT_ONCE);
    for (let old = lastOld(); old; old = lastOld()) {
      this.#store.drop({ no: old.no, hash: base64url(await sha256(old.text)) });
    }
    this.#store.dropSubjects(now - keptMs);
    const first = this.#store.firstAt();
    if (first !== null) await this.ctx.storage.setAlarm(Math.max(nextDay(now), first + keptMs));
  }

  /** Not in turn: it has this very ledger note what was not noted yet. One that fails does not keep the others. */
  async #endBegun(): Promise<void> {
    const { site = "" } = this.#store.settings();
    const failures: unknown[] = [];
    for (const visitor of this.#store.allBegun()) {
      // It may have ended with another's of the same person.
      const begun = this.#store.begun(visitor);
      if (begun) await endUnasked(this.env, site, begun).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }

  async #readEnd(): Promise<Link & { at: number }> {
    if (this.#end) return this.#end;
    const last = this.#store.last();
    const start = this.#store.start();
    this.#end = last
      ? { no: last.no, at: (JSON.parse(last.text) as LedgerRecord).at, hash: base64url(await sha256(last.text)) }
      : { ...start, at: 0 };
    return this.#end;
  }

  async #place(site: string, subject: string): Promise<Place> {
    const { no, at, hash } = await this.#readEnd();
    return { no: no + 1, at: Math.max(Date.now(), at), site, subject, previous: hash };
  }

  /** Memory follows the disk: an append that fails leaves both as they were. */
  async #append(record: LedgerRecord, also: () => void): Promise<void> {
    const text = JSON.stringify(record);
    const hash = base64url(await sha256(text));
    this.ctx.storage.transactionSync(() => {
      this.#store.append(record.no, text);
      also();
    });
    this.#end = { no: record.no, at: record.at, hash };
  }

  /** Has the alarm ring at this time at the latest. */
  async #arm(at: number): Promise<void> {
    const { shard } = this.#store.settings();
    if (shard === undefined) this.#store.keepSettings({ shard: Number(this.ctx.id.name?.split(":").at(-1) ?? 0) });
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || armed > at) await this.ctx.storage.setAlarm(at);
  }

  #erased(at: number, recordsKept: number): Erased {
    const { keptDays = KEPT_DAYS_MAX } = this.#store.settings();
    return { at, recordsKept, keptUntil: at + keptDays * DAY_MS };
  }
}

/** The beginning of the next UTC day. */
function nextDay(at: number): number {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS;
}
