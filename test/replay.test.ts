import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "./harness/edge.ts";
import { madeEvents } from "./made-events.ts";
import { countedByScript, countsOf, replaySite, type ReplaySite } from "./map-counts.ts";

/** Small enough that a visitor of 200 touchpoints needs several calls, and so crosses the watermark. */
const SMALL_CALL_BYTES = 12_000;

let folder: string;
let file: string;
let edge: Edge;
let site: ReplaySite;
const text = madeEvents();
const rows = text.trimEnd().split("\n").slice(1);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-replay-"));
  file = join(folder, "made.csv");
  await writeFile(file, text);
  edge = await startEdge();
  site = await replaySite(edge, "made");
});

afterAll(async () => {
  await edge?.close();
  await rm(folder, { recursive: true, force: true });
});

test("the made file is what it claims: 2,000 visitors, at least 20 of 200 touchpoints, ties, and goals with more behind", async () => {
  const perVisitor = new Map<string, number>();
  for (const row of rows) {
    const visitor = row.slice(0, row.indexOf(","));
    perVisitor.set(visitor, (perVisitor.get(visitor) ?? 0) + 1);
  }
  expect(perVisitor.size).toBe(2000);
  expect([...perVisitor.values()].filter((count) => count === 200).length).toBeGreaterThanOrEqual(20);
  const moments = rows.map((row) => row.split(",").slice(0, 2).join());
  expect(new Set(moments).size).toBeLessThan(rows.length - 100);
  expect(new Set(rows).size).toBeLessThan(rows.length - 100);
});

test("J a replayed file becomes a map whose starts, ends and every edge are those that an independent script counts", async () => {
  const counted = await countedByScript(file);
  expect(counted.touchpoints).toBe(rows.length);
  const report = await site.replayFile(file, SMALL_CALL_BYTES);
  expect(report).toMatchObject({
    visitors: 2000,
    events: rows.length,
    sent: rows.length,
    accepted: rows.length,
    duplicates: 0,
    refused: [],
    unsent: 0,
  });
  const map = await site.mapOf(rows.length);
  expect(countsOf(map)).toEqual(counted);
  expect(map.late).toBe(0);
});
