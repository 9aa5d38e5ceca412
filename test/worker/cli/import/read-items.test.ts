import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, test } from "vitest";
import { CommandError } from "../../../../worker/cli/command-error.ts";
import { type Mapping, readMapping } from "../../../../worker/cli/import/mapping.ts";
import { readerOf } from "../../../../worker/cli/import/read-items.ts";
import { openSource } from "../../../../worker/cli/import/source.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, { mapping = null as Mapping | null, from = 1, stdin = "" } = {}) {
  const source = await openSource(path, Readable.from([Buffer.from(stdin)]));
  const reader = await readerOf(source, mapping);
  const items = [];
  for await (const some of reader.items(from)) items.push(...some);
  await reader.close();
  return { digest: source.digest, lines: reader.lines, unread: reader.unread, items };
}

async function failure(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CommandError);
  return (error as CommandError).message;
}

const ROWS = [
  {
    anonymousId: "ann",
    type: "page",
    event: null,
    timestamp: 1_577_880_000_000,
    price: null,
    plan: null,
    url: "https://s.example/",
  },
  {
    anonymousId: "bob",
    type: "track",
    event: 'Paid, "twice"',
    timestamp: 1_577_880_001_000,
    price: 12.5,
    plan: "pro",
    url: null,
  },
  { anonymousId: "ann", type: "track", event: "Paid", timestamp: 1_577_880_002_000, price: 3, plan: "x", url: null },
];
/** What each of the rows is as an item, whatever the file's form. */
const ITEMS = [
  { anonymousId: "ann", type: "page", timestamp: 1_577_880_000_000, context: { page: { url: "https://s.example/" } } },
  {
    anonymousId: "bob",
    type: "track",
    event: 'Paid, "twice"',
    timestamp: 1_577_880_001_000,
    properties: { price: 12.5 },
    traits: { plan: "pro" },
  },
  {
    anonymousId: "ann",
    type: "track",
    event: "Paid",
    timestamp: 1_577_880_002_000,
    properties: { price: 3 },
    traits: { plan: "x" },
  },
];
const HEAD = "anonymousId,type,event,timestamp,properties.price,traits.plan,context.page.url";
const CSV = `${HEAD}\n${ROWS.map((row) =>
  Object.values(row)
    .map((cell) => (typeof cell === "string" && /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : (cell ?? "")))
    .join(","),
).join("\n")}\n`;
const NDJSON = ITEMS.map((item) => `${JSON.stringify(item)}\n`).join("");

function parquet(codec: "UNCOMPRESSED" | "SNAPPY" = "SNAPPY", rows = ROWS, rowGroupSize = 2): Uint8Array {
  const names = HEAD.split(",");
  const cells = rows.map((row) => Object.values(row));
  const columnData: ColumnSource[] = names.map((name, i) => ({
    name,
    data: cells.map((own) => (name === "timestamp" ? new Date(own[i] as number) : own[i])) as never,
    type: name === "timestamp" ? "TIMESTAMP" : name === "properties.price" ? "DOUBLE" : "STRING",
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, codec, rowGroupSize }));
}

test("W24 W25 the same rows are the same items as NDJSON, CSV and Parquet, packed or not, and what comes in is NDJSON", async () => {
  const texts: [string, string | Uint8Array, number][] = [
    ["a.ndjson", NDJSON, 1],
    ["a.jsonl.gz", gzipSync(NDJSON), 1],
    ["a.csv", CSV, 2],
    ["a.csv.gz", gzipSync(CSV), 2],
    ["a.parquet", parquet(), 1],
    ["plain.parquet", parquet("UNCOMPRESSED"), 1],
  ];
  for (const [name, content, first] of texts) {
    const { items, unread } = await read(file(name, content));
    expect(items, name).toEqual(ITEMS.map((item, i) => ({ line: first + i, item })));
    expect(unread).toEqual([]);
  }
  const piped = await read("-", { stdin: NDJSON });
  expect(piped.items.map((one) => "item" in one && one.item)).toEqual(ITEMS);
  expect(piped.digest).toBe(createHash("sha256").update(NDJSON).digest("hex"));
  // What came in lay in a file of its own, which is gone.
  const source = await openSource("-", Readable.from([Buffer.from(NDJSON)]));
  expect(existsSync(source.path)).toBe(true);
  await source.close();
  expect(existsSync(source.path)).toBe(false);
});

test("a file is named by the digest of what it holds, packed or not; lines of a text and rows of Parquet are counted", async () => {
  const sha = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");
  expect(await read(file("b.csv", CSV))).toMatchObject({ digest: sha(CSV), lines: 4 });
  expect(await read(file("b.csv.gz", gzipSync(CSV)))).toMatchObject({ digest: sha(CSV), lines: 4 });
  expect(await read(file("open.csv", CSV.trimEnd()))).toMatchObject({ digest: sha(CSV.trimEnd()), lines: 4 });
  const bytes = parquet();
  expect(await read(file("b.parquet", bytes))).toMatchObject({ digest: sha(bytes), lines: 3 });
  for (const name of ["empty.ndjson", "empty.json.gz", "empty.csv"]) {
    const content = name.endsWith(".gz") ? gzipSync("") : "";
    expect(await read(file(name, content))).toMatchObject({ digest: sha(""), lines: 0, unread: [], items: [] });
  }
});

test("reading begins at any line, with the numbers that the lines have", async () => {
  for (const [name, content, from] of [
    ["c.ndjson", NDJSON, 3],
    ["c.csv", CSV, 4],
    ["c.parquet", parquet(), 3],
  ] as const) {
    expect((await read(file(name, content), { from })).items, name).toEqual([{ line: from, item: ITEMS[2] }]);
  }
});

test("Parquet of many row groups is read from its first row to its last", async () => {
  const rows = Array.from({ length: 12_345 }, (_, i) => ({
    ...(ROWS[2] as (typeof ROWS)[2]),
    anonymousId: `v${i}`,
    event: "E",
  }));
  const { items, lines } = await read(file("many.parquet", parquet("SNAPPY", rows as typeof ROWS, 6_000)));
  expect(lines).toBe(12_345);
  expect(items.map((one) => one.line)).toEqual(rows.map((_, i) => i + 1));
  expect(items.map((one) => "item" in one && one.item.anonymousId)).toEqual(rows.map(({ anonymousId }) => anonymousId));
});

test("a line that cannot be read is refused with its number, and the others are read", async () => {
  const bad = `${NDJSON}{\n[]\n${JSON.stringify(ITEMS[0])}`;
  const { items } = await read(file("d.ndjson", bad));
  expect(items.map((one) => [one.line, "refusal" in one])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, true],
    [5, true],
    [6, false],
  ]);
  const table = await read(file("d.csv", `${CSV}ann,page\n"open,page,,1,,,\nbob,page,,1,,,\n`));
  expect(table.items.slice(3).map((one) => [one.line, "refusal" in one])).toEqual([
    [5, true],
    [6, true],
    [7, false],
  ]);
});

test("a line that is a list or half an object costs itself alone, where it does not begin the file", async () => {
  const items = async (content: string) => (await read(file("k.ndjson", content))).items.map((one) => "refusal" in one);
  expect(await items('{"a":1}\n[\n{\n"b": 1\n}\n')).toEqual([false, true, true, true, true]);
  expect(await items('{\n{"a":1}\n')).toEqual([true, false]);
});

test("what is no file of events is said with its name, and what to do", async () => {
  const cases: [() => Promise<unknown>, RegExp][] = [
    [() => read(join(folder, "none.csv")), /none\.csv does not exist: check the path\.$/],
    [
      () => read(file("e.xlsx", "")),
      /e\.xlsx is of no known kind: \.ndjson, \.jsonl, \.json, \.csv, \.parquet, or “-”\.$/,
    ],
    [() => read(file("e.csv", 'a"b\n')), /e\.csv has no head line: its first line has to name the columns\.$/],
    [
      () => read(file("f.csv", "a,b\n")),
      /f\.csv needs to be a table with the columns type, timestamp, and anonymousId or userId\. It has a, b: say what they mean with --mapping FILE/,
    ],
    [() => read(file("g.ndjson.gz", "plain")), /g\.ndjson\.gz cannot be read: incorrect header check\.$/],
    [() => read(file("h.parquet", "PAR1 no PAR1")), /h\.parquet cannot be read as Parquet: /],
    [
      () => read(file("list.json", `\ufeff\n [${NDJSON.trim().split("\n")}]`)),
      /list\.json is a list: an import reads one JSON object a line\. Make lines of it: jq -c '\.\[\]' \S+list\.json > lines\.ndjson$/,
    ],
    [() => read(file("list.jsonl.gz", gzipSync("[\n{}\n]"))), /list\.jsonl\.gz is a list: .* jq -c '\.\[\]' /],
    [
      () => read(file("wide.json", JSON.stringify({ anonymousId: "ann", type: "page" }, null, 2))),
      /wide\.json is an object over several lines: an import reads one JSON object a line\. .* jq -c '\.' /,
    ],
    [
      () => read(file("i.ndjson", "{}"), { mapping: MAPPING }),
      /i\.ndjson has no columns: a mapping is for CSV and Parquet\.$/,
    ],
  ];
  for (const [reading, message] of cases) expect(await failure(reading())).toMatch(message);
});

const MAPPING: Mapping = {
  visitor: "who",
  time: "when",
  kind: "what",
  kinds: {
    view: { type: "page", url: "https://shop.example/{page}", channel: "{via}" },
    buy: { type: "track", event: "Order Completed", source: "till", properties: { revenue: "sum", shop: "page" } },
  },
};

test("a mapping says what columns of other names mean; a row of no kind is refused alone", async () => {
  const csv =
    "who,when,what,page,sum,via,colour\nann,2000,view,a b,,email,\nbob,2025-03-01,buy,,12.5,,red\nann,1,steal,,,,\n";
  const { items, unread } = await read(file("m.csv", csv), { mapping: MAPPING });
  expect(unread).toEqual(["colour"]);
  expect(items).toEqual([
    {
      line: 2,
      item: {
        anonymousId: "ann",
        timestamp: 2000,
        type: "page",
        channel: "email",
        context: { page: { url: "https://shop.example/a%20b" } },
      },
    },
    {
      line: 3,
      item: {
        anonymousId: "bob",
        timestamp: "2025-03-01",
        type: "track",
        event: "Order Completed",
        source: "till",
        properties: { revenue: 12.5 },
      },
    },
    { line: 4, refusal: { ok: false, reason: "malformed", field: "what", bound: "one of view, buy" } },
  ]);
  const any: Mapping = {
    visitor: "who",
    user: "page",
    time: "when",
    kinds: { "*": { type: "track", event: "{what}" } },
  };
  expect((await read(file("n.csv", csv), { mapping: any })).items.map((one) => "item" in one && one.item)).toEqual([
    { anonymousId: "ann", userId: "a b", timestamp: 2000, type: "track", event: "view" },
    { anonymousId: "bob", timestamp: "2025-03-01", type: "track", event: "buy" },
    { anonymousId: "ann", timestamp: 1, type: "track", event: "steal" },
  ]);
  const typed: Mapping = {
    visitor: "anonymousId",
    time: "timestamp",
    kinds: { "*": { type: "track", properties: { price: "properties.price" } } },
  };
  expect(
    (await read(file("o.parquet", parquet()), { mapping: typed })).items.map((one) => "item" in one && one.item),
  ).toEqual([
    { anonymousId: "ann", timestamp: 1_577_880_000_000, type: "track" },
    { anonymousId: "bob", timestamp: 1_577_880_001_000, type: "track", properties: { price: 12.5 } },
    { anonymousId: "ann", timestamp: 1_577_880_002_000, type: "track", properties: { price: 3 } },
  ]);
  expect(await failure(read(file("p.csv", "who,when\n"), { mapping: MAPPING }))).toBe(
    "The mapping takes the kind from a column “what”, but the file has who, when. Mend the mapping.",
  );
  expect(await failure(read(file("q.csv", "who,when,what\n"), { mapping: MAPPING }))).toContain(
    "kinds.view.url from a column “page”",
  );
});

test("a mapping says which of its parts is missing", async () => {
  expect(await readMapping("test/cases/puffy-events.json")).toMatchObject({ visitor: "client", time: "t_ms" });
  expect(await failure(readMapping(join(folder, "none.json")))).toMatch(/none\.json does not exist: check the path\.$/);
  const wrong = async (mapping: unknown) => {
    const text = typeof mapping === "string" ? mapping : JSON.stringify(mapping);
    return (await failure(readMapping(file("wrong.json", text)))).replace(/^.*wrong\.json /, "");
  };
  expect(await wrong("{")).toContain("is not JSON");
  expect(await wrong({ visitor: "a" })).toBe("needs “time”: a column's name.");
  expect(await wrong({ time: "b" })).toBe("needs “visitor” or “user”: a column's name.");
  const base = { user: "a", time: "b" };
  const kinds = { view: { type: "page" } };
  expect(await wrong({ ...base, kind: 1, kinds })).toBe("needs “kind” to be a column's name.");
  expect(await wrong({ ...base, kind: "c" })).toBe("needs “kinds”: what each kind of row becomes.");
  expect(await wrong({ ...base, kinds })).toBe(
    "needs “kind”, a column's name, or the kind “*”, which every row is then.",
  );
  expect(await wrong({ ...base, kind: "c", kinds: { view: { type: "look" } } })).toContain(
    "needs kinds.view.type: one of page, track",
  );
  expect(await wrong({ ...base, kind: "c", kinds: { view: { type: "page", url: 1 } } })).toBe(
    "needs kinds.view.url: a text.",
  );
  expect(await wrong({ ...base, kind: "c", kinds: { view: { type: "page", properties: { a: 1 } } } })).toBe(
    "needs kinds.view.properties: columns by name.",
  );
});
