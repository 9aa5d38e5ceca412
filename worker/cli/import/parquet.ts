import { open } from "node:fs/promises";
import * as zlib from "node:zlib";
import type { AsyncBuffer, Compressors, DecodedArray } from "hyparquet";
import { CommandError } from "../command-error.ts";

/** Rows made at a time; their columns are decoded a row group at a time. */
const ROWS_AT_ONCE = 5_000;

/** What stands in the file beside Snappy, which hyparquet brings. Zstandard is in Node from 22.15 on; LZ4 and LZO are in none. */
const COMPRESSORS: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...("zstdDecompressSync" in zlib ? { ZSTD: (input: Uint8Array) => zlib.zstdDecompressSync(input) } : {}),
};

/** A Parquet file whose rows are read as they stand, from the first. */
export interface ParquetFile {
  columns: string[];
  rows: number;
  /** Cells in the order of the columns, as JSON has them: times in ms since 1970, whole numbers as numbers. `from`: a row, from 0. */
  read: (from: number) => AsyncGenerator<unknown[][]>;
  close: () => Promise<void>;
}

/** Opens a Parquet file by its index. Throws `CommandError` where it is none, or uses what is not read here. */
export async function openParquet(path: string): Promise<ParquetFile> {
  // Read only where a Parquet file is: the other kinds do without it.
  const { parquetMetadataAsync, parquetScan, parquetSchema } = await import("hyparquet");
  const handle = await open(path);
  const { size } = await handle.stat();
  const file: AsyncBuffer = {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = new Uint8Array(end - start);
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
  const broken = async (error: unknown) => {
    await handle.close();
    const { message } = error as Error;
    return new CommandError(
      /unsupported compression codec/.test(message)
        ? `${path} is compressed in a way that is not read here (${message.split(": ")[1]}): write it with Snappy, Zstandard, Gzip or Brotli.`
        : `${path} cannot be read as Parquet: ${message}.`,
    );
  };
  try {
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    const read = async function* (from: number): AsyncGenerator<unknown[][]> {
      try {
        let start = 0;
        for (const group of metadata.row_groups) {
          const end = start + Number(group.num_rows);
          if (end > from) {
            const { readColumn } = await parquetScan({ file, metadata, compressors: COMPRESSORS });
            const whole = { rowStart: start, rowEnd: end };
            const cells = await Promise.all(columns.map((column) => readColumn({ column, ...whole })));
            yield* rowsOf(cells, Math.max(0, from - start));
          }
          start = end;
        }
      } catch (error) {
        throw await broken(error);
      }
    };
    return { columns, rows: Number(metadata.num_rows), read, close: () => handle.close() };
  } catch (error) {
    throw await broken(error);
  }
}

function* rowsOf(cells: readonly DecodedArray[], from: number): Generator<unknown[][]> {
  const count = cells[0]?.length ?? 0;
  for (let start = from; start < count; start += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, count - start);
    yield Array.from({ length: rows }, (_, i) => cells.map((column) => plain(column[start + i])));
  }
}

/** A value as JSON has it. What has no place there (bytes, say) is left as it is, and refused by whoever reads it. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
