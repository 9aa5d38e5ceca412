import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize } from "node:v8";
import { decodeState } from "../../models/journey-blob.ts";
import type { JourneyState } from "../../models/journey-state.ts";

/** Databases of the objects of one class below a state folder, as workerd lays them out. */
function databases(persist: string, className: string): string[] {
  return readdirSync(persist, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes(className) && path.endsWith(".sqlite") && !path.includes("metadata"))
    .map((path) => join(persist, path));
}

function valuesOf(database: DatabaseSync, key: string): unknown[] {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_cf_KV'").all().length > 0;
  if (!hasTable) return [];
  const rows = database.prepare("SELECT value FROM _cf_KV WHERE key = ?").all(key) as { value: Uint8Array }[];
  return rows.map((row) => deserialize(row.value));
}

/** Every journey that is on disk, as the file says: no object is asked. */
export function journeysOnDisk(persist: string): JourneyState[] {
  return databases(persist, "JourneyObject").flatMap((path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return valuesOf(database, "state").map((text) => {
        // What waits for the map stands on a second line.
        const [state = ""] = (text as string).split("\n");
        return decodeState(state);
      });
    } finally {
      database.close();
    }
  });
}

/** The sums that map shards have kept, as text: of each shard's latest day that has any. */
export function sumsOnDisk(persist: string): string[] {
  return databases(persist, "MapObject").flatMap((path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("SELECT sums FROM days WHERE sums IS NOT NULL ORDER BY day DESC LIMIT 1").all();
      return rows.map((row) => row.sums as string);
    } finally {
      database.close();
    }
  });
}
