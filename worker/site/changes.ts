import type { Actor } from "../../models/access.ts";
import type { Change } from "../../models/change.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { LazyTables } from "../lazy-tables.ts";

/** What was withdrawn or superseded is forgotten after it. */
const ENDED_KEPT_MS = 90 * 86_400_000;

/** Changes that are listed at once. */
export const CHANGES_LISTED = 100;

type Row = { change: string; config: string | null; scheduler: string | null };

/** A change with what only the object knows of it. */
export interface StoredChange {
  change: Change;
  /** Null once it is live: then a version has it. */
  config: SiteConfig | null;
  /** Who said when it will be published: they are asked again whether they may. */
  scheduler: Actor | null;
}

/** A place in the list of changes: after which one, by when it was made and its id; null: the beginning. */
export interface ChangePlace {
  after: [createdAt: number, id: string] | null;
  limit: number;
}

export interface ChangePage {
  changes: Change[];
  /** Null at the end. */
  next: ChangePlace["after"];
}

/** Proposed configurations of a site. */
export class Changes extends LazyTables {
  constructor(sql: SqlStorage) {
    super(
      sql,
      "CREATE TABLE IF NOT EXISTS changes (id TEXT PRIMARY KEY, state TEXT NOT NULL, createdAt INTEGER NOT NULL, dueAt INTEGER, endedAt INTEGER, change TEXT NOT NULL, config TEXT, scheduler TEXT) WITHOUT ROWID",
    );
  }

  /** Those after a place in the list, the last first, and where the next ones begin. */
  page({ after, limit }: ChangePlace): ChangePage {
    const [at, id] = after ?? [Number.MAX_SAFE_INTEGER, ""];
    const query =
      "SELECT change FROM changes WHERE createdAt < ? OR (createdAt = ? AND id > ?) ORDER BY createdAt DESC, id LIMIT ?";
    const changes = this.#rows(query, at, at, id, limit).map(({ change }) => JSON.parse(change) as Change);
    const last = changes.length < limit ? undefined : changes.at(-1);
    return { changes, next: last ? [last.createdAt, last.id] : null };
  }

  get(id: string): StoredChange | null {
    const row = this.#rows("SELECT change, config, scheduler FROM changes WHERE id = ?", id)[0];
    return row ? storedOf(row) : null;
  }

  /** The change that is in review or approved, with this configuration and over this version; null where there is none. */
  asked(base: number, digest: string): Change | null {
    const rows = this.#rows(
      "SELECT change FROM changes WHERE state IN ('approved', 'in-review') ORDER BY createdAt DESC, id",
    );
    const all = rows.map(({ change }) => JSON.parse(change) as Change);
    const same = all.filter((change) => change.base === base && change.digest === digest);
    return same.find(({ state }) => state === "approved") ?? same[0] ?? null;
  }

  openCount(): number {
    const query = "SELECT COUNT(*) AS count FROM changes WHERE state IN ('draft', 'in-review', 'approved')";
    return this.tables.exec<{ count: number }>(query).one().count;
  }

  /** Keeps a change as it is now. What ended long ago goes. */
  keep({ change, config, scheduler }: StoredChange, now: number): void {
    const { id, state, createdAt, scheduledFor = null } = change;
    const isEnded = state === "withdrawn" || state === "superseded";
    this.tables.exec("DELETE FROM changes WHERE endedAt <= ?", now - ENDED_KEPT_MS);
    this.tables.exec(
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

  /** Ids of changes whose time has come, the first to come first. */
  due(now: number): string[] {
    const rows = this.tables.exec<{ id: string }>("SELECT id FROM changes WHERE dueAt <= ? ORDER BY dueAt, id", now);
    return rows.toArray().map(({ id }) => id);
  }

  /** Tries a change that is due again, later. */
  postpone(id: string, at: number): void {
    this.tables.exec("UPDATE changes SET dueAt = ? WHERE id = ?", at, id);
  }

  /** Takes its time off a change, also off one that cannot be read any more. */
  unschedule(id: string): void {
    this.tables.exec(
      "UPDATE changes SET dueAt = NULL, scheduler = NULL, change = CASE WHEN json_valid(change) THEN json_remove(change, '$.scheduledFor') ELSE change END WHERE id = ?",
      id,
    );
  }

  /** When the next one is due, ms since 1970, or null. */
  nextDue(): number | null {
    const query = "SELECT MIN(dueAt) AS at FROM changes";
    return this.tables.exec<{ at: number | null }>(query).one().at;
  }

  #rows(query: string, ...values: (string | number)[]): Row[] {
    return this.tables.exec(query, ...values).toArray() as unknown as Row[];
  }
}

function storedOf({ change, config, scheduler }: Row): StoredChange {
  const read = <T>(text: string | null) => (text === null ? null : (JSON.parse(text) as T));
  return { change: JSON.parse(change) as Change, config: read<SiteConfig>(config), scheduler: read<Actor>(scheduler) };
}
