/**
 * `npm run -s consent -- export SITE FOLDER [--edge URL]` writes what proves the consents of a site: records-N.jsonl, a
 * chain each; notices.jsonl, the exact words; heads.json, where the chains end and ended; verify.mjs, which checks them.
 * `npm run -s consent -- verify FOLDER [--heads FILE]` checks offline, against FILE of an earlier export too.
 * `npm run -s consent -- show FOLDER SHARD:NO` prints a record and the exact notice that its visitor was shown.
 * `npm run -s consent -- gpc ORIGIN` checks what a site says of Global Privacy Control at /.well-known/gpc.json.
 */
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { gpcSupportFault } from "../../models/gpc-support.ts";
import type { Problem } from "../../models/wire.ts";
import { CommandError, runCommand } from "./command-error.ts";
import { type ConfigTarget, targetOf } from "./config.ts";
import { type Heads, linesOf, marksOf, verifyFolder } from "./verify-consent.ts";

const USAGE =
  "npm run -s consent -- export SITE FOLDER [--edge URL] | verify FOLDER [--heads FILE] | show FOLDER SHARD:NO | gpc ORIGIN";

/** How much an export brought. */
export interface Exported {
  records: number;
  notices: number;
  pages: number;
}

/** Writes everything that proves a site's consents into a folder, a page at a time: memory does not grow with the records. */
export async function exportConsent(target: ConfigTarget, folder: string): Promise<Exported> {
  await mkdir(folder, { recursive: true });
  const heads = (await (await ask(target, "")).json()) as Heads;
  const exported: Exported = { records: 0, notices: 0, pages: 0 };
  for (const { shard, start, no } of heads.heads) {
    await writeLines(join(folder, `records-${shard}.jsonl`), async function* () {
      for (let after: number | null = start.no; after !== null && after < no; ) {
        const page = await ask(target, `/records?shard=${shard}&after=${after}`);
        const next: string | null = page.headers.get("Waypost-Next");
        exported.pages++;
        // What was appended since the heads were read belongs to the next export.
        const lines = (await page.text()).split("\n").slice(0, no - after);
        const texts = lines.filter((line) => line !== "");
        exported.records += texts.length;
        yield texts;
        after = next === null ? null : Number(next);
      }
    });
  }
  await writeLines(join(folder, "notices.jsonl"), async function* () {
    for (let after: string | null = ""; after !== null; ) {
      const page = (await (await ask(target, `/notices?after=${after}`)).json()) as NoticesPage;
      exported.notices += page.notices.length;
      yield page.notices.map((notice) => JSON.stringify(notice));
      after = page.next;
    }
  });
  await writeFile(join(folder, "heads.json"), `${JSON.stringify(heads, null, 2)}\n`);
  const verifier = await readFile(join(import.meta.dirname, "verify-consent.ts"), "utf8");
  await writeFile(join(folder, "verify.mjs"), stripTypeScriptTypes(verifier));
  return exported;
}

interface NoticesPage {
  notices: { hash: string; text: string }[];
  next: string | null;
}

async function writeLines(path: string, pages: () => AsyncGenerator<string[]>): Promise<void> {
  const file = createWriteStream(path);
  for await (const lines of pages()) {
    const text = lines.map((line) => `${line}\n`).join("");
    if (!file.write(text)) await new Promise<void>((resolve) => file.once("drain", () => resolve()));
  }
  file.end();
  await finished(file);
}

async function ask({ edge, token, site }: ConfigTarget, path: string): Promise<Response> {
  const url = `${edge.replace(/\/+$/, "")}/api/sites/${encodeURIComponent(site)}/consent${path}`;
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } }).catch(() => {
    throw new CommandError(`${edge} does not answer. Is it running, and the address right?`);
  });
  if (response.ok) return response;
  const { title, detail } = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw new CommandError(`GET ${url}: ${response.status} ${title ?? ""}. ${detail ?? ""}`);
}

/** A record of an export, and the exact notice, or null where the visitor was shown none of the site's. */
export async function showRecord(folder: string, id: string): Promise<{ record: string; notice: string | null }> {
  const [shard, no] = id.split(":");
  const record = await lineWith(join(folder, `records-${shard}.jsonl`), (line) => {
    const value = JSON.parse(line) as { no?: number };
    return value.no === Number(no);
  });
  if (record === null) throw new CommandError(`${folder} has no record ${id}.`);
  const { notice: hash = "" } = JSON.parse(record) as { notice?: string };
  const kept = await lineWith(
    join(folder, "notices.jsonl"),
    (line) => (JSON.parse(line) as { hash: string }).hash === hash,
  );
  return { record, notice: kept === null ? null : (JSON.parse(kept) as { text: string }).text };
}

async function lineWith(path: string, fits: (line: string) => boolean): Promise<string | null> {
  for await (const line of linesOf(path)) if (fits(line)) return line;
  return null;
}

/** What is wrong with a site's statement on Global Privacy Control, or null. */
export async function gpcFault(origin: string): Promise<string | null> {
  const url = `${origin.replace(/\/+$/, "")}/.well-known/gpc.json`;
  const answer = await fetch(url).catch(() => {
    throw new CommandError(`${origin} does not answer. Is the address right?`);
  });
  if (!answer.ok) return `${url} answers ${answer.status}`;
  const fault = gpcSupportFault(answer.headers.get("Content-Type"), await answer.text());
  return fault && `${url}: ${fault}`;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [command, first, second, ...rest] = positionals;
  if (first === undefined || rest.length > 0) throw new CommandError(`What, and of which? ${USAGE}`);
  if (command === "export" && second !== undefined) {
    const { records, notices } = await exportConsent(await targetOf(first, values.edge), second);
    console.log(
      `${second} has ${records} records and ${notices} notices of ${first}. Check them: node ${second}/verify.mjs`,
    );
    return 0;
  }
  if (command === "verify" && second === undefined) {
    const marks = values.heads === undefined ? [] : marksOf(values.heads);
    const faults = await verifyFolder(first, (line) => console.log(line), marks).catch((error: Error) => {
      throw new CommandError(`${first} cannot be read as an export: ${error.message}`);
    });
    return faults.length > 0 ? 1 : 0;
  }
  if (command === "gpc" && second === undefined) {
    const fault = await gpcFault(first);
    console.log(fault ?? `${first} says that it heeds Global Privacy Control, in the form that is read.`);
    return fault === null ? 0 : 1;
  }
  if (command === "show" && second !== undefined) {
    const { record, notice } = await showRecord(first, second);
    console.log(record);
    console.log(notice ?? "The notice is none of the site's.");
    return 0;
  }
  throw new CommandError(`Use: ${USAGE}`);
}

function readArguments() {
  try {
    const text = { type: "string" } as const;
    return parseArgs({ allowPositionals: true, options: { edge: text, heads: text } });
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: ${USAGE}`);
  }
}

if (import.meta.main) await runCommand(main);
