import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";

const LF = 10;
const FORMATS: readonly [ending: RegExp, format: Source["format"]][] = [
  [/\.csv(\.gz)?$/i, "csv"],
  [/\.parquet$/i, "parquet"],
  [/\.(ndjson|jsonl|json)(\.gz)?$/i, "ndjson"],
];

/** A file that has been read once, so that it is known what it is called and how much there is to do. */
export interface Source {
  /** As the person named it: “-” for what came in. */
  name: string;
  path: string;
  format: "ndjson" | "csv" | "parquet";
  isGzip: boolean;
  /** Bytes as they lie: what is written behind them later is another file. */
  size: number;
  /** SHA-256 of the content, in hex; of a compressed file that of what it holds. Names it as a source, whatever it is called. */
  digest: string;
  /** Lines of a text; 0 of a Parquet file, whose rows its own index counts. */
  lines: number;
  /** Deletes what was made for the reading. */
  close: () => Promise<void>;
}

/** Reads a file, or with “-” what comes in as NDJSON, once through. Throws `CommandError` where it cannot be read. */
export async function openSource(name: string, stdin: Readable): Promise<Source> {
  const spool = name === "-" ? await mkdtemp(join(tmpdir(), "waypost-import-")) : null;
  const close = async () => {
    if (spool) await rm(spool, { recursive: true, force: true });
  };
  const path = spool ? join(spool, "stdin.ndjson") : name;
  const format = FORMATS.find(([ending]) => ending.test(path))?.[1];
  if (!format) throw new CommandError(`${name} is of no known kind: .ndjson, .jsonl, .json, .csv, .parquet, or “-”.`);
  try {
    if (spool) await pipeline(stdin, createWriteStream(path));
    const { size } = await stat(path);
    const isGzip = /\.gz$/i.test(path);
    return { name, path, format, isGzip, size, ...(await counted({ path, size, isGzip })), close };
  } catch (error) {
    await close();
    throw new CommandError(`${name} ${whatIsWrong(error)}`);
  }
}

/** The bytes of a source as they came to be: unpacked. */
export async function* contentOf({
  path,
  size,
  isGzip,
}: Pick<Source, "path" | "size" | "isGzip">): AsyncGenerator<Uint8Array> {
  if (size === 0) return;
  const packed = createReadStream(path, { end: size - 1 });
  const bytes = isGzip ? packed.pipe(createGunzip()) : packed;
  // `pipe` hands no error on: a file that cannot be read would be waited for for ever.
  if (isGzip) packed.once("error", (error) => bytes.destroy(error));
  for await (const chunk of bytes) yield chunk as Uint8Array;
}

async function counted(source: Pick<Source, "path" | "size" | "isGzip">): Promise<{ digest: string; lines: number }> {
  const hash = createHash("sha256");
  let lines = 0;
  let isOpen = false;
  for await (const chunk of contentOf(source)) {
    hash.update(chunk);
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) lines++;
    isOpen = chunk.at(-1) !== LF;
  }
  return { digest: hash.digest("hex"), lines: isOpen ? lines + 1 : lines };
}
