import type { Actor } from "../../models/access.ts";
import { type Change, isOpen } from "../../models/change.ts";
import type { SiteConfig } from "../../models/site-config.ts";

/** What was withdrawn or superseded is forgotten after it. */
const ENDED_KEPT_MS = 90 * 86_400_000;

type Row = { change: string; config: string | null; scheduler: string | null };

/** A change with what only the object knows of it. */
export interface StoredChange {
  change: Change;
  /** Null once it is live: then a version has it. */
  config: SiteConfig | null;
  /** Who said when it will be published: they are asked again whether they may. */
  scheduler: Actor | null;
}

/** Proposed configurations of a site. */
export class Changes {
  readonly #sql: SqlStorage;
  #isReady = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Making a table is billed, so only who needs one makes it. */
  #ready(): SqlStorage {
    if (!this.#isReady) {
      this.#sql.exec(
        "CREATE TABLE IF NOT EXISTS changes (id TEXT PRIMARY KEY, state TEXT NOT NULL, createdAt INTEGER NOT NULL, dueAt INTEGER, endedAt INTEGER, change TEXT NOT NULL, config TEXT, scheduler TEXT) WITHOUT ROWID",
      );
    }
    this.#isReady = true;
    return this.#sql;
  }

  /** All, the last first. */
  all(): Change[] {
    return this.#rows("SELECT change FROM changes ORDER BY createdAt DESC, id").map(({ change }) => JSON.parse(change));
  }

  get(id: string): StoredChange | null {
    const row = this.#rows("SELECT change, config, scheduler FROM changes WHERE id = ?", id)[0];
    return row ? storedOf(row) : null;
  }

  /** The change that is in review or approved, with this configuration and over this version; null where there is none. */
  asked(base: number, digest: string): Change | null {
    const all = this.all().filter((change) => change.base === base && change.digest === digest);
    return all.find(({ state }) => state === "approved") ?? all.find(({ state }) => state === "in-review") ?? null;
  }

  openCount(): number {
    return this.all().filter(isOpen).length;
  }

  /** Keeps a change as it is now. What ended long ago goes. */
  keep({ change, config, scheduler }: StoredChange, now: number): void {
    const { id, state, createdAt, scheduledFor = null } = change;
    const isEnded = state === "withdrawn" || state === "superseded";
    this.#ready().exec("DELETE FROM changes WHERE endedAt <= ?", now - ENDED_KEPT_MS);
    this.#ready().exec(
      "INSERT OR REPLACE INTO changes (id, state, createdAt, dueAt, endedAt, change, config, scheduler) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      id,
      state,
      createdAt,
      scheduledFor,
      isEnded ? now : null,
      JSON.stringify(change),
      config && JSON.stringify(config),
      scheduler && JSON.stringify(scheduler),
    );
  }

  /** What is live is so no more: another change takes its place. */
  supersede(now: number): void {
    for (const { change } of this.#rows("SELECT change FROM changes WHERE state = 'live'")) {
      const live = JSON.parse(change) as Change;
      this.keep({ change: { ...live, state: "superseded" }, config: null, scheduler: null }, now);
    }
  }

  /** Changes whose time has come, the first to come first. */
  due(now: number): StoredChange[] {
    const query = "SELECT change, config, scheduler FROM changes WHERE dueAt <= ? ORDER BY dueAt, id";
    return this.#rows(query, now).map(storedOf);
  }

  /** When the next one is due, ms since 1970, or null. */
  nextDue(): number | null {
    const query = "SELECT MIN(dueAt) AS at FROM changes";
    return this.#ready().exec<{ at: number | null }>(query).one().at;
  }

  #rows(query: string, ...values: (string | number)[]): Row[] {
    return this.#ready()
      .exec(query, ...values)
      .toArray() as unknown as Row[];
  }
}

function storedOf({ change, config, scheduler }: Row): StoredChange {
  const read = <T>(text: string | null) => (text === null ? null : (JSON.parse(text) as T));
  return { change: JSON.parse(change) as Change, config: read<SiteConfig>(config), scheduler: read<Actor>(scheduler) };
}
