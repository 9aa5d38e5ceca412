import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../../models/touchpoint.ts";

/** How far a file has come at one site: it holds no key and nothing of the file. */
export interface Note {
  /** Every line up to this one has its answer. */
  through: number;
  lines: number;
  isWhole: boolean;
}

/** Whose note it is. */
export interface Noted {
  /** Where notes are kept. */
  folder: string;
  digest: string;
  edge: string;
  writeKey: string;
}

/** The same file goes to several sites: what tells them apart is a digest, for a key stands in no file name. */
function noteFile({ folder, digest, edge, writeKey }: Noted): string {
  const site = createHash("sha256").update(`${edge}\0${writeKey}`).digest("hex");
  return join(folder, `${digest.slice(0, 32)}-${site.slice(0, 8)}.json`);
}

/** What was noted; null where nothing was, or nothing that can be read: then the file is sent from its beginning, which changes nothing. */
export async function readNote(noted: Noted): Promise<Note | null> {
  let note: unknown;
  try {
    note = JSON.parse(await readFile(noteFile(noted), "utf8"));
  } catch {
    return null;
  }
  return isRecord(note) && Number.isInteger(note.through) ? (note as unknown as Note) : null;
}

export async function writeNote(noted: Noted, note: Note): Promise<void> {
  const path = noteFile(noted);
  await mkdir(noted.folder, { recursive: true });
  // Whole or not at all, whenever the process ends.
  await writeFile(`${path}.new`, `${JSON.stringify(note)}\n`);
  await rename(`${path}.new`, path);
}
