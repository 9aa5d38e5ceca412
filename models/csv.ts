import { LINE_BYTES_MAX, type Line, type RefusedLine } from "./import.ts";
import { refuse } from "./touchpoint.ts";

/** A record of a CSV file, by the line that it begins in; or why that line is none. */
export type CsvRecord = { line: number; fields: string[] } | RefusedLine;

/** Reads records as their lines come. */
export interface CsvReader {
  push: (lines: readonly Line[]) => CsvRecord[];
  /** What a quote has kept open to the end. */
  end: () => CsvRecord[];
}

type Text = { line: number; text: string };

/**
 * A record may have several lines: it goes on while the number of its quotes is odd. A line whose quote is closed nowhere in
 * 64 KiB, or wrongly, is refused alone, and reading goes on with the next one: a stray quote does not swallow the rest.
 */
export function csvReader(delimiter: string): CsvReader {
  const read = fieldReader(delimiter);
  let open: Text[] = [];
  let openLength = 0;
  /** Takes back what is open: its first line is refused, and the others are read anew. */
  const giveUp = (out: CsvRecord[]): Text[] => {
    const [first, ...rest] = open as [Text, ...Text[]];
    out.push({ line: first.line, refusal: BROKEN });
    open = [];
    openLength = 0;
    return rest;
  };
  const close = (out: CsvRecord[]): Text[] => {
    const fields = read(open.map(({ text }) => text).join("\n"));
    if (!fields) return giveUp(out);
    out.push({ line: (open[0] as Text).line, fields });
    open = [];
    openLength = 0;
    return [];
  };
  const consume = (lines: readonly Line[], out: CsvRecord[]) => {
    const left = lines.toReversed();
    for (let line = left.pop(); line; line = left.pop()) {
      if (!("text" in line)) {
        out.push(line);
        // Of a record that has lost a line nothing is known.
        if (open.length > 0) left.push(...giveUp(out).toReversed());
        continue;
      }
      const isOdd = hasOddQuotes(line.text);
      if (open.length === 0 && !isOdd) {
        if (line.text !== "") out.push(recordOf(line, read(line.text)));
        continue;
      }
      const ends = open.length > 0 && isOdd;
      open.push(line);
      openLength += line.text.length + 1;
      const again = ends ? close(out) : openLength > LINE_BYTES_MAX ? giveUp(out) : [];
      left.push(...again.toReversed());
    }
  };
  return {
    push(lines) {
      const out: CsvRecord[] = [];
      consume(lines, out);
      return out;
    },
    end() {
      const out: CsvRecord[] = [];
      while (open.length > 0) consume(giveUp(out), out);
      return out;
    },
  };
}

const BROKEN = refuse("malformed", "", "CSV: a quote stands around a whole field, is doubled inside it, and is closed");

function hasOddQuotes(text: string): boolean {
  let isOdd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
}

function recordOf({ line }: Text, fields: string[] | null): CsvRecord {
  return fields ? { line, fields } : { line, refusal: BROKEN };
}

/** The fields of a head line, and what stands between them: that which makes more of them. Null where it is none. */
export function headOf(text: string): { delimiter: string; columns: string[] } | null {
  const read = [",", ";", "\t"].flatMap((delimiter) => {
    const columns = fieldReader(delimiter)(text);
    return columns ? [{ delimiter, columns }] : [];
  });
  return read.toSorted((a, b) => b.columns.length - a.columns.length)[0] ?? null;
}

/** Reads the text of one record, by RFC 4180: its fields, or null where a quote stands where none may. */
function fieldReader(delimiter: string): (text: string) => string[] | null {
  const field = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^"${delimiter}]*))(${delimiter}|$)`, "y");
  return (text) => {
    if (!text.includes('"')) return text.split(delimiter);
    const fields: string[] = [];
    field.lastIndex = 0;
    for (let found = field.exec(text); found; found = field.exec(text)) {
      const [, quoted, plain = "", end] = found;
      fields.push(quoted?.replaceAll('""', '"') ?? plain);
      if (end === "") return fields;
    }
    return null;
  };
}
