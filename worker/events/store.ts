import { eventOfKey } from "../../models/analysis/arrivals.ts";
import type { KeptEvent, KeptProperty } from "../../models/analysis/event-list.ts";
import {
  addSums,
  EVENT_PROPERTIES_MAX,
  EVENTS_MAX,
  OTHER,
  type SeenEvent,
  type Sums,
} from "../../models/analysis/sums.ts";
import type { Flush } from "./tally.ts";

/** Days that are kept, with the present one: two whole months at least. What was not seen since is forgotten with them. */
const DAYS_KEPT = 62;
/** Isolates whose last number a day remembers: who repeats a flush does it within seconds. */
const SENDERS_KEPT = 256;

/** What a day has counted, and the last flush of each isolate that it has. */
interface Day {
  sums: Sums;
  senders: [sender: string, no: number][];
}

/**
 * What has arrived at a site, by day, and its events. A flush is one row written, and one for each event that is seen for the first
 * time that day, or with something new.
 */
export class EventStore {
  readonly #storage: DurableObjectStorage;
  #isReady = false;
  /** Read once. */
  readonly #days = new Map<number, Day>();
  #events: Map<string, KeptEvent> | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Takes a flush, once: one that it has already changes nothing. */
  take({ sender, no, days }: Flush): void {
    const hasIt = days.some(({ day }) => this.#day(day).senders.some(([of, last]) => of === sender && last >= no));
    if (hasIt || days.length === 0) return;
    try {
      this.#storage.transactionSync(() => {
        for (const one of days) this.#add(one, { sender, no });
      });
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** The days that are kept, the first one first. */
  days(): { day: number; sums: Sums }[] {
    if (this.#isEmpty()) return [];
    const rows = this.#sql().exec<{ day: number; sums: string }>("SELECT day, sums FROM days ORDER BY day");
    return [...rows].map(({ day, sums }) => ({ day, sums: JSON.parse(sums) as Sums }));
  }

  /** All events that are kept. */
  events(): KeptEvent[] {
    if (this.#isEmpty()) return [];
    return [...this.#known().values()];
  }

  #add({ day, sums, seen }: Flush["days"][number], { sender, no }: Pick<Flush, "sender" | "no">): void {
    const before = this.#day(day);
    // The first of a day: what is too old goes.
    if (before.senders.length === 0) this.#prune(day);
    for (const event of seen) this.#see(event, day);
    const added = { ...before.sums };
    addSums(added, this.#named(sums, day));
    addSums(added, { flushes: 1 });
    const others = before.senders.filter(([of]) => of !== sender);
    const senders = [...others, [sender, no] as [string, number]].slice(-SENDERS_KEPT);
    this.#sql().exec(
      "INSERT OR REPLACE INTO days (day, sums, senders) VALUES (?, ?, ?)",
      day,
      JSON.stringify(added),
      JSON.stringify(senders),
    );
    this.#days.set(day, { sums: added, senders });
  }

  /** The sums, with events that there is no room for under no name. One that an isolate knows and this does not is seen anew. */
  #named(sums: Sums, day: number): Sums {
    const named: Sums = {};
    for (const [name, count] of Object.entries(sums)) {
      const key = name.startsWith("event.") ? name.slice("event.".length) : null;
      const isKnown = key === null || this.#known().has(key) || this.#see({ key, properties: [] }, day);
      const kept = isKnown ? name : OTHER;
      named[kept] = (named[kept] ?? 0) + count;
    }
    return named;
  }

  /** Notes an event, where that is news; false where there is no room for it. */
  #see({ key, expected, properties }: SeenEvent, day: number): boolean {
    const known = this.#known().get(key);
    if (!known && !expected && this.#unexpected() >= EVENTS_MAX) return false;
    const { expected: _, ...event } = known ?? { key, first: day, last: day, properties: [] };
    const next = properties.reduce((all, property) => withProperty(all, property, day), event.properties);
    const kept = {
      ...event,
      first: Math.min(event.first, day),
      last: Math.max(event.last, day),
      properties: next,
      ...(expected ? { expected } : {}),
    };
    if (known && JSON.stringify(kept) === JSON.stringify(known)) return true;
    const { type, name } = eventOfKey(key);
    const text = JSON.stringify(kept);
    this.#sql().exec("INSERT OR REPLACE INTO events (type, name, event) VALUES (?, ?, ?)", type, name, text);
    this.#known().set(key, kept);
    return true;
  }

  /** Those that the site does not expect: they alone take room from each other. */
  #unexpected(): number {
    return [...this.#known().values()].filter(({ expected }) => !expected).length;
  }

  #prune(day: number): void {
    const oldest = day - DAYS_KEPT + 1;
    this.#sql().exec("DELETE FROM days WHERE day < ?", oldest);
    for (const [key, { last }] of this.#known()) {
      if (last >= oldest) continue;
      const { type, name } = eventOfKey(key);
      this.#sql().exec("DELETE FROM events WHERE type = ? AND name = ?", type, name);
      this.#known().delete(key);
    }
    for (const kept of this.#days.keys()) if (kept < day - 1) this.#days.delete(kept);
  }

  #day(day: number): Day {
    const known = this.#days.get(day);
    if (known) return known;
    const rows = this.#sql().exec<{ sums: string; senders: string }>(
      "SELECT sums, senders FROM days WHERE day = ?",
      day,
    );
    const [row] = rows.toArray();
    const read = row ? { sums: JSON.parse(row.sums), senders: JSON.parse(row.senders) } : { sums: {}, senders: [] };
    this.#days.set(day, read);
    return read;
  }

  #known(): Map<string, KeptEvent> {
    if (!this.#events) {
      const rows = this.#sql().exec<{ event: string }>("SELECT event FROM events").toArray();
      const events = rows.map(({ event }) => JSON.parse(event) as KeptEvent);
      this.#events = new Map(events.map((event) => [event.key, event]));
    }
    return this.#events;
  }

  /** After a write that was taken back: memory follows the disk. */
  #forget(): void {
    this.#days.clear();
    this.#events = null;
  }

  /** Whether nothing has come yet: who reads makes no table. */
  #isEmpty(): boolean {
    if (this.#isReady) return false;
    const query = "SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table' AND name = 'days'";
    return this.#storage.sql.exec<{ tables: number }>(query).one().tables === 0;
  }

  /** Making a table is billed, so only who needs one makes it. */
  #sql(): SqlStorage {
    const { sql } = this.#storage;
    if (!this.#isReady) {
      sql.exec(`
        CREATE TABLE IF NOT EXISTS days (day INTEGER PRIMARY KEY, sums TEXT NOT NULL, senders TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS events (type TEXT, name TEXT, event TEXT NOT NULL, PRIMARY KEY (type, name)) WITHOUT ROWID;
      `);
    }
    this.#isReady = true;
    return sql;
  }
}

function withProperty(all: readonly KeptProperty[], { key, type }: SeenEvent["properties"][number], day: number) {
  const known = all.find((one) => one.key === key);
  if (!known && all.length >= EVENT_PROPERTIES_MAX) return [...all];
  const { types = [], first = day, last = day } = known ?? {};
  const next: KeptProperty = {
    key,
    types: types.includes(type) ? types : [...types, type],
    first: Math.min(first, day),
    last: Math.max(last, day),
  };
  return known ? all.map((one) => (one === known ? next : one)) : [...all, next];
}
