import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importFile } from "../../../worker/cli/import/run.ts";
import { createSite, startEdge } from "../../harness/edge.ts";
import { BUSY_SITE } from "./shopper.ts";

const VISITORS = 2_000;
const EACH = 10;

export interface ImportRate {
  touchpointsPerS: number;
  visitorsPerS: number;
}

/**
 * New visitors of ten touchpoints each, from a file, as fast as the command sends and the edge takes them, with the edge's state in
 * memory and on disk.
 */
export async function importRates(): Promise<{ memory: ImportRate; disk: ImportRate }> {
  const folder = await mkdtemp(join(tmpdir(), "waypost-bench-import-"));
  try {
    const file = join(folder, "visits.ndjson");
    await writeFile(file, linesOf());
    return { memory: await rate(file), disk: await rate(file, join(folder, "state")) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function rate(file: string, persist?: string): Promise<ImportRate> {
  const edge = await startEdge(persist ? { persist } : {});
  try {
    const { writeKey } = await createSite(edge, "imported", BUSY_SITE);
    const report = await importFile({ file, mapping: null, edge: edge.url, writeKey, notes: null });
    if (report.accepted !== VISITORS * EACH) throw new Error(`not all accepted: ${JSON.stringify(report)}`);
    const seconds = report.elapsedMs / 1000;
    return { touchpointsPerS: report.accepted / seconds, visitorsPerS: VISITORS / seconds };
  } finally {
    await edge.close();
  }
}

/** In order of time, so a visitor's lines lie between those of others. */
function linesOf(): string {
  const lines = Array.from({ length: VISITORS * EACH }, (_, i) => {
    const step = Math.floor(i / VISITORS);
    return JSON.stringify({
      anonymousId: `v${i % VISITORS}`,
      type: "page",
      timestamp: Date.UTC(2026, 9, 1) + step * 20_000 + (i % VISITORS),
      properties: { url: `https://shop.example/${["", "cart", "pay"][step % 3]}`, colour: "green" },
    });
  });
  return `${lines.join("\n")}\n`;
}
