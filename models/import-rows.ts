import type { CsvRecord } from "./csv.ts";
import type { FileItem } from "./import.ts";
import { isRecord, type Parsed, refuse } from "./touchpoint.ts";

/** Columns that are taken as they stand; a dot leads into an object. */
const PLAIN = [
  "anonymousId",
  "userId",
  "previousId",
  "groupId",
  "type",
  "event",
  "name",
  "timestamp",
  "channel",
  "source",
  "context.page.url",
  "context.page.title",
] as const;
/** `properties` is a whole object, or its JSON text; `properties.price` is one of its properties. */
const OBJECTS = ["properties", "traits"] as const;

/** How rows of a table become items of the Segment HTTP API. */
export interface RowReader {
  columns: readonly string[];
  /** Columns that mean nothing here. */
  unread: string[];
  /** Cells in the order of the columns; "" and null are none. */
  item: (cells: readonly unknown[]) => Parsed<Record<string, unknown>>;
}

/** Fits to the columns of a table. `texts`: cells are texts, as in CSV, where a number or a truth value stands as its text. */
export function rowReader(columns: readonly string[], { texts }: { texts: boolean }): Parsed<RowReader> {
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined)
    return refuse("malformed", "", `a table whose columns have different names; “${twice}” stands twice`);
  const isNamed = columns.includes("anonymousId") || columns.includes("userId");
  if (!isNamed || !columns.includes("type") || !columns.includes("timestamp")) {
    return refuse("malformed", "", "a table with the columns type, timestamp, and anonymousId or userId");
  }
  const own = (object: string) =>
    columns.flatMap((column, i) =>
      column.startsWith(`${object}.`) ? [{ key: column.slice(object.length + 1), i }] : [],
    );
  const objects = OBJECTS.map((object) => ({ object, whole: columns.indexOf(object), own: own(object) }));
  const plain = PLAIN.map((column) => ({ path: column.split("."), i: columns.indexOf(column) }));
  const read = new Set([...plain, ...objects.flatMap(({ whole, own }) => [{ i: whole }, ...own])].map(({ i }) => i));
  const scalar = (cell: unknown) => (texts && typeof cell === "string" ? scalarOf(cell) : cell);
  const item = (cells: readonly unknown[]): Parsed<Record<string, unknown>> => {
    const value: Record<string, unknown> = {};
    for (const { path, i } of plain) {
      if (hasCell(cells[i])) put(value, path, path[0] === "timestamp" ? timeOf(cells[i]) : textOf(cells[i]));
    }
    for (const { object, whole, own } of objects) {
      const given = hasCell(cells[whole]) ? objectOf(cells[whole]) : {};
      if (!given) return refuse("malformed", object, "a JSON object");
      const more = own.filter(({ i }) => hasCell(cells[i])).map(({ key, i }) => [key, scalar(cells[i])]);
      if (whole >= 0 || more.length > 0) value[object] = { ...given, ...Object.fromEntries(more) };
    }
    return { ok: true, value };
  };
  return { ok: true, value: { columns, unread: columns.filter((_, i) => !read.has(i)), item } };
}

/** Reads rows; one with another number of fields than the table has columns is refused, naming that. */
export function itemsOfRows(
  rows: readonly CsvRecord[],
  { columns, item }: Pick<RowReader, "columns" | "item">,
): FileItem[] {
  return rows.map((row): FileItem => {
    if (!("fields" in row)) return row;
    const { line, fields } = row;
    if (fields.length !== columns.length) {
      const bound = `${columns.length} fields, as the head line has; there are ${fields.length}`;
      return { line, refusal: refuse("malformed", "", bound) };
    }
    const read = item(fields);
    return read.ok ? { line, item: read.value } : { line, refusal: read };
  });
}

function hasCell(cell: unknown): boolean {
  return cell !== undefined && cell !== null && cell !== "";
}

function put(value: Record<string, unknown>, [first = "", ...rest]: readonly string[], cell: unknown): void {
  if (rest.length === 0) {
    value[first] = cell;
    return;
  }
  const inner = isRecord(value[first]) ? value[first] : {};
  value[first] = inner;
  put(inner, rest, cell);
}

/** An id that a table keeps as a number is that number's text. */
function textOf(cell: unknown): unknown {
  return typeof cell === "number" ? String(cell) : cell;
}

/** Milliseconds since 1970 stand as digits where every cell is a text. */
function timeOf(cell: unknown): unknown {
  return typeof cell === "string" && /^\d+$/.test(cell) ? Number(cell) : cell;
}

function objectOf(cell: unknown): Record<string, unknown> | null {
  let value = cell;
  try {
    if (typeof cell === "string") value = JSON.parse(cell);
  } catch {
    return null;
  }
  return isRecord(value) ? value : null;
}

/** A number as JSON writes it, of at most 15 digits (more a float64 does not hold), true or false; else the text: 01234 is no number. */
export function scalarOf(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && text.length <= 16 ? Number(text) : text;
}
