import { expect, test } from "vitest";
import { csvReader, headOf } from "../../models/csv.ts";
import {
  fileStream,
  importOf,
  isSeq,
  itemsOfLines,
  type Line,
  lineSplitter,
  parseImport,
} from "../../models/import.ts";
import { itemsOfRows, rowReader } from "../../models/import-rows.ts";
import { countedBy } from "../../models/server-item.ts";
import { withoutSeqs } from "../../models/streams.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function linesOf(text: string | Uint8Array, cutEvery = 1_000_000): Line[] {
  const splitter = lineSplitter(1);
  const all = typeof text === "string" ? bytes(text) : text;
  const lines: Line[] = [];
  // The same memory each time, as a reader of files has it.
  const buffer = new Uint8Array(cutEvery);
  for (let at = 0; at < all.length; at += cutEvery) {
    const part = all.subarray(at, at + cutEvery);
    buffer.set(part);
    lines.push(...splitter.push(buffer.subarray(0, part.length)));
  }
  return [...lines, ...splitter.end()];
}

const told = (lines: readonly object[]) =>
  lines.map((line) => {
    const { line: no, ...rest } = line as {
      line: number;
      text?: string;
      fields?: string[];
      refusal?: { bound: string };
    };
    return [no, rest.text ?? rest.fields ?? rest.refusal?.bound];
  });

const item = (anonymousId: string, seq: number) => ({ anonymousId, seq, type: "page", timestamp: 1_000 + seq });

test("W21 a call of an import names its stream and what it covers, and its items are told apart by their seqs", () => {
  const batch = [item("ann", 3), item("bob", 7), item("ann", 9), { ...item("ann", 10), type: "dance" }];
  const read = parseImport({ stream: "tickets", covers: [[0, 9]], batch });
  expect(read).toMatchObject({ ok: true, value: { isLive: false, stream: "tickets", covers: [[0, 9]] } });
  if (!read.ok) throw new Error(read.bound);
  expect(read.value.items.map(({ index, item }) => [index, item.countedBy, item.touchpoint.seq])).toEqual([
    [0, "visitor ann", 3],
    [1, "visitor bob", 7],
    [2, "visitor ann", 9],
  ]);
  expect(read.value.refused).toMatchObject([{ index: 3, result: "refused", reason: "unknown-type", field: "type" }]);
  expect(parseImport({ stream: "s", batch: [] })).toMatchObject({ ok: true, value: { covers: [] } });
  // Without a time of its own an item of the past has none.
  const { timestamp: _, ...timeless } = item("ann", 0);
  expect(parseImport({ stream: "s", batch: [timeless] })).toMatchObject({
    value: { refused: [{ field: "timestamp" }] },
  });
});

test("W21 what is wrong with the frame refuses the whole, naming the field; 100 visitors are taken, 101 are not", () => {
  const fieldOf = (value: unknown) => {
    const read = parseImport(value);
    return read.ok ? "ok" : read.field;
  };
  expect(fieldOf([])).toBe("");
  for (const stream of [undefined, 7, "", "s".repeat(129)]) expect(fieldOf({ stream, batch: [] })).toBe("stream");
  expect(fieldOf({ stream: "s".repeat(128), batch: [] })).toBe("ok");
  expect(fieldOf({ stream: "s" })).toBe("batch");
  for (const one of [5, [], [1], [2, 1], [-1, 1], [0, 2 ** 31], [0, 1, 2], [0.5, 1], [[0, 1]]]) {
    const covers = [[0, 1], one];
    expect(fieldOf({ stream: "s", covers, batch: [] }), JSON.stringify(covers)).toBe("covers");
  }
  expect(fieldOf({ stream: "s", covers: [0, 1], batch: [] })).toBe("covers");
  const intervals = Array.from({ length: 257 }, (_, i) => [i * 2, i * 2]);
  expect(fieldOf({ stream: "s", covers: intervals, batch: [] })).toBe("covers");
  for (const covers of [[], [[0, 0]], [[1, 2 ** 31 - 1]], intervals.slice(1)])
    expect(fieldOf({ stream: "s", covers, batch: [] })).toBe("ok");
  const many = Array.from({ length: 101 }, (_, i) => item(`v${i}`, 0));
  const call = { stream: "s", covers: [] };
  expect(importOf(many, call)).toMatchObject({ ok: false, field: "batch", bound: "items of at most 100 visitors" });
  expect(importOf(many.slice(1), call)).toMatchObject({ ok: true });
  expect([isSeq(0), isSeq(2 ** 31 - 1), isSeq(2 ** 31), isSeq(-1), isSeq("1")]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("W28 what a call refuses is not covered: it stays open, and what is taken is", () => {
  const bad = (seq: unknown) => ({ ...item("ann", 0), type: "dance", seq });
  const coversOf = (covers: unknown, batch: unknown[]) => {
    const read = parseImport({ stream: "s", covers, batch });
    if (!read.ok) throw new Error(read.bound);
    return read.value.covers;
  };
  expect(coversOf([[0, 10]], [item("ann", 2), bad(3), bad(7), item("bob", 9)])).toEqual([
    [0, 2],
    [4, 6],
    [8, 10],
  ]);
  // Of what is no item, and of a seq that is none, nothing is known.
  expect(coversOf([[0, 4]], [7, null, bad("1"), bad(-1), bad(0.5), bad(undefined)])).toEqual([[0, 4]]);
  expect(coversOf([[0, 4]], [])).toEqual([[0, 4]]);
});

test("W28 intervals without some of their numbers are those between them", () => {
  const covers: [number, number][] = [
    [1, 5],
    [8, 8],
    [10, 20],
  ];
  expect(withoutSeqs(covers, [])).toEqual(covers);
  expect(withoutSeqs(covers, [20, 1, 8, 15, 16, 7, 21, 15])).toEqual([
    [2, 5],
    [10, 14],
    [17, 19],
  ]);
});

test("W21 a file is another source than the stream of the same name, and items of one name are counted together", () => {
  expect(fileStream("tickets")).not.toBe("tickets");
  expect(
    [{ anonymousId: "a" }, { anonymousId: "a", userId: "u" }, { userId: "u" }, { anonymousId: "", userId: "u" }].map(
      countedBy,
    ),
  ).toEqual(["visitor a", "visitor a", "user u", "user u"]);
});

test("W22 lines are counted from 1 and are the same however the bytes are cut", () => {
  const text = "eins\r\nzwei ü€😀\n\n\r\nfünf";
  const whole = [
    [1, "eins"],
    [2, "zwei ü€😀"],
    [3, ""],
    [4, ""],
    [5, "fünf"],
  ];
  for (const cutEvery of [1, 2, 3, 5, 100])
    expect(told(linesOf(text, cutEvery)), `cut every ${cutEvery}`).toEqual(whole);
  expect(told(linesOf(`${text}\n`))).toEqual(whole);
  expect(linesOf("")).toEqual([]);
  expect(told(linesOf("\ufeffhead\nrow\n"))).toEqual([
    [1, "head"],
    [2, "row"],
  ]);
});

test("W22 a line that is too long or is no UTF-8 is refused alone", () => {
  const longest = "x".repeat(64 * 1024);
  for (const cutEvery of [1_000, 1_000_000]) {
    expect(
      told(linesOf(`a\n${longest}y\n${longest}\nb`, cutEvery)).map(([no, what]) => [no, String(what).slice(0, 40)]),
    ).toEqual([
      [1, "a"],
      [2, "a line of at most 65536 bytes"],
      [3, "x".repeat(40)],
      [4, "b"],
    ]);
  }
  const latin = Uint8Array.from([...bytes("a\nz"), 0xfc, ...bytes("\nb\n")]);
  expect(told(linesOf(latin))).toEqual([
    [1, "a"],
    [2, "text in UTF-8"],
    [3, "b"],
  ]);
});

test("W22 a line is one JSON object; what is none is refused alone, and an empty line is none", () => {
  const lines = linesOf('{"type":"page"}\n\n{\n[]\n"x"\n  \n{"a":1}');
  expect(itemsOfLines(lines)).toEqual([
    { line: 1, item: { type: "page" } },
    ...[3, 4, 5].map((line) => ({
      line,
      refusal: { ok: false, reason: "malformed", field: "", bound: "a JSON object" },
    })),
    { line: 7, item: { a: 1 } },
  ]);
});

function recordsOf(text: string, delimiter = ","): [number, string[] | string][] {
  const csv = csvReader(delimiter);
  return told([...csv.push(linesOf(text)), ...csv.end()]) as [number, string[] | string][];
}

const BROKEN = "CSV: a quote stands around a whole field, is doubled inside it, and is closed";

test("W23 a quoted field keeps delimiters, line ends and doubled quotes, and a record is named by its first line", () => {
  expect(recordsOf('1,"x, y",\r\n2,"say ""hi""\r\nthere",z\n\n"",""\n,\n3')).toEqual([
    [1, ["1", "x, y", ""]],
    [2, ["2", 'say "hi"\nthere', "z"]],
    [5, ["", ""]],
    [6, ["", ""]],
    [7, ["3"]],
  ]);
  expect(recordsOf('1;"x;y"\n', ";")).toEqual([[1, ["1", "x;y"]]]);
});

test("W23 a quote that stands wrongly, or that nothing closes, costs its own line and no other", () => {
  expect(recordsOf('1,5" disk,x\n2,b\n3,"multi\nline",c\n4,6" disk\n5,"a"b"\n6,"open\n7,d\n')).toEqual([
    [1, BROKEN],
    [2, ["2", "b"]],
    [3, ["3", "multi\nline", "c"]],
    [5, BROKEN],
    [6, BROKEN],
    [7, BROKEN],
    [8, ["7", "d"]],
  ]);
  const far = Array.from({ length: 3_000 }, (_, i) => `${i},${"x".repeat(40)}`);
  const records = recordsOf(`a,"open\n${far.join("\n")}\n`);
  expect(records[0]).toEqual([1, BROKEN]);
  expect(records.slice(1).map(([line]) => line)).toEqual(far.map((_, i) => i + 2));
  // It is refused before the end is seen: no more than 64 KiB is held.
  const csv = csvReader(",");
  expect(csv.push(linesOf(`a,"open\n${far.join("\n")}\n`)).length).toBeGreaterThan(2_900);
});

test("W23 of a record that has a line which is no text nothing is taken", () => {
  const csv = csvReader(",");
  const lines = linesOf(Uint8Array.from([...bytes('1,"a\n'), 0xfc, ...bytes('\nb"\n2,c\n')]));
  expect(told([...csv.push(lines), ...csv.end()])).toEqual([
    [2, "text in UTF-8"],
    [1, BROKEN],
    [3, BROKEN],
    [4, ["2", "c"]],
  ]);
});

test("W23 a head line says what stands between its fields", () => {
  expect(headOf("a,b;c")).toEqual({ delimiter: ",", columns: ["a", "b;c"] });
  // A comma may stand in a name: what makes more columns of the line is what parts them.
  expect(headOf("id;name, full;at")).toEqual({ delimiter: ";", columns: ["id", "name, full", "at"] });
  expect(headOf('id,"a;b;c;d",at')).toEqual({ delimiter: ",", columns: ["id", "a;b;c;d", "at"] });
  expect(headOf('"a";b')).toEqual({ delimiter: ";", columns: ["a", "b"] });
  expect(headOf("a\tb")).toEqual({ delimiter: "\t", columns: ["a", "b"] });
  expect(headOf("a")).toEqual({ delimiter: ",", columns: ["a"] });
  expect(headOf('a"b,c')).toBeNull();
});

const COLUMNS = [
  "anonymousId",
  "type",
  "event",
  "timestamp",
  "properties.price",
  "properties.zip",
  "properties.ok",
  "properties",
  "traits.plan",
  "context.page.url",
  "channel",
  "colour",
];

function rows(columns: readonly string[], cells: unknown[][], texts = true) {
  const reader = rowReader(columns, { texts });
  if (!reader.ok) throw new Error(reader.bound);
  return { unread: reader.value.unread, items: cells.map((own) => reader.value.item(own)) };
}

test("W24 a row is the item that its columns name; empty cells are none, and columns that mean nothing are named", () => {
  const { unread, items } = rows(COLUMNS, [
    [
      "7",
      "track",
      "Paid",
      "1700000000000",
      "12.50",
      "01234",
      "true",
      '{"a":1,"price":3}',
      "pro",
      "https://s.example/",
      "crm",
      "x",
    ],
    ["ann", "page", "", "2025-03-01T10:00:00Z", "", "", "", "", "", "", "", ""],
  ]);
  expect(unread).toEqual(["colour"]);
  expect(items).toEqual([
    {
      ok: true,
      value: {
        anonymousId: "7",
        type: "track",
        event: "Paid",
        timestamp: 1_700_000_000_000,
        channel: "crm",
        context: { page: { url: "https://s.example/" } },
        properties: { a: 1, price: 12.5, zip: "01234", ok: true },
        traits: { plan: "pro" },
      },
    },
    { ok: true, value: { anonymousId: "ann", type: "page", timestamp: "2025-03-01T10:00:00Z", properties: {} } },
  ]);
});

test("W24 in texts a number is one as JSON writes it; where cells have types, theirs are kept, and an id is its text", () => {
  const cells = ["-0.5", "1e5", "+1", "1.", ".5", "00", "0", "1234567890123456", "12345678901234567", "false", "True"];
  const columns = ["userId", "type", "timestamp", ...cells.map((_, i) => `properties.p${i}`)];
  const props = (own: unknown[], texts: boolean) => {
    const [first] = rows(columns, [[5, "track", 1, ...own]], texts).items;
    return first?.ok ? first.value : null;
  };
  expect(Object.values(props(cells, true)?.properties as object)).toEqual([
    -0.5,
    "1e5",
    "+1",
    "1.",
    ".5",
    "00",
    0,
    1_234_567_890_123_456,
    "12345678901234567",
    false,
    "True",
  ]);
  expect(Object.values(props(cells, false)?.properties as object)).toEqual(cells);
  expect(props(cells, false)?.userId).toBe("5");
});

test("W24 a table needs its columns once each; a row of another length, or whose properties are no object, is refused alone", () => {
  const bound = (columns: string[]) => {
    const reader = rowReader(columns, { texts: true });
    return reader.ok ? "ok" : reader.bound;
  };
  const needs = "a table with the columns type, timestamp, and anonymousId or userId";
  expect(bound(["anonymousId", "type", "timestamp"])).toBe("ok");
  expect(bound(["userId", "timestamp", "type"])).toBe("ok");
  for (const columns of [[], ["type", "timestamp"], ["userId", "type"], ["userId", "timestamp"]])
    expect(bound(columns)).toBe(needs);
  expect(bound(["userId", "type", "type", "timestamp"])).toContain("“type” stands twice");
  const reader = rowReader(["userId", "type", "timestamp", "properties"], { texts: true });
  if (!reader.ok) throw new Error(reader.bound);
  const broken = { line: 9, refusal: { ok: false as const, reason: "malformed" as const, field: "", bound: "x" } };
  const fields = (line: number, ...own: string[]) => ({ line, fields: own });
  const items = itemsOfRows(
    [
      fields(2, "u", "page", "1"),
      fields(3, "u", "page", "1", "", ""),
      fields(4, "u", "page", "1", "[]"),
      broken,
      fields(10, "u", "page", "1", ""),
    ],
    reader.value,
  );
  expect(items.map((one) => ("refusal" in one ? [one.line, one.refusal.field, one.refusal.bound] : one.line))).toEqual([
    [2, "", "4 fields, as the head line has; there are 3"],
    [3, "", "4 fields, as the head line has; there are 5"],
    [4, "properties", "a JSON object"],
    [9, "", "x"],
    10,
  ]);
});

test("S6 no column and no property reaches a prototype", () => {
  const columns = ["userId", "type", "timestamp", "properties.__proto__", "traits.constructor"];
  const [read] = rows(columns, [["u", "page", "1", "p", "c"]]).items;
  expect(read?.ok && Object.keys(read.value.properties as object)).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>).p).toBeUndefined();
  expect(Object.getPrototypeOf(read?.ok && read.value.properties)).toBe(Object.prototype);
});
