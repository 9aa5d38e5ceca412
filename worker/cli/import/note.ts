import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../../models/touchpoint.ts";
import type { Mapping } from "./mapping.ts";

/** How far a file has come at one site: it holds no key and nothing of the file but its name. */
export interface Note {
  /** From the folder that the command ran in; "" where it came in. */
  name: string;
  digest: string;
  /** When it was written, ISO 8601. */
  at: string;
  /** Every line up to this one has its answer. */
  through: number;
  lines: number;
  isWhole: boolean;
  /** Of the lines up to it, those that were answered for good (robots' among them), and those that were refused. */
  taken: number;
  refused: number;
  /** By which mapping they were read: see `mappingDigest`. */
  mapping: string;
  /** File that lists every refused line, as the person named it; null: there is none. */
  listed: string | null;
}

/** Where a run begins: what came before it, and how that was answered. */
export type Begun = Pick<Note, "through" | "taken" | "refused" | "listed">;

const NOTHING: Begun = { through: 0, taken: 0, refused: 0, listed: null };

/** Tells mappings apart; "" is none. */
export function mappingDigest(mapping: Mapping | null): string {
  return mapping ? createHash("sha256").update(JSON.stringify(mapping)).digest("hex") : "";
}

/**
 * Where a file goes on by its note. `wasWhole`: nothing of it is to be sent. What one mapping refused another may mend, so a
 * file with refused lines begins anew where it is read by another one: what was taken changes nothing.
 */
export function begunBy(
  note: Note | null,
  { mapping, again }: { mapping: string; again: boolean },
): { begun: Begun; wasWhole: boolean } {
  const isMended = note !== null && note.refused > 0 && note.mapping !== mapping;
  if (!note || isMended || (note.isWhole && again)) return { begun: NOTHING, wasWhole: false };
  return { begun: note, wasWhole: note.isWhole };
}

/** Whose note it is. */
export interface Noted {
  /** Where notes are kept. */
  folder: string;
  name: string;
  digest: string;
  edge: string;
  writeKey: string;
}

function noteFile(noted: Noted): string {
  return join(noted.folder, `${noted.digest.slice(0, 32)}${siteEnding(noted)}`);
}

/** The same file goes to several sites: what tells them apart is a digest, for a key stands in no file name. */
function siteEnding({ edge, writeKey }: Noted): string {
  const site = createHash("sha256").update(`${edge}\0${writeKey}`).digest("hex");
  return `-${site.slice(0, 8)}.json`;
}

/** What was noted; null where nothing was, or nothing that can be read: then the file is sent from its beginning, which changes nothing. */
export function readNote(noted: Noted): Promise<Note | null> {
  return noteIn(noteFile(noted));
}

/** The latest note of the site of a file that had this name, and held something else; null where there is none. */
export async function readEarlier(noted: Noted): Promise<Note | null> {
  if (noted.name === "") return null;
  const files = await readdir(noted.folder).catch(() => []);
  const own = files.filter((file) => file.endsWith(siteEnding(noted)));
  const notes = await Promise.all(own.map((file) => noteIn(join(noted.folder, file))));
  const earlier = notes.filter((note) => note?.name === noted.name && note.digest !== noted.digest);
  return (earlier as Note[]).toSorted((a, b) => (a.at < b.at ? 1 : -1))[0] ?? null;
}

async function noteIn(path: string): Promise<Note | null> {
  let note: unknown;
  try {
    note = JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
  if (!isRecord(note)) return null;
  const counts = [note.through, note.taken, note.refused];
  return counts.every(Number.isInteger) ? (note as unknown as Note) : null;
}

export async function writeNote(noted: Noted, answered: Omit<Note, "name" | "digest" | "at">): Promise<void> {
  const path = noteFile(noted);
  await mkdir(noted.folder, { recursive: true });
  const { name, digest } = noted;
  const note: Note = { name, digest, at: new Date().toISOString(), ...answered };
  // Whole or not at all, whenever the process ends.
  await writeFile(`${path}.new`, `${JSON.stringify(note)}\n`);
  await rename(`${path}.new`, path);
}
