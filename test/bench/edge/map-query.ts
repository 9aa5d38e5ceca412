import { sumsOnDisk } from "../../harness/disk.ts";
import { createSite, type Edge, startEdge } from "../../harness/edge.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";
import { waitFor } from "../../harness/wait-for.ts";
import { median } from "../median.ts";
import { eachOf, spentMs } from "./cpu.ts";
import { startOwnWorker } from "./own-worker.ts";

const SHARDS = 8;
const VISITORS = 4_000;
const QUERIES = 200;
const AT_ONCE = 4;

/** Eight objects that give back what they hold, and a Worker that asks them all: the least that a map can cost. */
const RAW = `
  import { DurableObject } from "cloudflare:workers";
  export class Raw extends DurableObject {
    put(text) { this.ctx.storage.kv.put("sums", text); }
    get() { return this.ctx.storage.kv.get("sums"); }
  }
  export default {
    async fetch(request, env) {
      const shards = Array.from({ length: ${SHARDS} }, (_, i) => env.RAW.getByName(String(i)));
      if (request.method === "PUT") {
        const texts = await request.json();
        await Promise.all(shards.map((shard, i) => shard.put(texts[i])));
        return new Response(null, { status: 204 });
      }
      return new Response((await Promise.all(shards.map((shard) => shard.get()))).join("\\n"));
    },
  };
`;

export interface MapQuery {
  bytes: number;
  /** CPU of one query a byte of the shards' sums, ns. */
  mapNs: number;
  rawNs: number;
  ratio: number;
}

/** CPU of reading a map of thousands of people, beside that of reading the same shards' sums as they are on disk. */
export async function mapQuery(rounds: number): Promise<MapQuery> {
  const edge = await startEdge({ vars: { HISTORY_AFTER_S: "1" } });
  // Before another workerd is the newest.
  const edgePid = edge.pid();
  const texts = await filled(edge);
  const raw = await startOwnWorker(RAW, { durableObjects: { RAW: { className: "Raw", useSQLite: true } } });
  await fetch(raw.url, { method: "PUT", body: JSON.stringify(texts) });
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  const path = "/api/sites/mapped/journeys/checkout/map";
  const ask = { map: () => edge.api("GET", path), raw: () => fetch(raw.url) };
  const cpuOf = (pid: number, one: () => Promise<Response>) =>
    spentMs(pid, () =>
      eachOf(Array.from({ length: QUERIES }), AT_ONCE, async () => {
        await (await one()).arrayBuffer();
      }),
    );
  const map: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    plain.push(await cpuOf(raw.pid, ask.raw));
    map.push(await cpuOf(edgePid, ask.map));
  }
  await raw.close();
  await edge.close();
  if (map.includes(0)) throw new Error("a map was read in no time: it is another process that is watched");
  const ratios = map.slice(1).map((ms, i) => ms / (plain[i + 1] as number));
  const perByte = (ms: number[]) => (median(ms.slice(1)) / QUERIES / bytes) * 1e6;
  return { bytes, mapNs: perByte(map), rawNs: perByte(plain), ratio: median(ratios) };
}

/** Lets thousands of people walk, until every shard has kept its sums; gives them as they are on disk. */
async function filled(edge: Edge): Promise<string[]> {
  const site = await createSite(edge, "mapped", { ...SMALL_SITE, campaigns: [] });
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  for (let from = 0; from < VISITORS; from += 100) {
    const batch = Array.from({ length: 400 }, (_, i) => {
      const visitor = from + Math.floor(i / 4);
      return {
        anonymousId: `v${visitor}`,
        seq: i % 4,
        type: "page",
        timestamp: Date.UTC(2026, 9, 1, 10) + (i % 4) * (1_000 + ((visitor * 7_919) % 90_000)),
        properties: { url: `https://shop.example${["/", "/cart", "/pay", "/thanks"][(i * visitor) % 4]}` },
      };
    });
    await fetch(`${edge.url}/v1/batch`, {
      method: "POST",
      headers,
      body: JSON.stringify({ historical: true, stream: "s", batch }),
    });
  }
  return waitFor(
    () => sumsOnDisk(edge.persist),
    (texts) => texts.length === SHARDS,
    60_000,
  );
}
