import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSite, startEdge } from "../../harness/edge.ts";
import { eachOf } from "./cpu.ts";
import { BUSY_SITE } from "./shopper.ts";

const VISITORS = 2_000;
const EACH = 10;
const VISITORS_A_CALL = 50;
const AT_ONCE = 4;

export interface ImportRate {
  touchpointsPerS: number;
  visitorsPerS: number;
}

/** New visitors of ten touchpoints each, as fast as the edge takes them, with its state in memory and on disk. */
export async function importRates(): Promise<{ memory: ImportRate; disk: ImportRate }> {
  const folder = await mkdtemp(join(tmpdir(), "waypost-bench-import-"));
  try {
    return { memory: await rate(), disk: await rate(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function rate(persist?: string): Promise<ImportRate> {
  const edge = await startEdge(persist ? { persist } : {});
  try {
    const site = await createSite(edge, "imported", BUSY_SITE);
    const calls = Array.from({ length: VISITORS / VISITORS_A_CALL }, (_, i) => callOf(i));
    const authorization = `Basic ${btoa(`${site.writeKey}:`)}`;
    const startedMs = performance.now();
    await eachOf(calls, AT_ONCE, async (body) => {
      const headers = { Authorization: authorization };
      const response = await fetch(`${edge.url}/v1/batch`, { method: "POST", headers, body });
      const { results } = (await response.json()) as { results: { result: string }[] };
      const refused = results.filter(({ result }) => result !== "accepted");
      if (refused.length > 0) throw new Error(`not accepted: ${JSON.stringify(refused[0])}`);
    });
    const seconds = (performance.now() - startedMs) / 1000;
    return { touchpointsPerS: (VISITORS * EACH) / seconds, visitorsPerS: VISITORS / seconds };
  } finally {
    await edge.close();
  }
}

function callOf(call: number): string {
  const batch = Array.from({ length: VISITORS_A_CALL * EACH }, (_, i) => ({
    anonymousId: `v${call * VISITORS_A_CALL + Math.floor(i / EACH)}`,
    seq: i % EACH,
    type: "page",
    timestamp: Date.UTC(2026, 9, 1) + (i % EACH) * 20_000,
    properties: { url: `https://shop.example/${["", "cart", "pay"][i % 3]}`, colour: "green" },
  }));
  return JSON.stringify({ historical: true, stream: "bench", batch });
}
