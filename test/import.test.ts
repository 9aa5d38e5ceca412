import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "./harness/edge.ts";
import { madeEvents } from "./made-events.ts";
import { countedByScript, countsOf, type ImportSite, importSite, withoutRow } from "./map-counts.ts";

/** Small enough that a visitor of 200 touchpoints needs several calls, and so crosses the journey's watermark. */
const SMALL_CALL_BYTES = 12_000;
const MINUTE_MS = 60_000;

const text = madeEvents();
const rows = text.trimEnd().split("\n").slice(1);
let folder: string;
let file: string;
let edge: Edge;
let site: ImportSite;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-import-"));
  file = join(folder, "made.csv");
  await writeFile(file, text);
  edge = await startEdge();
  site = await importSite(edge, "made");
});

afterAll(async () => {
  await edge?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Each visitor's rows as [time, kind], in order of time and then of line. */
function visitorsOf(): [at: number, kind: string][][] {
  const visitors = new Map<string, [number, string][]>();
  for (const row of rows) {
    const [visitor, at, kind] = row.split(",") as [string, string, string];
    visitors.set(visitor, [...(visitors.get(visitor) ?? []), [Number(at), kind]]);
  }
  return [...visitors.values()].map((own) => own.toSorted(([a], [b]) => a - b));
}

test("the made file holds what the map's rules speak of", () => {
  const visitors = visitorsOf();
  const gaps = visitors.flatMap((own) => own.slice(1).map(([at], i) => at - (own[i]?.[0] as number)));
  const neverIdle = visitors.filter((own) =>
    own.every(([at], i) => i === 0 || at - (own[i - 1]?.[0] as number) < 30 * MINUTE_MS),
  );
  const afterGoal = visitors.flatMap((own) =>
    own.filter(([at], i) => own[i - 1]?.[1] === "purchase" && at - (own[i - 1]?.[0] as number) < MINUTE_MS),
  );
  expect(visitors).toHaveLength(2000);
  expect(visitors.filter((own) => own.length === 200).length).toBeGreaterThanOrEqual(20);
  expect(gaps.filter((gap) => gap === 0).length).toBeGreaterThan(100);
  expect(gaps.filter((gap) => gap === 30 * MINUTE_MS).length).toBeGreaterThan(100);
  expect(gaps.filter((gap) => gap === 30 * MINUTE_MS - 1).length).toBeGreaterThan(100);
  expect(
    neverIdle.filter((own) => (own.at(-1)?.[0] as number) - (own[0]?.[0] as number) > 24 * 60 * MINUTE_MS),
  ).toHaveLength(12);
  expect(afterGoal.length).toBeGreaterThan(50);
  expect(rows.length - new Set(rows).size).toBeGreaterThan(100);
});

test("an imported file becomes a map whose starts, ends and every edge are those that an independent script counts", async () => {
  const counted = await countedByScript(file);
  expect(counted.touchpoints).toBe(rows.length);
  const report = await site.importFile(file, { callBytesMax: SMALL_CALL_BYTES });
  expect(report).toMatchObject({
    lines: rows.length + 1,
    through: rows.length + 1,
    accepted: rows.length,
    duplicates: 0,
    late: 0,
    refused: 0,
  });
  const map = await site.mapOf(rows.length);
  expect(countsOf(map)).toEqual(counted);
  expect(map.late).toBe(0);
});

test("the same file once more, cut into other calls, is all duplicates and leaves the map as it was", async () => {
  const before = await site.mapOf(rows.length);
  const report = await site.importFile(file);
  expect(report).toMatchObject({ through: rows.length + 1, accepted: 0, duplicates: rows.length, refused: 0 });
  expect(await site.mapOf(rows.length)).toEqual(before);
});

test("the comparison fails where one row is missing from the file", async () => {
  const row = rows.findIndex((line) => line.includes("page,product"));
  const shorter = join(folder, "shorter.csv");
  await writeFile(shorter, withoutRow(text, row));
  const counted = await countedByScript(shorter);
  const map = countsOf(await site.mapOf(rows.length));
  expect(map).not.toEqual(counted);
  expect(map.touchpoints - counted.touchpoints).toBe(1);
  expect(map.edges).not.toEqual(counted.edges);
});
