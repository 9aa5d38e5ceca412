import { readColumn } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { parquetMetadata } from "hyparquet/src/metadata.js";
import { getSchemaPath } from "hyparquet/src/schema.js";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { ParquetWriter } from "hyparquet-writer/src/parquet-writer.js";
import { HISTORY_SCHEMA_VERSION, type HistoryRow } from "../../models/history.ts";

type ColumnType = "text" | "time" | "int32" | "int64";

/** In the order of the file. Times are instants in UTC, of millisecond precision; only `revenueMilli` may be null. */
const COLUMNS: Record<keyof HistoryRow, ColumnType> = {
  person: "text",
  kind: "text",
  occurredAt: "time",
  receivedAt: "time",
  stream: "text",
  seq: "int32",
  type: "text",
  stage: "text",
  name: "text",
  path: "text",
  channel: "text",
  source: "text",
  context: "text",
  orderId: "text",
  revenueMilli: "int64",
  currency: "text",
  props: "text",
  journey: "text",
  config: "int32",
  excluded: "text",
};

type Column = keyof HistoryRow;
const NAMES = Object.keys(COLUMNS) as Column[];
const SCHEMA_KEY = "waypost.schema";

function schemaElement(name: Column) {
  const repetition_type = name === "revenueMilli" ? ("OPTIONAL" as const) : ("REQUIRED" as const);
  switch (COLUMNS[name]) {
    case "text":
      return { name, repetition_type, type: "BYTE_ARRAY" as const, converted_type: "UTF8" as const };
    case "time":
      return { name, repetition_type, type: "INT64" as const, converted_type: "TIMESTAMP_MILLIS" as const };
    case "int32":
      return { name, repetition_type, type: "INT32" as const };
    case "int64":
      return { name, repetition_type, type: "INT64" as const };
  }
}

function physical(name: Column, told: HistoryRow[Column] | undefined): unknown {
  // Rows that an earlier version left waiting have no source.
  const value = told === undefined ? "" : told;
  const isWide = COLUMNS[name] === "time" || COLUMNS[name] === "int64";
  return isWide && value !== null ? BigInt(value) : value;
}

export interface Encoded {
  file: Uint8Array<ArrayBuffer>;
  /** Before compression: what the decoded rows weigh, nearly, since repeated texts are one. */
  bytes: number;
}

/** Rows as one Parquet file, pages compressed by Snappy. The same rows give the same bytes. */
export function encodeRows(rows: readonly HistoryRow[]): Encoded {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: "history", num_children: NAMES.length }, ...NAMES.map(schemaElement)],
    kvMetadata: [{ key: SCHEMA_KEY, value: String(HISTORY_SCHEMA_VERSION) }],
    createdBy: "waypost",
  });
  const columnData = NAMES.map((name) => ({ name, data: rows.map((row) => physical(name, row[name])) }));
  void parquet.write({ columnData });
  void parquet.finish();
  const bytes = parquet.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  return { file: new Uint8Array(writer.getBuffer()), bytes };
}

/** The distinct people in a file: reads one column of it. */
export function peopleIn(file: ArrayBuffer): Set<string> {
  return new Set(readColumns(file, ["person"]).flatMap(([people]) => people as string[]));
}

/** The rows of a file of ours. Throws where it is damaged, or of a schema that is newer than this code. */
export function decodeRows(file: ArrayBuffer): HistoryRow[] {
  return readColumns(file, NAMES).flatMap((columns) => {
    const length = columns[0]?.length ?? 0;
    return Array.from({ length }, (_, i) => {
      const values = NAMES.map((name, c) => [name, logical(columns[c]?.[i])]);
      return Object.fromEntries(values) as HistoryRow;
    });
  });
}

function logical(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : (value ?? null);
}

/** Texts as they were written: by default a decoder takes a leading byte order mark for none of the text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: false });
const PARSERS = {
  ...DEFAULT_PARSERS,
  timestampFromMilliseconds: Number,
  stringFromBytes: (bytes: Uint8Array) => decoder.decode(bytes),
};

/** Per row group, the values of the named columns. */
function readColumns(file: ArrayBuffer, names: readonly Column[]): unknown[][][] {
  const { row_groups, key_value_metadata, schema } = parquetMetadata(file);
  const version = Number(key_value_metadata?.find(({ key }) => key === SCHEMA_KEY)?.value);
  if (!(version <= HISTORY_SCHEMA_VERSION)) throw new Error(`history of schema ${version} is newer than this code`);
  return row_groups.map((group) => {
    const groupRows = Number(group.num_rows);
    return names.map((name) => {
      const meta = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data;
      // Files of version 1 have no sources: nobody was told of any.
      if (!meta && name === "source") return Array.from({ length: groupRows }, () => "");
      if (!meta) throw new Error(`history without the column ${name}`);
      const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
      const reader = { view: new DataView(file, start, Number(meta.total_compressed_size)), offset: 0 };
      const schemaPath = getSchemaPath(schema, [name]);
      const element = schemaPath.at(-1)?.element as (typeof schema)[number];
      const decoder = {
        pathInSchema: [name],
        type: meta.type,
        codec: meta.codec,
        element,
        schemaPath,
        parsers: PARSERS,
      };
      const rows = { groupStart: 0, selectStart: 0, selectEnd: groupRows, groupRows };
      return readColumn(reader, rows, decoder).data.flatMap((page) => Array.from(page as ArrayLike<unknown>));
    });
  });
}
