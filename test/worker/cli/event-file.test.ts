import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { CommandError } from "../../../worker/cli/command-error.ts";
import { readEventFile } from "../../../worker/cli/event-file.ts";
import { type Mapping, readMapping } from "../../../worker/cli/mapping.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-events-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const MAPPING: Mapping = {
  visitor: "who",
  time: "when",
  kind: "what",
  kinds: {
    view: { type: "page", url: "https://shop.example/{page}" },
    buy: { type: "track", event: "Order Completed" },
  },
};
const CSV = "who,when,what,page\nann,2000,view,cart\nbob,1000,view,a b\nann,1000,buy,\nann,2000,view,cart\n";

async function failure(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CommandError);
  return (error as CommandError).message;
}

test("rows become Segment items by visitor in order of time, and keep their place among the visitor's lines", async () => {
  const { events, visitors } = await readEventFile(file("a.csv", CSV), MAPPING);
  expect(events).toBe(4);
  const items = visitors.map((own) => own.map(({ json }) => JSON.parse(json) as unknown));
  const cart = {
    type: "page",
    anonymousId: "ann",
    timestamp: 2000,
    context: { page: { url: "https://shop.example/cart" } },
  };
  expect(items).toEqual([
    [
      { type: "track", event: "Order Completed", anonymousId: "ann", timestamp: 1000, seq: 1 },
      { ...cart, seq: 0 },
      { ...cart, seq: 2 },
    ],
    [
      {
        type: "page",
        anonymousId: "bob",
        timestamp: 1000,
        context: { page: { url: "https://shop.example/a%20b" } },
        seq: 0,
      },
    ],
  ]);
});

test("lines without an anonymousId are counted by their user, each from 0", async () => {
  const line = (who: object) => JSON.stringify({ type: "track", event: "Paid", timestamp: 1000, ...who });
  const lines = [{ userId: "ada" }, { userId: "bob" }, { userId: "ada" }, { anonymousId: "ada", userId: "ada" }];
  const { visitors } = await readEventFile(file("users.jsonl", lines.map(line).join("\n")), null);
  expect(visitors.map((own) => own.map(({ line, seq }) => [line, seq]))).toEqual([
    [
      [1, 0],
      [3, 1],
    ],
    [[2, 0]],
    [[4, 0]],
  ]);
});

test("a file is named by the digest of its bytes, and reads the same when it is compressed", async () => {
  const packed = gzipSync(CSV);
  const plain = await readEventFile(file("b.csv", CSV), MAPPING);
  const gz = await readEventFile(file("b.csv.gz", packed), MAPPING);
  expect(gz.visitors).toEqual(plain.visitors);
  expect(plain.digest).toBe(createHash("sha256").update(CSV).digest("hex"));
  expect(gz.digest).toBe(createHash("sha256").update(packed).digest("hex"));
});

test("a file of JSON lines needs no mapping; ISO times are put in order, and what the edge may refuse is left to it", async () => {
  const lines = [
    '{"type":"page","anonymousId":"ann","timestamp":"2025-03-01T10:00:00Z"}',
    "",
    '{"type":"page","anonymousId":"ann","timestamp":"2025-03-01T09:00:00Z","seq":99}',
    '{"type":"page"}',
  ];
  const { visitors } = await readEventFile(file("c.jsonl", lines.join("\n")), null);
  expect(visitors.map((own) => own.map(({ line, seq, at }) => [line, seq, at]))).toEqual([
    [
      [3, 1, Date.UTC(2025, 2, 1, 9)],
      [1, 0, Date.UTC(2025, 2, 1, 10)],
    ],
    [[4, 0, 0]],
  ]);
  expect(JSON.parse(visitors[0]?.[0]?.json ?? "")).toMatchObject({ seq: 1 });
});

test("what cannot be read is said with file and line, and what to do", async () => {
  expect(await failure(readEventFile(join(folder, "none.csv"), MAPPING))).toMatch(
    /none\.csv does not exist: check the path\.$/,
  );
  expect(await failure(readEventFile(file("d.csv", CSV), null))).toContain(
    "say what its columns mean with --mapping FILE",
  );
  expect(await failure(readEventFile(file("e.csv", "who,when\n"), MAPPING))).toBe(
    "The mapping takes the kind from a column “what”, but the file has who, when. Mend the mapping.",
  );
  expect(await failure(readEventFile(file("f.csv", "who,when,what\n"), MAPPING))).toContain(
    "kinds.view.url from a column “page”",
  );
  expect(await failure(readEventFile(file("g.csv", `${CSV}ann,1\n`), MAPPING))).toMatch(
    /g\.csv:6 has 2 fields, its first line 4\.$/,
  );
  expect(await failure(readEventFile(file("h.csv", `${CSV}ann,1,steal,\n`), MAPPING))).toMatch(
    /h\.csv:6: kind “steal” is not among the mapping's kinds: view, buy\.$/,
  );
  expect(await failure(readEventFile(file("i.csv", ""), MAPPING))).toContain("is empty");
  expect(await failure(readEventFile(file("j.jsonl", "{}\n{"), null))).toMatch(
    /j\.jsonl:2 is not a JSON object a line/,
  );
  expect(await failure(readEventFile(file("k.jsonl", "[]"), null))).toMatch(/k\.jsonl:1 is not a JSON object\.$/);
  expect(await failure(readEventFile(file("l.jsonl.gz", "plain"), null))).toContain("cannot be read as text");
  expect(await failure(readEventFile(file("m.jsonl", Buffer.from([0xff, 0xfe])), null))).toContain("it is not UTF-8");
});

test("a mapping says which of its parts is missing", async () => {
  expect(await readMapping("test/cases/puffy-events.json")).toMatchObject({ visitor: "client", time: "t_ms" });
  expect(await failure(readMapping(join(folder, "none.json")))).toMatch(/none\.json does not exist: check the path\.$/);
  expect(await failure(readMapping(file("n.json", "{")))).toContain("is not JSON");
  expect(await failure(readMapping(file("o.json", '{"visitor":"a","time":"b"}')))).toContain("needs “kind”");
  expect(await failure(readMapping(file("p.json", '{"visitor":"a","time":"b","kind":"c"}')))).toContain(
    "needs “kinds”",
  );
  const wrong = '{"visitor":"a","time":"b","kind":"c","kinds":{"view":{"type":"look"}}}';
  expect(await failure(readMapping(file("q.json", wrong)))).toContain("needs kinds.view.type: one of page, track");
});
