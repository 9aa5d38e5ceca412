import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Every Durable Object class that the Worker has, as its bindings name them. */
const NAMESPACES = Object.entries(env as unknown as Record<string, unknown>).filter(
  ([, binding]) => (binding as object | null)?.constructor?.name === "DurableObjectNamespace",
) as [string, DurableObjectNamespace][];

/** Names that carry an id or a number, as the kind of thing that they are: `config/3` as `config/*`. */
function kindOf(key: string): string {
  return key.replace(/\/.*/, "/*");
}

/**
 * Everything that this edge has stored, as text, by the place that holds it: `MAP people_days` (a table), `JOURNEY
 * key:state`, `KV config/*`, `R2 history/*`. Read from the stores themselves, so a new one shows up without being told of.
 */
export async function everythingStored(): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const put = (place: string, text: string) => places.set(place, (places.get(place) ?? "") + text);
  for (const [name, namespace] of NAMESPACES) {
    for (const id of await listDurableObjectIds(namespace)) {
      const found = await runInDurableObject(
        namespace.get(id) as never,
        (_: unknown, { storage }: DurableObjectState) => dump(storage),
      );
      for (const [place, text] of found) put(`${name} ${place}`, text);
    }
  }
  for (const { name } of (await env.CONFIG.list()).keys)
    put(`KV ${kindOf(name)}`, `${name} ${await env.CONFIG.get(name)}`);
  const bucket = env.HISTORY as R2Bucket;
  for (const { key } of (await bucket.list()).objects) {
    const { decodeRows } = await import("../../worker/history/parquet.ts");
    const file = await (await bucket.get(key))?.arrayBuffer();
    put(`R2 ${kindOf(key)}`, key + JSON.stringify(file ? decodeRows(file) : null));
  }
  return places;
}

function dump({ sql, kv }: DurableObjectStorage): [place: string, text: string][] {
  const tables = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
    )
    .toArray();
  const rows = tables.map(({ name }): [string, string] => [
    name,
    JSON.stringify(sql.exec(`SELECT * FROM ${name}`).toArray()),
  ]);
  const keys = [...kv.list<unknown>()].map(([key, value]): [string, string] => [
    `key:${kindOf(key)}`,
    key + JSON.stringify(value),
  ]);
  return [...rows, ...keys];
}
