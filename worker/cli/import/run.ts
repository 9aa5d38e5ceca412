import { relative, resolve } from "node:path";
import type { Readable } from "node:stream";
import { fileStream, type RefusedLine } from "../../../models/import.ts";
import { CommandError } from "../command-error.ts";
import { type Progress, type ProgressSink, progress } from "../progress.ts";
import { checkTarget, type ImportTarget, sendCall } from "./import-call.ts";
import type { Mapping } from "./mapping.ts";
import { type Begun, begunBy, mappingDigest, type Note, type Noted, readEarlier, readNote, writeNote } from "./note.ts";
import { type Chain, type ImportLine, importLine, planCalls } from "./plan-calls.ts";
import { type ItemReader, readerOf } from "./read-items.ts";
import { type ImportReport, openTally, type Tally } from "./report.ts";
import { openSource } from "./source.ts";

/** Calls under way at once: the edge works on one while others travel. */
const IN_FLIGHT = 4;
/**
 * What is held of a file at once: a visitor's lines in it go in one call, however they lie, and memory is bounded by it,
 * whatever the file has.
 */
const WINDOW_LINES = 50_000;
const WINDOW_BYTES = 25_165_824;
/**
 * A longer file is held a larger part at a time, as far as its bytes allow it: each window that a visitor is in may leave one
 * run of its own, and what is more than 256 of them is refused as too sparse.
 */
const WINDOWS = 200;

export interface ImportOptions {
  /** NDJSON, CSV or Parquet; the first two plain or .gz; “-” is what comes in. */
  file: string;
  mapping: Mapping | null;
  /** Origin of the edge, with the path that it is routed at. */
  edge: string;
  writeKey: string;
  /** Where it is noted how far the file has come; null: nowhere, and everything is sent. */
  notes: string | null;
  /** Whether a file that is through is sent again. */
  again?: boolean;
  /** Whether a file that was imported under this name and held something else then is sent, all of it as new. */
  isNew?: boolean;
  /** Line to begin with, whatever was noted. Then nothing is. */
  fromLine?: number;
  /** Where each refused line is told of, as NDJSON. */
  refused?: string;
  /** Where progress goes; default nowhere. */
  sink?: ProgressSink;
  /** Ends it after the calls that are under way. */
  signal?: AbortSignal;
  stdin?: Readable;
  /** Lines that are held at once, at least. More is quicker where a visitor's lines lie far apart, and takes memory. */
  windowLines?: number;
  /** Bytes of a call at most; default the edge's own bound. */
  callBytesMax?: number;
}

/**
 * Sends a file's lines through `POST /v1/import`, a window after the other: what a window says that it covers is so once all
 * before it has its answer. Throws `CommandError` for what the caller can mend: an unreadable file, a column that is not
 * there, a wrong key, an edge that does not answer at all.
 */
export async function importFile(options: ImportOptions): Promise<ImportReport> {
  const source = await openSource(options.file, options.stdin ?? process.stdin);
  const reader = await readerOf(source, options.mapping).catch(async (error) => {
    await source.close();
    throw error;
  });
  try {
    const edge = options.edge.replace(/\/+$/, "");
    const { writeKey, signal } = options;
    const target: ImportTarget = { edge, writeKey, stream: fileStream(source.digest), ...(signal ? { signal } : {}) };
    const noted = notedBy(options, { edge, digest: source.digest });
    const note = noted && (await readNote(noted));
    const earlier = noted && !note && options.isNew !== true ? await readEarlier(noted) : null;
    if (earlier) throw changedSince(earlier, { name: options.file, lines: reader.lines });
    await checkTarget(target);
    const told = { name: options.file, digest: source.digest, lines: reader.lines, unread: reader.unread };
    return { ...told, ...(await sendLines(reader, { options, target, noted, note })) };
  } finally {
    await reader.close();
  }
}

function notedBy(
  { notes: folder, fromLine, file, writeKey }: ImportOptions,
  { edge, digest }: { edge: string; digest: string },
): Noted | null {
  if (folder === null || fromLine !== undefined) return null;
  return { folder, name: file === "-" ? "" : relative(process.cwd(), resolve(file)), digest, edge, writeKey };
}

/** A line is told apart by its file: in a file that grew, those that were sent are new ones. */
function changedSince(earlier: Note, { name, lines }: { name: string; lines: number }): CommandError {
  const when = `${earlier.at.slice(0, 16).replace("T", " ")} UTC`;
  return new CommandError(
    `${name} held something else when it was imported: ${earlier.through} of ${earlier.lines} lines, ${when} (file ${earlier.digest}). ` +
      `As it is now each of its ${lines} lines would be counted as a new one, also those that were sent then. ` +
      "Put what is new into a file of its own; or send all of this one with --new.",
  );
}

interface Sending {
  options: ImportOptions;
  target: ImportTarget;
  noted: Noted | null;
  note: Note | null;
}

type Sent = Omit<ImportReport, "name" | "digest" | "lines" | "unread">;

async function sendLines(reader: ItemReader, { options, target, noted, note }: Sending): Promise<Sent> {
  const mapping = mappingDigest(options.mapping);
  const { begun, wasWhole } = begunBy(note, { mapping, again: options.again === true });
  const from = options.fromLine ?? begun.through + 1;
  const startedAt = performance.now();
  const tally = await openTally(wasWhole ? null : (options.refused ?? null), begun.through > 0);
  const shown = progress(
    { total: reader.lines, before: from - 1, startedAt, unit: "lines" },
    options.sink ?? { write: () => true },
  );
  let through = from - 1;
  try {
    const linesMax = Math.max(options.windowLines ?? WINDOW_LINES, Math.ceil(reader.lines / WINDOWS));
    const windows = wasWhole ? [] : windowsOf(reader, from, linesMax);
    for await (const window of windows) {
      for (const line of window.refused) tally.refuse(line);
      const open = window.refused.map(({ line }) => line);
      const chains = planCalls({ ...window, from: through + 1, open }, options.callBytesMax);
      if (!(await sendWindow(chains, target, { tally, shown, through }))) break;
      await tally.endWindow();
      // Else two windows were held while the next one is read.
      window.lines.length = 0;
      through = window.through;
      shown.report(through, performance.now());
      const extent = { through, lines: reader.lines, isWhole: through >= reader.lines };
      const answers = { ...answersOf(tally, begun), mapping, listed: listedIn(options, begun) };
      if (noted) await writeNote(noted, { ...extent, ...answers });
    }
  } finally {
    shown.end();
    await tally.close();
  }
  const { accepted, duplicates, late, refused, excluded, reasons, named } = tally;
  const answers = answersOf(tally, begun);
  const isBarred = answers.taken === 0 && answers.refused > 0;
  const before = wasWhole ? { refused: begun.refused, listed: begun.listed } : null;
  const isStopped = target.signal?.aborted === true;
  const elapsedMs = performance.now() - startedAt;
  const counts = { accepted, duplicates, late, refused, excluded, reasons, named };
  return { from, through, ...counts, isBarred, isStopped, before, elapsedMs };
}

/** What a file has come to, with what came before this run. */
function answersOf({ answered, refused }: Tally, begun: Begun): Pick<Begun, "taken" | "refused"> {
  return { taken: begun.taken + answered - refused, refused: begun.refused + refused };
}

/** The file that lists all that was refused, also before this run. */
function listedIn({ refused }: ImportOptions, begun: Begun): string | null {
  return refused !== undefined && (begun.refused === 0 || begun.listed === refused) ? refused : null;
}

type ReadWindow = { lines: ImportLine[]; refused: RefusedLine[]; through: number };

/** The lines from one on, as much at a time as is held at once. The last window reaches to the end of the file. */
async function* windowsOf(reader: ItemReader, from: number, linesMax: number): AsyncGenerator<ReadWindow> {
  let lines: ImportLine[] = [];
  let refused: ReadWindow["refused"] = [];
  let bytes = 0;
  for await (const items of reader.items(from)) {
    for (const item of items) {
      if ("refusal" in item) refused.push(item);
      else {
        const line = importLine(item.line, item.item);
        lines.push(line);
        bytes += line.bytes;
      }
    }
    const last = items.at(-1)?.line;
    if (last === undefined || (lines.length + refused.length < linesMax && bytes < WINDOW_BYTES)) continue;
    yield { lines, refused, through: last };
    [lines, refused, bytes] = [[], [], 0];
  }
  yield { lines, refused, through: reader.lines };
}

/** Sends chains of calls, some at once; whether each line has its answer. */
async function sendWindow(
  chains: Chain[],
  target: ImportTarget,
  { tally, shown, through }: { tally: Tally; shown: Progress; through: number },
): Promise<boolean> {
  const before = tally.answered;
  let isWhole = true;
  const sender = async () => {
    for (let chain = chains.shift(); chain; chain = chains.shift()) {
      for (const call of chain) {
        // Where one call is not through, those behind it would come too early.
        if (target.signal?.aborted || !isWhole) {
          isWhole = false;
          return;
        }
        const left = await sendCall(call, target, (line, result) => tally.add(line, result));
        if (left.length > 0) isWhole = false;
        shown.report(through + tally.answered - before, performance.now());
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  return isWhole;
}
