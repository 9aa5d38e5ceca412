import type { Stamp } from "../models/consent.ts";
import type { FeatureState } from "../models/features.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import { OUTBOX_MAX_AGE_MS } from "../models/wire.ts";
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
  readonly #stream: string;
  readonly #opening: Promise<Database | null>;
  #unwritten = new Set<Entry>();
  #kept = new Map<keyof KeptState, unknown>();
  /** Whether a write follows at the end of this task. */
  #writing = false;
  #closed = false;

  /** `stream`: this page's own. `durable` false: nothing is written, because the visitor's secret is not either. */
  constructor(stream: string, durable: boolean) {
    this.#stream = stream;
    this.#opening = durable ? this.#open().catch(() => null) : Promise.resolve(null);
  }

  add(touchpoint: Touchpoint, stamp: Stamp): void {
    const entry = { stream: this.#stream, touchpoint, stamp };
    this.entries.push(entry);
    this.#unwritten.add(entry);
    if (this.entries.length > ENTRIES_MAX) this.#drop(this.entries.slice(0, 1));
    this.#writeSoon();
  }

  /** This page's entries. */
  own(): Entry[] {
    return this.entries.filter(({ stream }) => stream === this.#stream);
  }

  /** What matters most when time is short: this page's entries, then what earlier ones left. */
  ownFirst(): Entry[] {
    return [...this.own(), ...this.entries.filter(({ stream }) => stream !== this.#stream)];
  }

  /** Takes entries out for good. */
  remove(gone: ReadonlySet<Entry>): void {
    this.entries = this.entries.filter((entry) => !gone.has(entry));
    const written = [...gone].filter((entry) => !this.#unwritten.delete(entry));
    if (written.length === 0) return;
    void this.#transact((db) => {
      const { store } = db.transaction("outbox", "readwrite");
      return Promise.all(written.map((entry) => store.delete(keyOf(entry))));
    });
  }

  /** Brings in what earlier pages could not send. */
  async recover(): Promise<void> {
    const found = (await this.#transact((db) => db.getAll("outbox", undefined, ENTRIES_MAX))) ?? [];
    const leftover = found.filter(({ stream }) => stream !== this.#stream);
    this.entries.unshift(...leftover);
    this.#drop(leftover.filter(({ touchpoint }) => Date.now() - touchpoint.at > OUTBOX_MAX_AGE_MS));
  }

  async read<K extends keyof KeptState>(key: K): Promise<KeptState[K] | undefined> {
    return (await this.#transact((db) => db.get("state", key))) as KeptState[K] | undefined;
  }

  /** `null` deletes. */
  keep<K extends keyof KeptState>(key: K, value: KeptState[K] | null): void {
    this.#kept.set(key, value);
    this.#writeSoon();
  }

  /** Writes at once what waits to be written: the page may be gone in the next task. */
  write(): void {
    this.#writing = false;
    const entries = [...this.#unwritten];
    const kept = [...this.#kept];
    this.#unwritten.clear();
    this.#kept.clear();
    void this.#transact((db) => {
      const transaction = db.transaction(["outbox", "state"], "readwrite");
      const outbox = transaction.objectStore("outbox");
      const state = transaction.objectStore("state");
      const done = [
        ...entries.map((entry) => outbox.put(entry, keyOf(entry))),
        ...kept.map(([key, value]) => (value === null ? state.delete(key) : state.put(value, key))),
      ];
      // Without waiting for the answers: a page that is going away does not live to hear them.
      transaction.commit();
      return Promise.all(done);
    });
  }

  /** Forgets everything in memory and lets go of the database, so that it can be deleted. */
  close(): void {
    this.#closed = true;
    this.entries = [];
    this.#unwritten.clear();
    this.#kept.clear();
    void this.#opening.then((db) => db?.close());
  }

  async #open(): Promise<Database | null> {
    const { openDatabase } = await import("./database.ts");
    // Closed while the chunk was on its way: opening now would make anew what a withdrawal has deleted.
    return this.#closed ? null : openDatabase();
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
  async #transact<T>(work: (db: Database) => Promise<T>): Promise<T | undefined> {
    try {
      const db = await this.#opening;
      return db && !this.#closed ? await work(db) : undefined;
    } catch {
      return undefined;
    }
  }
}

function keyOf({ stream, touchpoint }: Entry): [string, number] {
  return [stream, touchpoint.seq];
}
