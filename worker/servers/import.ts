import type { Context } from "hono";
import { csvReader, headOf } from "../../models/csv.ts";
import {
  type FileItem,
  fileStream,
  type ImportCall,
  importOf,
  isSeq,
  itemsOfLines,
  type Line,
  lineSplitter,
  parseImport,
} from "../../models/import.ts";
import { itemsOfRows, rowReader } from "../../models/import-rows.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import { BATCH_BYTES_MAX, parseBatch } from "../../models/segment.ts";
import type { ItemResult } from "../../models/server-item.ts";
import type { SiteConfig } from "../../models/site-config.ts";

import { withoutSeqs } from "../../models/streams.ts";

import { isRecord, type Parsed, refuse } from "../../models/touchpoint.ts";

import { isName } from "../consent-basis.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { sha256OfBytes } from "../keys.ts";
import { problem, refused } from "../problems.ts";
import { jsonOf } from "../routes/body.ts";
import type { Site } from "../sites.ts";
import { answerItems, answerUncounted, refusedBody } from "./answer.ts";
import { readServerBytes } from "./body.ts";
import { siteOfWriteKey } from "./write-key.ts";

const TOO_MUCH = "“npm run import -- FILE” sends a file of any size.";
/** Longest name of a file. */
const FILE_MAX = 100;

/**
 * `POST /v1/import`: what has happened, from a file. Its lines are told apart by the file and their numbers. Some of Segment's
 * SDKs post their batches to it, with or without a slash behind.
 */
export const importRoute = new Hono<Bindings>().on("POST", ["/import", "/import/"], async (c) => {
  const site = await siteOfWriteKey(c);
  if (!site) return problem(c, "unauthorised", "Send the write key as the user of Basic authorization.");
  c.set("site", site.id);
  const form = FORMS[(c.req.header("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""];
  if (!form) return problem(c, "unknown-form", `Send Content-Type: ${Object.keys(FORMS).join(", ")}.`);
  const body = await readServerBytes(c, BATCH_BYTES_MAX);
  if (!body.ok) return refusedBody(c, body, TOO_MUCH);
  if (form === "json") return ofJson(c, site, jsonOf(body.value));
  const slice = sliceOf(c, { form, digest: hex(await sha256OfBytes(body.value)) });
  return slice.ok ? ofLines(c, site, { bytes: body.value, form, ...slice.value }) : refused(c, slice);
});

const FORMS: Record<string, "json" | "lines" | "csv" | undefined> = {
  "application/json": "json",
  "application/x-ndjson": "lines",
  "text/csv": "csv",
};

async function ofJson(c: Context<Bindings>, site: Site, body: Parsed<unknown>): Promise<Response> {
  if (body.ok && isOfSdk(body.value)) {
    const batch = parseBatch(body.value, Date.now());
    if (!batch.ok) return refused(c, batch);
    return answerItems(c, { site, call: batch.value, answer: (results) => answerUncounted(c, results) });
  }
  const read = body.ok ? parseImport(body.value) : body;
  if (!read.ok) return refused(c, read);
  const answer = (results: ItemResult[]) => c.json({ results }, 200, { "Cache-Control": "no-store" });
  return answerItems(c, { site, call: read.value, covers: coversOf(read.value), answer });
}

/** Of an import somebody says which source it is. Those of Ruby, Java and .NET post `{batch, sentAt}` and more, of none. */
function isOfSdk(value: unknown): boolean {
  return isRecord(value) && value.stream === undefined && value.covers === undefined;
}

/** Which part of which file a body is: its digest, and the number of its first line (of CSV: behind the head line). */
interface Slice {
  file: string;
  line: number;
}

function sliceOf(c: Context, { form, digest }: { form: "lines" | "csv"; digest: string }): Parsed<Slice> {
  const file = c.req.query("file") ?? digest;
  const line = c.req.query("line") ?? (form === "csv" ? "2" : "1");
  if (file === "" || file.length > FILE_MAX) return refuse("malformed", "file", `1 to ${FILE_MAX} characters`);
  if (!/^\d+$/.test(line) || Number(line) < 1 || !isSeq(Number(line))) {
    return refuse("malformed", "line", "the number of the first line in the file, from 1");
  }
  return { ok: true, value: { file, line: Number(line) } };
}

async function ofLines(
  c: Context<Bindings>,
  site: Site,
  { bytes, form, file, line }: Slice & { bytes: Uint8Array; form: "lines" | "csv" },
): Promise<Response> {
  const lines = linesOf(bytes, form === "csv" ? line - 1 : line);
  const read =
    form === "csv" ? rowsOf(lines) : { ok: true as const, value: { items: itemsOfLines(lines), unread: [] } };
  if (!read.ok) return refused(c, read);
  const { items, unread } = read.value;
  const given = items.flatMap((one) => ("item" in one ? [one] : []));
  const batch = given.map((one) => ({ ...one.item, seq: one.line }));
  const open = items.flatMap((one) => ("refusal" in one ? [one.line] : []));
  const covers = withoutSeqs([[line, Math.max(line, lines.at(-1)?.line ?? line)]], open);
  const call = importOf(batch, { stream: fileStream(file), covers });
  if (!call.ok) return problem(c, "malformed", `At most 100 visitors a call. ${TOO_MUCH}`, call);
  const frame = { file, lines: items.length, ...(form === "csv" ? { unread } : {}) };
  const answer = async (results: ItemResult[]) => {
    const told = { ...frame, ...tellOf(items, results) };
    if (told.unavailable.length === 0) return c.json(told, 200, { "Cache-Control": "no-store" });
    const again = problem(c, "unavailable", "Send the same body again: what was taken is not taken twice.");
    return new Response(JSON.stringify({ ...((await again.json()) as object), ...told }), again);
  };
  return answerItems(c, { site, call: call.value, covers: coversOf(call.value), answer });
}

function linesOf(bytes: Uint8Array, from: number): Line[] {
  const splitter = lineSplitter(from);
  return [...splitter.push(bytes), ...splitter.end()];
}

/** The head line is not counted as one of the slice: it stands before each. */
function rowsOf([head, ...lines]: Line[]): Parsed<{ items: FileItem[]; unread: string[] }> {
  const text = head && "text" in head ? head.text : "";
  const { delimiter, columns } = headOf(text) ?? { delimiter: ",", columns: [] };
  const rows = rowReader(columns, { texts: true });
  if (!rows.ok) return rows;
  const csv = csvReader(delimiter);
  const items = itemsOfRows([...csv.push(lines), ...csv.end()], rows.value);
  return { ok: true, value: { items, unread: rows.value.unread } };
}

/** What a call covers, without the names that exempt measurement refuses (B32): like all that is refused they stay open. */
function coversOf({ covers, items }: ImportCall): (config: SiteConfig) => [number, number][] {
  const names = items.flatMap(({ item: { touchpoint } }) => (isName(touchpoint) ? [touchpoint.seq] : []));
  return (config) => withoutSeqs(covers, isMeasured(config) ? names : []);
}

/** What became of each line. `lines`: those of the slice that are something, by their place in the call where they were given. */
function tellOf(items: readonly FileItem[], results: readonly ItemResult[]) {
  const given = items.filter((one) => "item" in one);
  const lineOf = ({ index }: ItemResult) => (given[index] as FileItem).line;
  const barred = [
    ...items.flatMap((one) => ("refusal" in one ? [{ line: one.line, ...one.refusal }] : [])),
    ...results.flatMap((one) => (one.result === "refused" ? [{ line: lineOf(one), ...one }] : [])),
  ];
  const accepted = results.filter(({ result }) => result === "accepted");
  return {
    accepted: accepted.length,
    duplicates: results.filter(({ result }) => result === "duplicate").length,
    late: accepted.filter((one) => "late" in one).length,
    refused: barred
      .map(({ line, reason, field, bound }) => ({ line, reason, field, bound }))
      .sort((a, b) => a.line - b.line),
    unavailable: results.filter(({ result }) => result === "unavailable").map(lineOf),
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
