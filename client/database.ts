/** The database chunk: idb, loaded beside the first captures; until it is there, what it will hold is in memory. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { DATABASE } from "./database-name.ts";
import type { Entry } from "./outbox.ts";

interface Schema extends DBSchema {
  outbox: { key: [stream: string, seq: number]; value: Entry };
  state: { key: string; value: unknown };
}
export type Database = IDBPDatabase<Schema>;

/** Opens the database, made where there is none. Rejects where the browser refuses it. */
export async function openDatabase(): Promise<Database> {
  const db = await openDB<Schema>(DATABASE, 1, {
    upgrade(fresh) {
      fresh.createObjectStore("outbox");
      fresh.createObjectStore("state");
    },
    // Another tab withdraws: the database is deleted as soon as nobody holds it.
    blocking: () => db.close(),
  });
  return db;
}
