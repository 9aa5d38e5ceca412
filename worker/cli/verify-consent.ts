/**
 * Verifies an exported ledger, offline: `npm run -s consent -- verify FOLDER [--heads FILE]`. An export brings this file
 * along as verify.mjs, which needs Node and nothing else; so nothing is imported here but Node's own modules.
 */
import { hash as digestOf } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

/** A record by its number, from 1, and the SHA-256 of its text in base64url. */
interface Link {
  no: number;
  hash: string;
}

/** What an export says of one chain: where it begins (after records that were past their time) and ends. */
export interface Head extends Link {
  shard: number;
  start: Link;
}

/** Where a chain ended at an earlier time, by somebody's note outside the chain. */
export interface Mark extends Link {
  shard: number;
}

/** What `heads.json` of an export holds. */
export interface Heads {
  site: string;
  /** When it was exported, ms since 1970. */
  at: number;
  heads: Head[];
  anchors: Mark[];
}

/** A record that is not as it was written, and what is wrong. */
export interface Fault {
  shard: number;
  no: number;
  what: string;
}

/** Fields that are read of a record; those of an earlier version have no number of their own. */
interface Read {
  no?: number;
  at: number;
  site: string;
  notice?: string;
  previous: string;
}

export function sha256(text: string): string {
  return digestOf("sha256", text, "base64url");
}

/** Faults of one chain that are told: where one record is moved far, all between are out of place. */
const FAULTS_TOLD = 100;

/**
 * Walks one chain, holding one record at a time. A record that was changed is named where the next one does not hold its
 * hash; one that was dropped or moved, where another stands in its place; one cut off at the end, by the head.
 */
export class ChainVerifier {
  readonly faults: Fault[] = [];
  readonly #head: Head;
  readonly #site: string;
  readonly #marks: Map<number, string>;
  readonly #isNotice: (hash: string) => boolean;
  #last: Link;
  #at = 0;
  /** A record that does not hold the hash of the one before it: one of the two was changed, the next link says which. */
  #suspect: number | null = null;
  count = 0;

  constructor(
    head: Head,
    { site, marks, isNotice }: { site: string; marks: readonly Mark[]; isNotice: (hash: string) => boolean },
  ) {
    this.#head = head;
    this.#site = site;
    this.#marks = new Map(marks.filter(({ shard }) => shard === head.shard).map(({ no, hash }) => [no, hash]));
    this.#isNotice = isNotice;
    this.#last = head.start;
  }

  /** Takes the next record, as it was written. */
  take(text: string): void {
    this.count++;
    const no = this.#last.no + 1;
    const hash = sha256(text);
    const record = readRecord(text);
    if (!record) {
      this.#fault(no, "is not a record");
      this.#last = { no, hash };
      return;
    }
    if (record.no !== undefined && record.no < no) {
      this.#fault(record.no, "stands out of its place, or is written twice");
      return;
    }
    if (record.no !== undefined && record.no > no) {
      this.#fault(no, `is missing: record ${record.no} stands in its place`);
      this.#suspect = null;
    } else {
      this.#link(record.previous, no);
    }
    this.#last = { no: record.no ?? no, hash };
    this.#judge(record, this.#last);
  }

  /** After the last record. */
  end(): void {
    const { no, hash } = this.#head;
    if (this.#last.no < no) this.#fault(this.#last.no + 1, `is missing, as are all up to ${no}: the chain is cut off`);
    else if (this.#last.no > no) this.#fault(no + 1, `was added after the head, which is record ${no}`);
    else this.#link(hash, no + 1);
    if (this.#suspect !== null) this.#fault(Math.min(this.#suspect, no), CHANGED);
  }

  #judge(record: Read, { no, hash }: Link): void {
    const mark = this.#marks.get(no);
    if (mark !== undefined && mark !== hash) {
      this.#fault(no, "is not the one that was noted as the end of its chain: it, or one before it, was written anew");
    }
    if (record.site !== this.#site) this.#fault(no, `is of another site, ${record.site}`);
    if (record.at < this.#at) this.#fault(no, "is older than the one before it");
    this.#at = record.at;
    if (record.notice && !this.#isNotice(record.notice))
      this.#fault(no, `names a notice that is not there, ${record.notice}`);
  }

  /** `previous` is what record `no`, or the head, says of the one before it. */
  #link(previous: string, no: number): void {
    const holds = previous === this.#last.hash;
    const suspect = this.#suspect;
    this.#suspect = suspect === null && !holds ? no : null;
    if (suspect !== null) this.#fault(holds ? suspect - 1 : suspect, CHANGED);
  }

  #fault(no: number, what: string): void {
    const isKnown = this.faults.some((fault) => fault.no === no);
    if (!isKnown && this.faults.length < FAULTS_TOLD) this.faults.push({ shard: this.#head.shard, no, what });
  }
}

const CHANGED = "was changed: the next one holds another hash";

function readRecord(text: string): Read | null {
  try {
    const value = JSON.parse(text) as Read;
    return typeof value === "object" && value !== null && typeof value.previous === "string" ? value : null;
  } catch {
    return null;
  }
}

/** The lines of a file, one at a time. */
export function linesOf(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
}

/** Verifies a folder that `export` wrote; `marks` are ends of chains from elsewhere. Prints a line a chain, and one a fault. */
export async function verifyFolder(
  folder: string,
  print: (line: string) => void,
  marks: readonly Mark[] = [],
): Promise<Fault[]> {
  const { site, at, heads, anchors } = JSON.parse(readFileSync(join(folder, "heads.json"), "utf8")) as Heads;
  const notices = new Set<string>();
  let wrongNotices = 0;
  for await (const line of linesOf(join(folder, "notices.jsonl"))) {
    const { hash, text } = JSON.parse(line) as { hash: string; text: string };
    if (sha256(text) === hash) notices.add(hash);
    else {
      wrongNotices++;
      print(`notice ${hash} was changed`);
    }
  }
  const faults: Fault[] = [];
  let records = 0;
  for (const head of heads) {
    const chain = new ChainVerifier(head, {
      site,
      marks: [...anchors, ...marks],
      isNotice: (hash) => notices.has(hash),
    });
    for await (const line of linesOf(join(folder, `records-${head.shard}.jsonl`))) chain.take(line);
    chain.end();
    records += chain.count;
    faults.push(...chain.faults);
    for (const { shard, no, what } of chain.faults) print(`record ${shard}:${no} ${what}`);
    const gone = head.start.no > 0 ? `, after ${head.start.no} that were past their time` : "";
    if (chain.count > 0) print(`chain ${head.shard}: ${chain.count} records${gone}, head ${head.no} ${head.hash}`);
  }
  for (let i = 0; i < wrongNotices; i++) faults.push({ shard: -1, no: 0, what: "a notice was changed" });
  const verdict = faults.length === 0 ? "whole and in order" : `${faults.length} wrong`;
  print(`${site}, exported ${new Date(at).toISOString()}: ${records} records, ${notices.size} notices, ${verdict}`);
  return faults;
}

/** Heads of an earlier export, as marks. */
export function marksOf(path: string): Mark[] {
  const { heads, anchors } = JSON.parse(readFileSync(path, "utf8")) as Heads;
  return [...heads.filter(({ no }) => no > 0), ...anchors];
}

if (import.meta.main) {
  const options = { heads: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const marks = values.heads === undefined ? [] : marksOf(values.heads);
  const faults = await verifyFolder(positionals[0] ?? import.meta.dirname, (line) => console.log(line), marks);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
