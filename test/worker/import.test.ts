import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import type { ItemResult } from "../../models/server-item.ts";
import type { Problem } from "../../models/wire.ts";
import { createSite, type DemoSite, type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

let edge: Edge;
let site: DemoSite;

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "imported", SMALL_SITE);
});
afterAll(() => edge.close());

interface Told extends Partial<Problem> {
  results: ItemResult[];
  file: string;
  lines: number;
  accepted: number;
  duplicates: number;
  late: number;
  refused: { line: number; reason: string; field: string; bound: string }[];
  unavailable: number[];
  unread: string[];
}

async function send(
  own: DemoSite,
  body: unknown,
  { form = "application/x-ndjson", query = "", key = own.writeKey, encoding = "" } = {},
) {
  const response = await fetch(`${edge.url}/v1/import${query}`, {
    method: "POST",
    headers: {
      Authorization: `Basic ${btoa(`${key}:`)}`,
      ...(form === "" ? {} : { "Content-Type": form }),
      ...(encoding === "" ? {} : { "Content-Encoding": encoding }),
    },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Told };
}

const json = { form: "application/json" };
const csv = { form: "text/csv" };

const item = (anonymousId: string, second: number, path: string, more: object = {}) => ({
  anonymousId,
  type: "page",
  timestamp: new Date(Date.UTC(2020, 0, 1, 12, 0, second)).toISOString(),
  properties: { url: `https://shop.example${path}` },
  ...more,
});
const lines = (items: readonly unknown[]) => items.map((one) => JSON.stringify(one)).join("\n");

const mapOf = (id: string, touchpoints: number) =>
  waitFor(
    async () => (await (await edge.api("GET", `/api/sites/${id}/journeys/checkout/map`)).json()) as MapView,
    (map) => map.touchpoints === touchpoints,
  );

const NONE = { duplicates: 0, late: 0, refused: [], unavailable: [] };

test("W25 a file that is sent as it is becomes touchpoints of the past, and a second time changes nothing", async () => {
  const own = await createSite(edge, "lines", SMALL_SITE);
  const body = lines([item("ann", 0, "/"), item("bob", 1, "/cart"), item("ann", 60, "/cart")]);
  const file = createHash("sha256").update(body).digest("hex");
  const first = await send(own, body);
  expect([first.status, first.body]).toEqual([200, { ...NONE, file, lines: 3, accepted: 3 }]);
  const map = await mapOf(own.id, 3);
  expect(map.edges).toMatchObject([{ from: "browse", to: "cart", count: 1, meanMs: 60_000 }]);
  expect((await send(own, body)).body).toEqual({ ...NONE, file, lines: 3, accepted: 0, duplicates: 3 });
  // As slices of the file they are the same lines, and so they are as JSON.
  const [, second = "", third = ""] = body.split("\n");
  const slice = await send(own, `${second}\n${third}\n`, { query: `?file=${file}&line=2` });
  expect(slice.body).toMatchObject({ accepted: 0, duplicates: 2 });
  const batch = [{ ...item("ann", 0, "/"), seq: 1 }];
  expect((await send(own, { stream: `file ${file}`, batch }, json)).body.results).toEqual([
    { index: 0, result: "duplicate" },
  ]);
  // Under another name they are others, and so they are further down in the same file.
  expect((await send(own, { stream: file, batch }, json)).body.results).toEqual([{ index: 0, result: "accepted" }]);
  expect((await send(own, second, { query: `?file=${file}&line=4` })).body).toMatchObject({ accepted: 1 });
});

test("W25 a line that cannot be taken is told by its number, and every other one is taken", async () => {
  const own = await createSite(edge, "bad-lines", SMALL_SITE);
  const body = [
    JSON.stringify(item("ann", 0, "/")),
    "",
    "{",
    JSON.stringify(item("ann", 1, "/cart", { type: "dance" })),
    JSON.stringify(item("ann", 2, "/cart", { timestamp: "yesterday" })),
    JSON.stringify(item("", 3, "/cart")),
    JSON.stringify(item("ann", 4, "/cart")),
  ].join("\r\n");
  const { status, body: told } = await send(own, body, { query: "?line=101" });
  expect(status).toBe(200);
  expect(told).toMatchObject({ lines: 6, accepted: 2, duplicates: 0, unavailable: [] });
  expect(told.refused.map(({ line, reason, field }) => [line, reason, field])).toEqual([
    [103, "malformed", ""],
    [104, "unknown-type", "type"],
    [105, "malformed", "timestamp"],
    [106, "malformed", "anonymousId"],
  ]);
  expect(told.refused[0]?.bound).toBe("a JSON object");
});

test("W25 CSV is read by its head line, and its rows are lines from 2 on", async () => {
  const own = await createSite(edge, "table", SMALL_SITE);
  const body = [
    "anonymousId,type,event,timestamp,context.page.url,properties.note,colour",
    `ann,page,,2020-01-01T12:00:00Z,https://shop.example/,"a, ""b""`,
    `and more",red`,
    "ann,track,Paid,1577880060000,https://shop.example/cart,,",
    "ann,page,1577880060000",
    "ann,page,,1577880120000,https://shop.example/cart,,",
  ].join("\n");
  const { body: told } = await send(own, body, csv);
  expect(told).toEqual({
    ...NONE,
    file: createHash("sha256").update(body).digest("hex"),
    lines: 4,
    accepted: 3,
    unread: ["colour"],
    refused: [{ line: 5, reason: "malformed", field: "", bound: "7 fields, as the head line has; there are 3" }],
  });
  expect((await mapOf(own.id, 3)).edges).toMatchObject([{ from: "browse", to: "cart", count: 1, meanMs: 120_000 }]);
  expect((await send(own, body, { form: "Text/CSV; charset=utf-8" })).body).toMatchObject({
    accepted: 0,
    duplicates: 3,
  });
  for (const head of ["", "a,b\n1,2", 'anonymousId,type,"timestamp\n1,2,3']) {
    const { status, body: problem } = await send(own, head, csv);
    expect([status, problem.detail]).toEqual([
      400,
      "The body must be: a table with the columns type, timestamp, and anonymousId or userId.",
    ]);
  }
});

test("W9 W25 a visitor whose lines lie far apart in a file is taken whole: the slice says what it covers", async () => {
  const own = await createSite(edge, "sparse", SMALL_SITE);
  const items = Array.from({ length: 600 }, (_, i) =>
    item(i % 2 === 0 ? "ann" : `v${i % 98}`, i, i % 4 === 0 ? "/" : "/cart"),
  );
  expect((await send(own, lines(items))).body).toMatchObject({ ...NONE, lines: 600, accepted: 600 });
  expect((await send(own, lines(items))).body).toMatchObject({ lines: 600, accepted: 0, duplicates: 600, refused: [] });
  // The twin: without that word the 257th is refused.
  const batch = items.filter((_, i) => i % 2 === 0).map((one, i) => ({ ...one, seq: i * 2 }));
  const { results } = (await send(own, { stream: "s", batch }, json)).body;
  expect(results.filter(({ result }) => result === "accepted")).toHaveLength(256);
  const covered = (await send(own, { stream: "t", covers: [[0, 600]], batch }, json)).body.results;
  expect(covered.filter(({ result }) => result === "accepted")).toHaveLength(300);
});

test("W28 a line that was refused is taken once it is mended, by any way, and what was taken is not", async () => {
  const own = await createSite(edge, "mended", SMALL_SITE);
  const all = [item("ann", 0, "/"), item("ann", 1, "/cart"), item("ann", 2, "/cart"), item("ann", 3, "/")];
  const file = "orders";
  const [first, ...others] = all.map((one) => JSON.stringify(one));
  const broken = [first, "{", JSON.stringify({ ...all[2], type: "dance" }), others[2]].join("\n");
  const once = await send(own, broken, { query: `?file=${file}` });
  expect([once.body.accepted, once.body.refused.map(({ line }) => line)]).toEqual([2, [2, 3]]);
  // The mended one alone, as a slice of the same file.
  const slice = await send(own, others[0], { query: `?file=${file}&line=2` });
  expect(slice.body).toMatchObject({ accepted: 1, duplicates: 0, refused: [] });
  const batch = all.map((one, i) => ({ ...one, seq: i + 1 }));
  const call = { stream: `file ${file}`, covers: [[1, 4]], batch };
  const results = async () => (await send(own, call, json)).body.results.map(({ result }) => result);
  expect(await results()).toEqual(["duplicate", "duplicate", "accepted", "duplicate"]);
  expect(await results()).toEqual(["duplicate", "duplicate", "duplicate", "duplicate"]);
  const { edges } = await mapOf(own.id, 4);
  expect(edges.map(({ from, to, count }) => `${from}>${to} ${count}`).sort()).toEqual([
    "browse>cart 1",
    "cart>browse 1",
    "cart>cart 1",
  ]);
  // The twin: what a call says that it covers, and does not bring, is taken for known.
  const without = { ...call, stream: "other", batch: batch.slice(0, 1) };
  expect((await send(own, without, json)).body.results).toMatchObject([{ result: "accepted" }]);
  expect((await send(own, { ...call, stream: "other" }, json)).body.results.map(({ result }) => result)).toEqual(
    batch.map(() => "duplicate"),
  );
});

test("W25 a touchpoint that comes below what is put in order is counted as late", async () => {
  const own = await createSite(edge, "lately", SMALL_SITE);
  const ring = Array.from({ length: 130 }, (_, i) => item("ann", 100 + i, "/cart"));
  expect((await send(own, lines(ring))).body).toMatchObject({ accepted: 130, late: 0 });
  expect((await send(own, lines([item("ann", 0, "/")]))).body).toMatchObject({ accepted: 1, late: 1 });
});

test("W21 a call has at most 100 visitors and 512,000 bytes, in every form, and the refusal says what sends more", async () => {
  const many = Array.from({ length: 101 }, (_, i) => item(`v${i}`, i, "/"));
  const table = (n: number) =>
    ["anonymousId,type,timestamp", ...Array.from({ length: n }, (_, i) => `v${i},page,${1_577_880_000_000 + i}`)].join(
      "\n",
    );
  const batch = many.map((one, i) => ({ ...one, seq: i }));
  for (const [form, over, within] of [
    ["application/x-ndjson", lines(many), lines(many.slice(0, 100))],
    ["text/csv", table(101), table(100)],
    ["application/json", { stream: "n", batch }, { stream: "n", batch: batch.slice(0, 100) }],
  ] as const) {
    const refused = await send(site, over, { form });
    expect([refused.status, refused.body.field, refused.body.bound]).toEqual([
      400,
      "batch",
      "items of at most 100 visitors",
    ]);
    if (form !== "application/json") expect(refused.body.detail).toContain("npm run import -- FILE");
    expect((await send(site, within, { form })).status).toBe(200);
    const bytesMax = 512_000;
    const filler = (bytes: number) => `\n${" ".repeat(bytes - 1)}`;
    const text = form === "application/json" ? JSON.stringify({ stream: "n", batch: [] }) : within.toString();
    expect((await send(site, text + filler(bytesMax - text.length), { form })).status).toBe(200);
    const large = await send(site, text + filler(bytesMax + 1 - text.length), { form });
    expect([large.status, large.body.detail]).toEqual([
      413,
      "At most 512000 bytes. “npm run import -- FILE” sends a file of any size.",
    ]);
  }
});

test("W13 W25 a body may be packed with gzip, in every form: the bound is on what comes out, and a file has the name that it has unpacked", async () => {
  const own = await createSite(edge, "packed", SMALL_SITE);
  const body = lines([item("ann", 0, "/"), item("ann", 1, "/cart")]);
  const table = "anonymousId,type,timestamp\nann,page,1577880000000";
  const gzip = { encoding: "gzip" };
  const packed = await send(own, gzipSync(body), gzip);
  const file = createHash("sha256").update(body).digest("hex");
  expect([packed.status, packed.body]).toEqual([200, { ...NONE, file, lines: 2, accepted: 2 }]);
  expect((await send(own, body)).body).toMatchObject({ file, accepted: 0, duplicates: 2 });
  expect((await send(own, gzipSync(table), { ...csv, ...gzip })).body).toMatchObject({ lines: 1, accepted: 1 });
  const call = JSON.stringify({ stream: "s", batch: [{ ...item("ann", 0, "/"), seq: 0 }] });
  expect((await send(own, gzipSync(call), { ...json, ...gzip })).body.results).toEqual([
    { index: 0, result: "accepted" },
  ]);
  for (const form of ["application/x-ndjson", "text/csv", "application/json"]) {
    const large = await send(own, gzipSync(" ".repeat(512_001)), { form, ...gzip });
    expect([form, large.status]).toEqual([form, 413]);
    expect((await send(own, body, { form, ...gzip })).body.bound).toBe("gzip, as Content-Encoding says");
    expect((await send(own, body, { form, encoding: "br" })).body.field).toBe("Content-Encoding");
  }
});

test("W28 B32 a name that exempt measurement refuses stays open: the site that one day takes it gets it", async () => {
  const purposes = ["analytics" as const];
  const consent = { ...SMALL_SITE.consent, purposes, preset: "audience-measurement" as const };
  const own = await createSite(edge, "unnamed", { ...SMALL_SITE, consent, campaigns: [] });
  const named = item("ann", 1, "/", { type: "identify", userId: "u-7" });
  const body = lines([item("ann", 0, "/"), named, item("ann", 2, "/cart")]);
  expect((await send(own, body)).body).toMatchObject({ accepted: 2, refused: [{ line: 2, reason: "consent" }] });
  expect((await edge.api("PUT", "/api/sites/unnamed/config", SMALL_SITE)).ok).toBe(true);
  const again = () => send(own, body).then(({ body }) => [body.accepted, body.duplicates, body.refused.length]);
  const taken = await waitFor(again, ([, , refused]) => refused === 0);
  expect(taken).toEqual([1, 2, 0]);
  expect(await again()).toEqual([0, 3, 0]);
});

test("W25 a form that is not read, a line that is none, a name that is none, and a wrong key are refused, and nothing is taken", async () => {
  const own = await createSite(edge, "refused", SMALL_SITE);
  const body = lines([item("ann", 0, "/")]);
  for (const form of ["", "application/x-www-form-urlencoded", "application/vnd.apache.parquet"]) {
    const { status, body: problem } = await send(own, body, { form });
    expect([status, problem.detail]).toEqual([
      415,
      "Send Content-Type: application/json, application/x-ndjson, text/csv.",
    ]);
  }
  for (const query of ["?line=0", "?line=-1", "?line=1.5", "?line=x", `?line=${2 ** 31}`]) {
    const { status, body: problem } = await send(own, body, { query });
    expect([status, problem.field], query).toEqual([400, "line"]);
  }
  for (const query of ["?file=", `?file=${"f".repeat(101)}`]) {
    expect((await send(own, body, { query })).body).toMatchObject({ status: 400, field: "file" });
  }
  expect((await send(own, "{", json)).body).toMatchObject({
    status: 400,
    detail: "The body must be: JSON text in UTF-8.",
  });
  expect((await send(own, { stream: "s", covers: [[2, 1]], batch: [] }, json)).body).toMatchObject({ field: "covers" });
  for (const key of ["", "wrong", own.publicKey, edge.keys.ADMIN_TOKEN]) {
    expect((await send(own, body, { key })).status).toBe(401);
  }
  expect((await send(own, body, { query: "?file=f&line=7" })).body).toMatchObject({ file: "f", accepted: 1 });
});

test("W25 a site without a configuration takes no lines, and says so", async () => {
  const bare: DemoSite = { id: "bare", publicKey: randomKey(16), writeKey: randomKey(16) };
  expect((await edge.api("PUT", "/api/sites/bare", bare)).ok).toBe(true);
  expect((await send(bare, lines([item("ann", 0, "/")]))).body).toMatchObject({
    status: 404,
    detail: "Put one with PUT /api/sites/bare/config.",
  });
});
