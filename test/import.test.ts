import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportLines } from "../worker/cli/import/report.ts";
import { type Edge, startEdge } from "./harness/edge.ts";
import { waitFor } from "./harness/wait-for.ts";
import { madeEvents } from "./made-events.ts";
import { countedByScript, countsOf, type ImportSite, importSite, MAPPING_FILE, withoutRow } from "./map-counts.ts";

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
  expect(visitors).toHaveLength(400);
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

/** Some of the made visitors, and one between every two of their lines: more than 256 separate lines of one visitor. */
function sparse(visitors: number): string {
  const [head, ...some] = text
    .split("\n")
    .filter((line, i) => i === 0 || Number(line.split(",")[0] || visitors + 1) <= visitors);
  const from = Number(some[0]?.split(",")[1]);
  const between = (i: number) => `between,${from + i * 60_000},page,${["home", "product", "cart"][i % 3]}`;
  return `${[head, ...some.flatMap((line, i) => [line, between(i)])].join("\n")}\n`;
}

test("W26 an import that is killed goes on where it was: every line once, and the map is that of one run", async () => {
  const path = join(folder, "killed.csv");
  await writeFile(path, sparse(60));
  const counted = await countedByScript(path);
  expect(counted.touchpoints).toBeGreaterThan(1_000);
  const own = await importSite(edge, "killed");
  const command = [
    join(import.meta.dirname, "../worker/cli/import.ts"),
    path,
    "--mapping",
    MAPPING_FILE,
    "--window",
    "200",
  ];
  const args = [...command, "--edge", edge.url, `--write-key=${own.writeKey}`];
  const start = () => execFile(process.execPath, args, { cwd: folder });
  const first = start();
  const killed = once(first, "exit");
  const notes = join(folder, ".waypost/imports");
  const note = async () => {
    const [name = ""] = (await readdir(notes).catch(() => [])).filter((one) => one.endsWith(".json"));
    return JSON.parse(await readFile(join(notes, name), "utf8").catch(() => "{}")) as {
      through?: number;
      isWhole?: boolean;
    };
  };
  const { through = 0 } = await waitFor(note, (seen) => (seen.through ?? 0) > 0, 30_000);
  first.kill("SIGKILL");
  expect(await killed).toEqual([null, "SIGKILL"]);
  expect(through).toBeLessThan(counted.touchpoints);
  // What it was about to note when it ended may have been noted, and no more than that.
  const begins = ((await note()).through ?? 0) + 1;
  const second = start();
  let said = "";
  second.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  expect(await once(second, "exit")).toEqual([0, null]);
  expect(said).toContain(`lines ${begins} to ${counted.touchpoints + 1} of ${counted.touchpoints + 1} in `);
  expect(await note()).toMatchObject({ isWhole: true });
  expect(countsOf(await own.mapOf(counted.touchpoints))).toEqual(counted);
  const again = await own.importFile(path);
  expect(again).toMatchObject({ accepted: 0, duplicates: counted.touchpoints, refused: 0 });
});

test("W26 an import that is stopped ends after the calls under way, says where it goes on, and goes on there", async () => {
  const path = join(folder, "stopped.csv");
  await writeFile(path, sparse(12));
  const counted = await countedByScript(path);
  const own = await importSite(edge, "stopped");
  const stopped = new AbortController();
  const write = () => stopped.abort();
  const notes = join(folder, "stopped");
  const first = await own.importFile(path, { notes, windowLines: 100, sink: { write }, signal: stopped.signal });
  expect(first.isStopped).toBe(true);
  expect(first.through).toBeLessThan(first.lines);
  expect(reportLines(first).at(-1)).toBe(
    `  unsent      ${first.lines - first.through}, for it was stopped: the same command goes on at line ${first.through + 1}`,
  );
  const second = await own.importFile(path, { notes, windowLines: 100 });
  expect(second).toMatchObject({ from: first.through + 1, through: first.lines, isStopped: false, refused: 0 });
  expect(first.accepted + second.accepted).toBe(counted.touchpoints);
  expect(countsOf(await own.mapOf(counted.touchpoints))).toEqual(counted);
  expect(await own.importFile(path, { notes })).toMatchObject({ before: { refused: 0 }, accepted: 0, duplicates: 0 });
});

test("W25 the same rows as CSV, NDJSON and Parquet become the same map", async () => {
  const rows = sparse(5);
  const items = rows
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((row) => {
      const [client = "", at, kind, path] = row.split(",");
      const event = {
        add: "Product Added",
        checkout: "Checkout Started",
        purchase: "Order Completed",
        popup_accept: "Popup Accepted",
      }[kind ?? ""];
      return {
        anonymousId: client,
        type: event ? "track" : "page",
        event: event ?? "",
        timestamp: Number(at),
        url: `https://shop.example/${path}`,
      };
    });
  const counted = countsOf(await imported("as-csv", "rows.csv", rows));
  const lines = items.map(({ url, ...item }) => JSON.stringify({ ...item, context: { page: { url } } }));
  expect(countsOf(await imported("as-lines", "rows.ndjson", lines.join("\n")))).toEqual(counted);
  const names = {
    anonymousId: "STRING",
    type: "STRING",
    event: "STRING",
    timestamp: "TIMESTAMP",
    url: "STRING",
  } as const;
  const columnData = Object.entries(names).map(([name, type]) => ({
    name: name === "url" ? "context.page.url" : name,
    data: items.map((item) =>
      name === "timestamp" ? new Date(item.timestamp) : item[name as keyof typeof item],
    ) as never,
    type,
  }));
  const parquet = new Uint8Array(parquetWriteBuffer({ columnData }));
  expect(countsOf(await imported("as-parquet", "rows.parquet", parquet))).toEqual(counted);

  async function imported(id: string, name: string, content: string | Uint8Array) {
    const own = await importSite(edge, id);
    const path = join(folder, name);
    await writeFile(path, content);
    const report = await own.importFile(path, name.endsWith(".csv") ? {} : { mapping: null });
    expect(report).toMatchObject({ accepted: items.length, duplicates: 0, refused: 0 });
    return own.mapOf(items.length);
  }
});
