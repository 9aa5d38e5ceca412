/** What needs the folder of real data: `WAYPOST_DATA=DIR npm run verify:data`. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCases } from "../worker/cli/cases.ts";
import { type Edge, startEdge } from "./harness/edge.ts";
import { countedByScript, countsOf, type ImportSite, importSite, withoutRow } from "./map-counts.ts";

const DATA = resolve(process.env.WAYPOST_DATA ?? "");
const VISITORS = 2000;

let folder: string;
let edge: Edge;
let site: ImportSite;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-data-"));
  edge = await startEdge();
  site = await importSite(edge, "puffy");
});

afterAll(async () => {
  await edge?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The lines of the clients with most events, in the file's order; of equals, the lowest client numbers. */
function busiest(text: string): string {
  const [header, ...rows] = text.trimEnd().split("\n");
  const clientOf = (row: string) => Number(row.slice(0, row.indexOf(",")));
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(clientOf(row), (counts.get(clientOf(row)) ?? 0) + 1);
  const ranked = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  const kept = new Set(ranked.slice(0, VISITORS).map(([client]) => client));
  return `${[header, ...rows.filter((row) => kept.has(clientOf(row)))].join("\n")}\n`;
}

test("the 2,000 busiest visitors of a real shop become the map that an independent script counts, and again change nothing", async () => {
  const text = busiest(gunzipSync(await readFile(join(DATA, "data/puffy_events/events.csv.gz"))).toString("utf8"));
  const events = text.trimEnd().split("\n").length - 1;
  const file = join(folder, "busiest.csv");
  await writeFile(file, text);
  const counted = await countedByScript(file);

  const report = await site.importFile(file);
  expect(report).toMatchObject({ lines: events + 1, accepted: events, duplicates: 0, late: 0, refused: 0 });
  const map = await site.mapOf(events);
  expect(countsOf(map)).toEqual(counted);
  expect(map.late).toBe(0);

  const again = await site.importFile(file);
  expect(again).toMatchObject({ through: events + 1, accepted: 0, duplicates: events, refused: 0 });
  expect(await site.mapOf(events)).toEqual(map);

  const shorter = join(folder, "shorter.csv");
  const row = text.split("\n").findIndex((line) => line.includes(",page,product,")) - 1;
  await writeFile(shorter, withoutRow(text, row));
  expect(countsOf(map)).not.toEqual(await countedByScript(shorter));
  console.log(`${events} events, ${Math.round(report.elapsedMs)} ms; again ${Math.round(again.elapsedMs)} ms`);
});

test("every published case of bucketing and targeting passes", async () => {
  const names = (await readdir(join(DATA, "cases"))).filter((name) => /^(bucketing|targeting)-.*\.json$/.test(name));
  const lines: string[] = [];
  const code = runCases(
    names.map((name) => join(DATA, "cases", name)),
    (line) => lines.push(line),
  );
  expect(names.length).toBeGreaterThanOrEqual(2);
  expect(lines).toEqual([expect.stringMatching(/^[1-9]\d* passed, 0 failed$/)]);
  expect(code).toBe(0);
});
