import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MapView } from "../models/analysis/graph.ts";
import type { SiteConfig } from "../models/site-config.ts";
import { type Mapping, readMapping } from "../worker/cli/import/mapping.ts";
import type { ImportReport } from "../worker/cli/import/report.ts";
import { type ImportOptions, importFile } from "../worker/cli/import/run.ts";
import { createSite, type DemoSite, type Edge } from "./harness/edge.ts";
import { SMALL_SITE } from "./harness/small-site.ts";
import { waitFor } from "./harness/wait-for.ts";

/** The stage mapping of the shop whose events the import tests send. */
export const MAPPING_FILE = join(import.meta.dirname, "cases/puffy-events.json");
const SCRIPT = join(import.meta.dirname, "count-edges.mjs");
/** How long the map may take to hear of everything after the last answer. */
const MAP_MS = 30_000;

/** What the map must say, and what a script that shares nothing with the project counts. */
export interface Counts {
  visits: number;
  touchpoints: number;
  goals: number;
  starts: Record<string, number>;
  ends: Record<string, number>;
  edges: Record<string, number>;
}

/** Counts a file's edges with test/count-edges.mjs, in a process of its own. */
export async function countedByScript(file: string): Promise<Counts> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, file, MAPPING_FILE]);
  return JSON.parse(stdout) as Counts;
}

/** The map in the script's shape; stages and edges of no count are left out. */
export function countsOf(map: MapView): Counts {
  const { visits, touchpoints, goals, stages, edges } = map;
  const nonzero = (pairs: [string, number][]) => Object.fromEntries(pairs.filter(([, count]) => count !== 0));
  return {
    visits,
    touchpoints,
    goals,
    starts: nonzero(stages.map(({ id, starts }) => [id, starts])),
    ends: nonzero(stages.map(({ id, ends }) => [id, ends])),
    edges: nonzero(edges.map(({ from, to, count }) => [`${from}>${to}`, count])),
  };
}

/** A site with the mapping's stages on a running edge, and what reads its map and imports files into it. */
export interface ImportSite extends DemoSite {
  /** Nothing is noted: the same file once more is sent once more. */
  importFile: (file: string, more?: Partial<ImportOptions>) => Promise<ImportReport>;
  /** The map once it holds this many touchpoints. Pushes to it follow the answers. */
  mapOf: (touchpoints: number) => Promise<MapView>;
}

/** Creates a site with the stages that the mapping file declares. */
export async function importSite(edge: Edge, id: string): Promise<ImportSite> {
  const mapping: Mapping = await readMapping(MAPPING_FILE);
  const journeys = mapping.journeys ?? [];
  const config: SiteConfig = { ...SMALL_SITE, journeys, campaigns: [] };
  const site: DemoSite = await createSite(edge, id, config);
  const path = `/api/sites/${id}/journeys/${journeys[0]?.id}/map`;
  const given = { mapping, edge: edge.url, writeKey: site.writeKey, notes: null };
  return {
    ...site,
    importFile: (file, more = {}) => importFile({ file, ...given, ...more }),
    mapOf: (touchpoints) =>
      waitFor(
        async () => (await (await edge.api("GET", path)).json()) as MapView,
        (map) => map.touchpoints === touchpoints,
        MAP_MS,
      ),
  };
}

/** The lines of a file without the n-th row (from 0, the header not counted): what a script must not take for the same. */
export function withoutRow(text: string, n: number): string {
  return text
    .split("\n")
    .toSpliced(n + 1, 1)
    .join("\n");
}
