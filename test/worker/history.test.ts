import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type MapView, mapView } from "../../models/analysis/graph.ts";
import { total } from "../../models/analysis/map-sum.ts";
import type { HistoryRow } from "../../models/history.ts";
import type { Journey } from "../../models/site-config.ts";
import { compactDay, daysToCompact } from "../../worker/history/compact.ts";
import { r2Sink } from "../../worker/history/r2-sink.ts";
import type { Known } from "../../worker/rights/known.ts";
import { duckdb } from "../harness/duckdb.ts";
import { createSite, type Edge, startEdge } from "../harness/edge.ts";
import { type PageClient, pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";
import { type MadeHistory, madeHistory } from "../made-history.ts";
import { mapFromHistory, type TouchpointRow } from "../map-from-history.ts";

const SITE = "shop";
const VISITORS = 60;
const JOURNEY = SMALL_SITE.journeys[0] as Journey;
const README = join(import.meta.dirname, "../../worker/README.md");

type Bucket = Awaited<ReturnType<Edge["history"]>>;
type Answers = Record<string, unknown>[][];

let made: MadeHistory;
let keys: string[];
/** What DuckDB says of the files: the README's question, every row by the rule, rows without it, types, schema. */
let answers: Answers;

beforeAll(async () => {
  made = madeHistory(SITE, VISITORS, JOURNEY);
  const folder = await mkdtemp(join(tmpdir(), "waypost-history-"));
  const edge = await startEdge();
  try {
    const bucket = await edge.history();
    await Promise.all(made.chunks.map((chunk) => r2Sink(bucket).write(chunk)));
    await compactTwoDays(bucket);
    await leaveHalves(bucket);
    keys = await copyTo(folder, bucket);
    answers = await ask(folder);
  } finally {
    await edge.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

/** Of two days one shard is merged to the end, the other one stopped before the first deletion; other days stay as flushed. */
async function compactTwoDays(bucket: Bucket): Promise<void> {
  const stopping = new Proxy(bucket, {
    get: (target, name) => {
      if (name === "delete") return () => Promise.reject(new Error("stopped"));
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  for (const [shard, through] of [
    [`${SITE}:1:0`, bucket],
    [`${SITE}:1:1`, stopping],
  ] as const) {
    const days = await daysToCompact(bucket, { site: SITE, shard, atLeast: 2 });
    for (const day of days.slice(0, 2)) {
      const place = { site: SITE, shard, day, erased: new Map<string, number>() };
      if (through === bucket) while (!(await compactDay(through, place)));
      else await expect(compactDay(through, place)).rejects.toThrow("stopped");
    }
  }
}

/** What flushes leave that failed before their last row and were repeated with it, where nobody has tidied up yet. */
async function leaveHalves(bucket: Bucket): Promise<void> {
  const halves = made.chunks.slice(-6).map((chunk) => ({ ...chunk, to: chunk.to - 1, rows: chunk.rows.slice(0, -1) }));
  await Promise.all(halves.map((chunk) => r2Sink(bucket).write(chunk)));
}

async function copyTo(folder: string, bucket: Bucket): Promise<string[]> {
  const keys = (await bucket.list()).objects.map(({ key }) => key);
  for (const key of keys) {
    const file = join(folder, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, new Uint8Array((await (await bucket.get(key))?.arrayBuffer()) as ArrayBuffer));
  }
  return keys;
}

/** Visits of some pages on a running edge whose shards write at once, and the map that it tells of them. */
async function visit(edge: Edge): Promise<{ map: MapView; touchpoints: number; known: () => Promise<Known> }> {
  const site = await createSite(edge, "live", { ...SMALL_SITE, campaigns: [] });
  const walks = [["/", "/cart", "/pay", "/thanks"], ["/", "/", "/cart"], ["/pay/card"], ["/elsewhere", "/cart", "/"]];
  const clients = Array.from({ length: 24 }, () => pageClient(edge, site));
  let touchpoints = 0;
  for (let turn = 0; turn < 3; turn++) {
    for (const [i, client] of clients.entries()) {
      const paths = walks[(i + turn) % walks.length] as string[];
      const { status } = await client.send(paths);
      expect(status).toBe(200);
      touchpoints += paths.length;
    }
  }
  const order = (n: number) => ({
    seq: 1000 + n,
    type: "track" as const,
    name: "Order Completed",
    at: Date.now(),
    url: "",
    props: { order_id: `A-${Math.floor(n / 2)}`, revenue: 10.5 + n, currency: "EUR" },
  });
  for (let n = 0; n < 4; n++) {
    const [client] = clients as [PageClient];
    const streams = [{ stream: client.stream, touchpoints: [order(n)] }];
    expect((await client.send([], { streams })).status).toBe(200);
    touchpoints++;
  }
  const map = await waitFor(
    async () => (await (await edge.api("GET", "/api/sites/live/journeys/checkout/map")).json()) as MapView,
    (seen) => seen.touchpoints === touchpoints,
  );
  const [{ secret }] = clients as [PageClient];
  const headers = { Authorization: `Waypost ${secret}` };
  const known = async () =>
    (await fetch(`${edge.url}/v1/me?site=${site.publicKey}`, { headers })).json() as Promise<Known>;
  return { map, touchpoints, known };
}

/** How many rows the objects of a bucket say they hold. */
async function rowsOf(bucket: Bucket): Promise<number> {
  const { objects } = await bucket.list({ include: ["customMetadata"] });
  return objects.reduce((sum, { customMetadata }) => sum + Number(customMetadata?.rows), 0);
}

/** Every row by the rule of reading, its numbers as JavaScript's. */
const ROWS = `SELECT * EXCLUDE (occurredAt, receivedAt, revenueMilli), epoch_ms(occurredAt)::DOUBLE AS occurredAt,
  epoch_ms(receivedAt)::DOUBLE AS receivedAt, revenueMilli::DOUBLE AS revenueMilli
  FROM read_parquet(getvariable('objects'), hive_partitioning = false)`;

async function readmeSql(folder: string): Promise<{ list: string; question: string }> {
  const sql = /^```sql\n([\s\S]+?)^```/m.exec(await readFile(README, "utf8"))?.[1] ?? "";
  const [list = "", question = ""] = sql.replaceAll("history/v1", `${folder}/history/v1`).split(/;\n/);
  return { list, question };
}

async function ask(folder: string): Promise<Answers> {
  const { list, question } = await readmeSql(folder);
  const all = `read_parquet('${folder}/history/v1/**/*.parquet', hive_partitioning = true)`;
  return duckdb([
    list,
    question,
    ROWS,
    `SELECT count(*)::INTEGER AS rows FROM ${all}`,
    `DESCRIBE SELECT * FROM ${all}`,
    `SELECT DISTINCT key::VARCHAR AS key, value::VARCHAR AS value FROM parquet_kv_metadata(getvariable('objects'))`,
  ]);
}

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
const inOrder = (row: Record<string, unknown>) => Object.fromEntries(Object.entries(row).sort());

test("H4 H8 H10 DuckDB reads each row once, by the rule, past stopped merges and halves of flushes", () => {
  const [, , rows = [], unruled = []] = answers;
  expect(rows).toHaveLength(made.rows.length);
  const seen = sorted(rows.map(inOrder));
  const wanted = sorted(made.rows.map((row) => inOrder({ ...row })));
  expect(wanted.filter((row, i) => row !== seen[i]).slice(0, 3)).toEqual([]);
  // What was stopped has left what the rule is for.
  expect(unruled[0]?.rows).toBeGreaterThan(made.rows.length);
  expect(keys.some((key) => key.includes("-0001-")) && keys.some((key) => key.includes("-0000-"))).toBe(true);
});

test("H10 columns are typed, site and day are partitions, and the schema's version stands in each file", () => {
  const [, , , , columns = [], metadata = []] = answers;
  const types = Object.fromEntries(columns.map(({ column_name, column_type }) => [column_name, column_type]));
  expect(types).toMatchObject({
    person: "VARCHAR",
    occurredAt: "TIMESTAMP",
    receivedAt: "TIMESTAMP",
    seq: "INTEGER",
    revenueMilli: "BIGINT",
    props: "VARCHAR",
    site: "VARCHAR",
    day: "DATE",
  });
  expect(metadata).toEqual([{ key: "waypost.schema", value: "2" }]);
});

test("H10 the question in worker/README.md is answered as the rows are counted by hand", () => {
  const [, answer = []] = answers;
  const counted = new Map<string, { rows: HistoryRow[]; people: Set<string> }>();
  for (const row of made.rows.filter(({ kind }) => kind === "touchpoint")) {
    const key = `${new Date(row.occurredAt).toISOString().slice(0, 10)} ${row.stage}`;
    const group = counted.get(key) ?? { rows: [], people: new Set() };
    group.rows.push(row);
    counted.set(key, { rows: group.rows, people: group.people.add(row.person) });
  }
  const expected = [...counted].map(([key, { rows, people }]) => {
    const revenues = rows.flatMap(({ revenueMilli }) => revenueMilli ?? []);
    const revenue = revenues.length > 0 ? revenues.reduce((a, b) => a + b) / 1000 : null;
    return [key, rows.length, people.size, revenue, rows.filter(({ props }) => props === '{"plan":"pro"}').length];
  });
  const told = answer.map((row) => [
    `${(row.day as Date).toISOString().slice(0, 10)} ${row.stage}`,
    Number(row.touchpoints),
    Number(row.people),
    row.revenue === null ? null : Number(row.revenue),
    Number(row.pro),
  ]);
  expect(told.length).toBeGreaterThan(8);
  expect(sorted(told)).toEqual(sorted(expected));
  expect(new Set(answer.map(({ site }) => site))).toEqual(new Set([SITE]));
});

test("H11 the map folded from what DuckDB read is the sum of the contributions, and of fewer rows it is another", () => {
  const rows = answers[2] as unknown as TouchpointRow[];
  const live = total(made.contributions);
  const ordered = (value: unknown) => JSON.stringify(value, (_, v) => (v?.constructor === Object ? inOrder(v) : v));
  expect(live.visits).toBeGreaterThan(VISITORS);
  expect(Object.keys(live.edges).length).toBeGreaterThan(8);
  expect(live.goals).toBeGreaterThan(0);
  expect(ordered(mapFromHistory(rows, JOURNEY))).toBe(ordered(live));
  const without = rows.filter((row) => row !== rows.find(({ kind }) => kind === "touchpoint"));
  expect(ordered(mapFromHistory(without, JOURNEY))).not.toBe(ordered(live));
});

test("H11 J18 the live map of a running edge is, to the letter, what is folded from the history that its shards wrote", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waypost-live-history-"));
  const edge = await startEdge({ vars: { HISTORY_AFTER_S: "1" } });
  try {
    const { map, touchpoints, known } = await visit(edge);
    const bucket = await edge.history();
    await waitFor(
      () => rowsOf(bucket),
      (rows) => rows >= touchpoints,
    );
    await copyTo(folder, bucket);
    const { list } = await readmeSql(folder);
    const [, rows = []] = await duckdb([list, ROWS]);
    expect(rows).toHaveLength(touchpoints);
    // The Worker as it is deployed reads what it wrote: the first visitor took four steps, three, and one.
    const own = (await known()).journeys.flatMap(({ history }) => history);
    expect(own.filter(({ type }) => type === "page")).toHaveLength(4 + 3 + 1);
    expect(own.filter(({ orderId }) => orderId !== "")).toHaveLength(4);
    const sum = mapFromHistory(rows as unknown as TouchpointRow[], JOURNEY);
    expect(mapView({ sum, beside: {}, sets: {} }, JOURNEY)).toEqual(map);
    expect([map.orders, map.goals > 0, map.edges.length > 3]).toEqual([
      { count: 2, amounts: { EUR: 10.5 + 12.5 } },
      true,
      true,
    ]);
  } finally {
    await edge.close();
    await rm(folder, { recursive: true, force: true });
  }
});
