import { csvReader, headOf } from "../../../models/csv.ts";
import { type FileItem, itemsOfLines, type Line, lineSplitter } from "../../../models/import.ts";
import { itemsOfRows, type RowReader, rowReader } from "../../../models/import-rows.ts";
import { CommandError } from "../command-error.ts";
import { type Mapping, mappedReader } from "./mapping.ts";
import { openParquet } from "./parquet.ts";
import { contentOf, type Source } from "./source.ts";

/** A source whose items are read as they are asked for, some at a time. */
export interface ItemReader {
  /** What may be counted: lines of a text, rows of a Parquet file. */
  lines: number;
  /** Columns that mean nothing here. */
  unread: readonly string[];
  /** From a line on, from 1; CSV is counted with its head line. */
  items: (from: number) => AsyncGenerator<FileItem[]>;
  close: () => Promise<void>;
}

/** Fits what is known of a source to how it is read. Throws `CommandError` where its columns do not say what they are. */
export async function readerOf(source: Source, mapping: Mapping | null): Promise<ItemReader> {
  if (source.format === "parquet") return ofParquet(source, mapping);
  // It has no head line either, and is no fault of anybody's: an export of a quiet day.
  if (source.lines === 0) return { lines: 0, unread: [], items: async function* () {}, close: source.close };
  if (source.format === "csv") return ofCsv(source, mapping);
  if (mapping) throw new CommandError(`${source.name} has no columns: a mapping is for CSV and Parquet.`);
  await refuseWhole(source);
  const items = async function* (from: number) {
    for await (const lines of linesOf(source)) yield itemsOfLines(lines.filter(({ line }) => line >= from));
  };
  return { lines: source.lines, unread: [], items, close: source.close };
}

/** A list, or an object over several lines: one sentence is more use than a refusal of each line. */
async function refuseWhole(source: Source): Promise<void> {
  const text = await beginningOf(source);
  const way = /^\s*\[/.test(text) ? ".[]" : /^\s*\{\s*\n\s*"/.test(text) ? "." : null;
  if (way === null) return;
  const what = way === "." ? "an object over several lines" : "a list";
  throw new CommandError(
    `${source.name} is ${what}: an import reads one JSON object a line. Make lines of it: jq -c '${way}' ${source.name} > lines.ndjson`,
  );
}

/** What the first chunk holds, without a mark of its encoding. */
async function beginningOf(source: Source): Promise<string> {
  for await (const chunk of contentOf(source)) return new TextDecoder().decode(chunk);
  return "";
}

async function* linesOf(source: Source): AsyncGenerator<Line[]> {
  const splitter = lineSplitter(1);
  for await (const chunk of contentOf(source)) yield splitter.push(chunk);
  yield splitter.end();
}

async function ofCsv(source: Source, mapping: Mapping | null): Promise<ItemReader> {
  const first = await firstLine(source);
  const head = first && "text" in first ? headOf(first.text) : null;
  if (!head) throw new CommandError(`${source.name} has no head line: its first line has to name the columns.`);
  const rows = rowsFitted(source, mapping, { columns: head.columns, texts: true });
  const items = async function* (from: number) {
    const csv = csvReader(head.delimiter);
    const wanted = (records: ReturnType<typeof csv.end>) =>
      itemsOfRows(
        records.filter(({ line }) => line >= from),
        rows,
      );
    for await (const lines of linesOf(source)) yield wanted(csv.push(lines.filter(({ line }) => line > 1)));
    yield wanted(csv.end());
  };
  return { lines: source.lines, unread: rows.unread, items, close: source.close };
}

async function firstLine(source: Source): Promise<Line | undefined> {
  for await (const [line] of linesOf(source)) if (line) return line;
  return undefined;
}

async function ofParquet(source: Source, mapping: Mapping | null): Promise<ItemReader> {
  const file = await openParquet(source.path);
  const rows = rowsFitted(source, mapping, { columns: file.columns, texts: false });
  const items = async function* (from: number): AsyncGenerator<FileItem[]> {
    let line = from;
    for await (const cells of file.read(from - 1)) {
      yield cells.map((own): FileItem => {
        const read = rows.item(own);
        return read.ok ? { line: line++, item: read.value } : { line: line++, refusal: read };
      });
    }
  };
  const close = async () => {
    await file.close();
    await source.close();
  };
  return { lines: file.rows, unread: rows.unread, items, close };
}

function rowsFitted(
  { name }: Source,
  mapping: Mapping | null,
  { columns, texts }: { columns: string[]; texts: boolean },
): RowReader {
  if (mapping) return mappedReader(mapping, columns);
  const rows = rowReader(columns, { texts });
  if (rows.ok) return rows.value;
  throw new CommandError(
    `${name} needs to be ${rows.bound}. It has ${columns.join(", ")}: say what they mean with --mapping FILE (test/cases/puffy-events.json is one).`,
  );
}
