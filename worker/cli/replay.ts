/**
 * `npm run replay -- FILE [--mapping FILE] [--site ID] [--edge URL] [--write-key KEY]`: sends the events of a file
 * through `POST /v1/batch` as history. Doing it again changes nothing. Exit code 1 where anything stayed unsent.
 */
import { parseArgs } from "node:util";
import type { ItemResult } from "../../models/server-item.ts";
import { type BatchTarget, checkTarget, sendEvents } from "./batch-call.ts";
import { CommandError, runCommand } from "./command-error.ts";
import { type FileEvent, readEventFile } from "./event-file.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import { type Chain, planCalls } from "./plan-calls.ts";
import { type ProgressSink, perSecond, progress } from "./progress.ts";
import { readSiteKeys, siteKeysFile } from "./site-keys.ts";

const USAGE = "npm run replay -- FILE [--mapping FILE] [--site ID] [--edge URL] [--write-key KEY]";
/** Calls under way at once: the edge works on one while others travel. */
const IN_FLIGHT = 4;

export interface ReplayOptions {
  /** CSV (with `mapping`) or one JSON item a line, plain or .gz. */
  file: string;
  mapping: Mapping | null;
  /** Origin of the edge. */
  edge: string;
  writeKey: string;
  /** Bytes of a call at most; default the edge's own bound. */
  callBytesMax?: number;
  /** Where progress goes; default nowhere. */
  sink?: ProgressSink;
}

/** Events that the edge refused for one reason, with the first of them. */
export interface RefusedEvents {
  reason: string;
  count: number;
  /** Line of the file, and the field and bound that it broke there. */
  line: number;
  field: string;
  bound: string;
}

/** What became of the events of a file. `sent` have a final answer; `unsent` have none, so replay the file again. */
export interface ReplayReport {
  visitors: number;
  events: number;
  sent: number;
  accepted: number;
  duplicates: number;
  refused: RefusedEvents[];
  unsent: number;
  elapsedMs: number;
}

/**
 * Sends a file's events; each visitor's in order, a few calls at once. Throws `CommandError` for what the caller can
 * mend: an unreadable file, a column that is not there, a wrong key, an edge that does not answer at all.
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { digest, events, visitors } = await readEventFile(options.file, options.mapping);
  const chains = planCalls(visitors, options.callBytesMax);
  const target: BatchTarget = { edge: options.edge.replace(/\/+$/, ""), writeKey: options.writeKey, stream: digest };
  await checkTarget(target);
  const startedAt = performance.now();
  const tally = new Tally();
  const shown = progress({ total: events, unit: "events" }, startedAt, options.sink ?? { write: () => true });
  const onResult = (event: FileEvent, result: ItemResult) => {
    tally.add(event, result);
    shown.report(tally.sent, performance.now());
  };
  let unsent = 0;
  const sender = async () => {
    for (let chain = chains.shift(); chain; chain = chains.shift()) {
      unsent += await sendChain(chain, target, onResult);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  shown.end();
  const { sent, accepted, duplicates } = tally;
  const refused = [...tally.refused.values()];
  const elapsedMs = performance.now() - startedAt;
  return { visitors: visitors.length, events, sent, accepted, duplicates, refused, unsent, elapsedMs };
}

/** Sends calls one after the other; where one is not through, those behind it would come too early. Returns the unsent. */
async function sendChain(
  chain: Chain,
  target: BatchTarget,
  onResult: (event: FileEvent, result: ItemResult) => void,
): Promise<number> {
  for (const [i, call] of chain.entries()) {
    const left = await sendEvents(call, target, onResult);
    if (left.length > 0) return chain.slice(i + 1).reduce((sum, later) => sum + later.length, left.length);
  }
  return 0;
}

class Tally {
  accepted = 0;
  duplicates = 0;
  refused = new Map<string, RefusedEvents>();
  sent = 0;

  add({ line }: FileEvent, result: ItemResult): void {
    this.sent++;
    if (result.result === "accepted") this.accepted++;
    else if (result.result === "duplicate") this.duplicates++;
    else if (result.result === "refused") {
      const { reason, field, bound } = result;
      const known = this.refused.get(reason) ?? { reason, count: 0, line, field, bound };
      this.refused.set(reason, { ...known, count: known.count + 1 });
    }
  }
}

/** The report in words, a line each. */
export function reportLines(report: ReplayReport): string[] {
  const { visitors, events, sent, accepted, duplicates, refused, unsent, elapsedMs } = report;
  const seconds = (elapsedMs / 1000).toFixed(1);
  const lines = [
    `${events} events of ${visitors} visitors: ${sent} sent in ${seconds} s (${perSecond(sent, elapsedMs)} events/s)`,
    `  accepted    ${accepted}`,
    `  duplicates  ${duplicates}`,
    `  refused     ${refused.reduce((sum, { count }) => sum + count, 0)}`,
    ...refused.map(
      ({ reason, count, line, field, bound }) =>
        `    ${reason} ${count}, first at line ${line}: ${field === "" ? "the event" : field} must be ${bound}`,
    ),
  ];
  if (unsent > 0) lines.push(`  unsent      ${unsent}: run the same command again; what was sent stays counted once`);
  return lines;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new CommandError(`Which file? ${USAGE}`);
  const site = values.site ?? "demo";
  const keys = values["write-key"] && values.edge ? null : await readSiteKeys(site);
  const edge = values.edge ?? keys?.edge;
  const writeKey = values["write-key"] ?? keys?.writeKey;
  if (edge === undefined || writeKey === undefined) {
    const missing = edge === undefined ? "--edge URL" : "--write-key KEY";
    throw new CommandError(
      `${siteKeysFile(site)} does not exist: it is written by the first npm start. Or give ${missing}.`,
    );
  }
  const mapping = values.mapping === undefined ? null : await readMapping(values.mapping);
  const report = await replay({ file, mapping, edge, writeKey, sink: process.stderr });
  for (const line of reportLines(report)) console.log(line);
  for (const { id } of mapping?.journeys ?? []) {
    console.log(`The map shows the mapping's journey “${id}” where the site's configuration has its stages.`);
  }
  return report.unsent > 0 ? 1 : 0;
}

function readArguments() {
  try {
    const text = { type: "string" } as const;
    return parseArgs({
      allowPositionals: true,
      options: { mapping: text, site: text, edge: text, "write-key": text },
    });
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: ${USAGE}`);
  }
}

if (import.meta.main) await runCommand(main);
