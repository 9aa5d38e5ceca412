import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { startEdge } from "../../harness/edge.ts";
import { countedByScript, countsOf, importSite } from "../../map-counts.ts";

/** The whole file of a real shop's events, imported twice and counted by a script that shares nothing with the project. */
export async function puffyTwice(data: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "waypost-bench-puffy-"));
  const edge = await startEdge();
  try {
    const file = join(folder, "events.csv");
    await writeFile(file, gunzipSync(await readFile(join(data, "data/puffy_events/events.csv.gz"))));
    const counted = await countedByScript(file);
    const site = await importSite(edge, "puffy");
    const first = await site.importFile(file);
    const map = await site.mapOf(first.accepted);
    const second = await site.importFile(file);
    const again = await site.mapOf(first.accepted);
    const told = ({ elapsedMs, lines, accepted, duplicates, late, refused }: typeof first) =>
      `${JSON.stringify({ lines, accepted, duplicates, late, refused })}, ${(elapsedMs / 1000).toFixed(1)} s`;
    return [
      `first:  ${told(first)}`,
      `second: ${told(second)}`,
      `map: ${map.visits} visits, ${map.touchpoints} touchpoints, ${map.goals} goals, ${map.edges.length} edges, late ${map.late}`,
      `the second import changed nothing: ${isDeepStrictEqual(map, again)}`,
      `equal to the independent count: ${isDeepStrictEqual(countsOf(map), counted)}`,
    ];
  } finally {
    await edge.close();
    await rm(folder, { recursive: true, force: true });
  }
}
