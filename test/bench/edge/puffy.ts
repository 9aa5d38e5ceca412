import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { startEdge } from "../../harness/edge.ts";
import { countedByScript, countsOf, replaySite } from "../../map-counts.ts";

/** The whole file of a real shop's events, replayed twice and counted by a script that shares nothing with the project. */
export async function puffyTwice(data: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "waypost-bench-puffy-"));
  const edge = await startEdge();
  try {
    const file = join(folder, "events.csv");
    await writeFile(file, gunzipSync(await readFile(join(data, "data/puffy_events/events.csv.gz"))));
    const counted = await countedByScript(file);
    const site = await replaySite(edge, "puffy");
    const first = await site.replayFile(file);
    const map = await site.mapOf(first.events);
    const second = await site.replayFile(file);
    const again = await site.mapOf(first.events);
    const told = ({ elapsedMs, refused, ...report }: typeof first) =>
      `${JSON.stringify({ ...report, refused: refused.length })}, ${(elapsedMs / 1000).toFixed(1)} s`;
    return [
      `first:  ${told(first)}`,
      `second: ${told(second)}`,
      `map: ${map.visits} visits, ${map.touchpoints} touchpoints, ${map.goals} goals, ${map.edges.length} edges, late ${map.late}`,
      `the second replay changed nothing: ${isDeepStrictEqual(map, again)}`,
      `equal to the independent count: ${isDeepStrictEqual(countsOf(map), counted)}`,
    ];
  } finally {
    await edge.close();
    await rm(folder, { recursive: true, force: true });
  }
}
