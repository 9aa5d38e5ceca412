/** The database chunk: idb, loaded beside the first captures; until it is there, what it will hold is in memory. */
import { type DBSchema, openDB, unwrap } from "idb";
import { DATABASE } from "./database-name.ts";
import type { Entry, KeptState } from "./outbox.ts";

interface Schema extends DBSchema {
  outbox: { key: [stream: string, seq: number]; value: Entry };
  state: { key: string; value: unknown };
}

/** What outlives the page. Every method throws or rejects where the browser has lost the database, or refuses to write. */
export interface Database {
  read: <K extends keyof KeptState>(key: K) => Promise<KeptState[K] | undefined>;
  /** In one transaction; a kept `null` deletes. */
  write: (entries: readonly Entry[], kept: readonly (readonly [keyof KeptState, unknown])[]) => void;
  remove: (entries: readonly Entry[]) => void;
  /** At most `count` entries of pages that are gone. From now on this page answers for their streams. */
  leftovers: (count: number) => Promise<Entry[]>;
  close: () => void;
}

/** Opens the database, made where there is none, for a page that writes `stream`. Rejects where the browser refuses it. */
export async function openDatabase(stream: string): Promise<Database> {
  const db = await openDB<Schema>(DATABASE, 1, {
    upgrade(fresh) {
      fresh.createObjectStore("outbox");
      fresh.createObjectStore("state");
    },
    // Another tab withdraws: the database is deleted as soon as nobody holds it.
    blocking: () => db.close(),
  });
  // Writes are many and nobody waits for them: a promise for each would be the greater part of what they cost a page.
  const raw: IDBDatabase = unwrap(db);
  const streams = claimStreams(stream);
  return {
    read: async (key) => (await db.get("state", key)) as never,
    write(entries, kept) {
      const transaction = raw.transaction(kept.length > 0 ? ["outbox", "state"] : ["outbox"], "readwrite");
      const outbox = transaction.objectStore("outbox");
      for (const entry of entries) outbox.put(entry, [entry.stream, entry.touchpoint.seq]);
      for (const [key, value] of kept) {
        const state = transaction.objectStore("state");
        if (value === null) state.delete(key);
        else state.put(value, key);
      }
      // Without waiting for the answers: a page that is going away does not live to hear them.
      transaction.commit();
    },
    remove(entries) {
      const transaction = raw.transaction("outbox", "readwrite");
      const outbox = transaction.objectStore("outbox");
      for (const [stream, from, to] of runsOf(entries)) outbox.delete(IDBKeyRange.bound([stream, from], [stream, to]));
      transaction.commit();
    },
    async leftovers(count) {
      const found = await db.getAll("outbox", undefined, count);
      const mine = await streams.claim(found.map((entry) => entry.stream));
      return found.filter((entry) => mine.has(entry.stream));
    },
    close() {
      streams.release();
      db.close();
    },
  };
}

/** The entries as runs of neighbouring seqs: a batch is one of each stream, as a rule. */
function runsOf(entries: readonly Entry[]): [stream: string, from: number, to: number][] {
  const runs: [string, number, number][] = [];
  for (const { stream, touchpoint } of entries.toSorted((a, b) => a.touchpoint.seq - b.touchpoint.seq)) {
    const run = runs.find(([other, , to]) => other === stream && to === touchpoint.seq - 1);
    if (run) run[2] = touchpoint.seq;
    else runs.push([stream, touchpoint.seq, touchpoint.seq]);
  }
  return runs;
}

/**
 * Of all pages of the site that are open, one answers for each stream in the database: the page that writes it, and
 * when that is gone, the first that finds it. A Web Lock per stream says so; it ends with the page, however that ends.
 */
function claimStreams(own: string) {
  const claimed = new Set([own]);
  let release = () => {};
  let released: Promise<void>;
  const claim = (stream: string) =>
    new Promise<boolean>((resolve) => {
      const held = (lock: Lock | null) => {
        resolve(lock !== null);
        return lock && released;
      };
      // Pages without TLS have no locks: there two pages may send the same, and the edge counts it once.
      if (!navigator.locks) resolve(true);
      else navigator.locks.request(`waypost.${stream}`, { ifAvailable: true }, held).catch(() => resolve(true));
    });
  const hold = () => {
    released = new Promise((resolve) => {
      release = resolve;
    });
    for (const stream of claimed) void claim(stream);
  };
  const life = new AbortController();
  // A browser keeps no page for going back to that holds a lock.
  addEventListener("pagehide", () => release(), life);
  addEventListener("pageshow", ({ persisted }) => persisted && hold(), life);
  hold();
  return {
    /** Those of other pages that are gone, each given out once. */
    async claim(streams: readonly string[]): Promise<Set<string>> {
      const fresh = [...new Set(streams)].filter((stream) => !claimed.has(stream));
      const free = await Promise.all(fresh.map(claim));
      const gone = fresh.filter((_, i) => free[i]);
      for (const stream of gone) claimed.add(stream);
      return new Set(gone);
    },
    release() {
      life.abort();
      release();
    },
  };
}
