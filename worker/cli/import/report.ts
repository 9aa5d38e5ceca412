import { type FileHandle, open } from "node:fs/promises";
import type { RefusedLine } from "../../../models/import.ts";
import type { ItemResult } from "../../../models/server-item.ts";
import type { Refusal } from "../../../models/touchpoint.ts";
import { CommandError } from "../command-error.ts";

import { perSecond } from "../progress.ts";

/** Refused lines that a report names one by one; all of them stand in the file of `--refused`. */
const NAMED = 10;

/** What became of the lines of a file in one run. */
export interface ImportReport {
  /** As the person named it. */
  name: string;
  /** Names it as a source: see `fileStream`. */
  digest: string;
  /** Lines that the file has, and those from which on and up to which each has its answer; `through` below `lines`: the rest was not sent. */
  lines: number;
  from: number;
  through: number;
  accepted: number;
  duplicates: number;
  /** Of those accepted. */
  late: number;
  refused: number;
  /** What robots did: it is taken into nothing. */
  excluded: number;
  /** Whether of all that was sent of the file, also by earlier runs, every line was refused. */
  isBarred: boolean;
  /** How many by reason, and the first of them. */
  reasons: Record<string, number>;
  named: (Omit<Refusal, "ok"> & { line: number })[];
  unread: readonly string[];
  /** Whether the person ended it. */
  isStopped: boolean;
  /** What an earlier run that was through had refused, and which file lists it; null: none was. After one nothing is sent. */
  before: { refused: number; listed: string | null } | null;
  elapsedMs: number;
}

/**
 * Counts answers; of what was refused it keeps the first few, and each is written to `refusedFile`, where there is one.
 * `isMore`: what stands in that is of an earlier part of the same import. Throws `CommandError` where it cannot be written.
 */
export async function openTally(refusedFile: string | null, isMore: boolean): Promise<Tally> {
  if (refusedFile === null) return new Tally(null);
  const file = await open(refusedFile, isMore ? "a" : "w").catch((error: Error) => {
    throw new CommandError(`The file of --refused cannot be written: ${error.message}.`);
  });
  return new Tally(file);
}

export class Tally {
  accepted = 0;
  duplicates = 0;
  late = 0;
  refused = 0;
  excluded = 0;
  reasons: Record<string, number> = {};
  named: ImportReport["named"] = [];
  #file: FileHandle | null;
  /** Of the window that is under way: where that is sent again, so are they. */
  #open: string[] = [];

  constructor(file: FileHandle | null) {
    this.#file = file;
  }

  get answered(): number {
    return this.accepted + this.duplicates + this.refused + this.excluded;
  }

  add(line: number, result: ItemResult): void {
    if (result.result === "accepted") {
      this.accepted++;
      if (result.late) this.late++;
    } else if (result.result === "duplicate") this.duplicates++;
    else if (result.result === "excluded") this.excluded++;
    else if (result.result === "refused") this.refuse({ line, refusal: { ok: false, ...result } });
  }

  refuse({ line, refusal: { reason, field, bound } }: RefusedLine): void {
    const told = { line, reason, field, bound };
    this.refused++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    if (this.named.length < NAMED) this.named.push(told);
    if (this.#file) this.#open.push(`${JSON.stringify(told)}\n`);
  }

  /** A window has its answers. */
  async endWindow(): Promise<void> {
    await this.#file?.write(this.#open.join(""));
    this.#open = [];
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function wholeLines(
  { name, digest, lines }: ImportReport,
  { refused, listed }: NonNullable<ImportReport["before"]>,
): string[] {
  if (refused === 0) {
    return [
      `${name} is imported already, all ${lines} lines of it (file ${digest}). Send it again with --again: that changes nothing.`,
    ];
  }
  return [
    `${name} is imported already, and ${refused} of its ${lines} lines were refused (file ${digest}).`,
    listed === null ? "  --again --refused FILE lists them." : `  ${listed} lists them.`,
    "  They are tried again with another --mapping, or with --again: what was taken is not taken twice.",
  ];
}

/** The report in words, a line each. */
export function reportLines(report: ImportReport): string[] {
  const { name, digest, lines, from, through, accepted, duplicates, late, refused, excluded } = report;
  const { named, unread, elapsedMs } = report;
  if (lines === 0) return [`${name === "-" ? "What came in" : name} is empty: there is nothing in it to import.`];
  if (report.before) return wholeLines(report, report.before);
  const answered = accepted + duplicates + refused + excluded;
  const seconds = (elapsedMs / 1000).toFixed(1);
  const reasons = Object.entries(report.reasons).map(([reason, count]) => `${reason} ${count}`);
  return [
    `${name}: lines ${from} to ${through} of ${lines} in ${seconds} s (${perSecond(answered, elapsedMs)} lines/s), file ${digest}`,
    `  accepted    ${accepted}`,
    `  duplicates  ${duplicates}`,
    `  refused     ${refused}${reasons.length > 0 ? `: ${reasons.join(", ")}` : ""}`,
    ...named.map(({ line, field, bound }) => `    line ${line}: ${field === "" ? "it" : field} must be ${bound}`),
    ...(refused > named.length ? [`    … and ${refused - named.length} more: --refused FILE has them all`] : []),
    ...(excluded > 0 ? [`  excluded    ${excluded}: what robots did`] : []),
    ...(late > 0
      ? [
          `  late        ${late}: counted, but too far out of order for an edge of the map. Sort a file by time before it is imported`,
        ]
      : []),
    ...(unread.length > 0 ? [`  not read    the columns ${unread.join(", ")}`] : []),
    ...(through < lines
      ? [
          `  unsent      ${lines - through}${report.isStopped ? ", for it was stopped" : ""}: the same command goes on at line ${through + 1}`,
        ]
      : []),
  ];
}
