import type { Stamp } from "../models/consent.ts";
import type { FeatureState } from "../models/features.ts";
import { OUTBOX_MAX_AGE_MS } from "../models/report-time.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import type { PageContext } from "./context.ts";
import type { Database } from "./database.ts";

/** One unsent touchpoint. It carries no id of the visitor, and the consent under which it was made. */
export interface Entry {
  stream: string;
  touchpoint: Touchpoint;
  stamp: Stamp;
}

/** What is kept beside the outbox from page to page. */
export interface KeptState {
  /** The edge's sealed token for this visitor. */
  person: string;
  features: FeatureState;
}

/** Some 1.5 MB. Reached only where the edge was away for long; then the oldest goes. */
const ENTRIES_MAX = 5_000;

/**
 * What was captured and not yet acknowledged. The list in memory is what counts, so that a page that is being closed
 * can send it in that same task; each entry is also a record of its own in IndexedDB, written at the end of the task, which
 * the next page of the site finds. Where IndexedDB is refused or broken there is the list alone.
 */
export class Outbox {
  /** Unsent, leftovers of earlier pages first. */
  entries: Entry[] = [];
  /** Entries given up unsent: too old, or too many. */
  dropped = 0;
  /** This page's own. */
  readonly stream: string;
  readonly #opening: Promise<Database | null>;
  #unwritten = new Set<Entry>();
  #kept = new Map<keyof KeptState, unknown>();
  /** Whether a write follows at the end of this task. */
  #writing = false;
  #closed = false;

  /** Under a new stream. Where the visitor's secret is not `durable`, nothing is written. */
  constructor({ randomId, durable, load }: Pick<PageContext, "randomId" | "durable" | "load">) {
    this.stream = randomId(8);
    this.#opening = durable ? this.#open(load).catch(() => null) : Promise.resolve(null);
  }

  add(touchpoint: Touchpoint, stamp: Stamp): void {
    const entry = { stream: this.stream, touchpoint, stamp };
    this.entries.push(entry);
    this.#unwritten.add(entry);
    if (this.entries.length > ENTRIES_MAX) this.#drop(this.entries.slice(0, 1));
    this.#writeSoon();
  }

  /** This page's entries. */
  own(): Entry[] {
    return this.entries.filter(({ stream }) => stream === this.stream);
  }

  /** What matters most when time is short: this page's entries, then what earlier ones left. */
  ownFirst(): Entry[] {
    return [...this.own(), ...this.entries.filter(({ stream }) => stream !== this.stream)];
  }

  /** Takes entries out for good. */
  remove(gone: ReadonlySet<Entry>): void {
    this.entries = this.entries.filter((entry) => !gone.has(entry));
    const written = [...gone].filter((entry) => !this.#unwritten.delete(entry));
    if (written.length === 0) return;
    void this.#transact((db) => db.remove(written));
  }

  /** Brings in what pages that are gone could not send. */
  async recover(): Promise<void> {
    const leftovers = (await this.#transact((db) => db.leftovers(ENTRIES_MAX))) ?? [];
    this.entries.unshift(...leftovers);
    this.#drop(leftovers.filter(({ touchpoint }) => Date.now() - touchpoint.at > OUTBOX_MAX_AGE_MS));
  }

  read<K extends keyof KeptState>(key: K): Promise<KeptState[K] | undefined> {
    return this.#transact((db) => db.read(key));
  }

  /** `null` deletes. Features change with every touchpoint, and are written with the next one. */
  keep<K extends keyof KeptState>(key: K, value: KeptState[K] | null): void {
    this.#kept.set(key, value);
    if (key !== "features" || value === null) this.#writeSoon();
  }

  /** Writes at once what waits to be written: the page may be gone in the next task. */
  write(): void {
    this.#writing = false;
    const entries = [...this.#unwritten];
    const kept = [...this.#kept];
    this.#unwritten.clear();
    this.#kept.clear();
    void this.#transact((db) => db.write(entries, kept));
  }

  /** Forgets everything in memory and lets go of the database, so that it can be deleted. */
  close(): void {
    this.#closed = true;
    this.entries = [];
    this.#unwritten.clear();
    this.#kept.clear();
    void this.#opening.then((db) => db?.close());
  }

  async #open(load: PageContext["load"]): Promise<Database | null> {
    const { openDatabase } = await load("database");
    // Closed while the chunk was on its way: opening now would make anew what a withdrawal has deleted.
    return this.#closed ? null : openDatabase(this.stream);
  }

  #drop(entries: Entry[]): void {
    this.dropped += entries.length;
    this.remove(new Set(entries));
  }

  #writeSoon(): void {
    if (!this.#writing) queueMicrotask(() => this.write());
    this.#writing = true;
  }

  /** A database that fails changes nothing: what it would have told is in memory, or is not known. */
  async #transact<T>(work: (db: Database) => Promise<T> | T): Promise<T | undefined> {
    try {
      const db = await this.#opening;
      return db && !this.#closed ? await work(db) : undefined;
    } catch {
      return undefined;
    }
  }
}
