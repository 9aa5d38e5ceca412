/** One record of a CSV file, with the line (from 1) that it begins in. */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/**
 * The records of a CSV text (RFC 4180: comma, fields in double quotes may hold commas, line ends and doubled quotes).
 * Empty lines are left out. A quote that is never closed takes the rest of the text into its field.
 */
export function* csvRecords(text: string): Generator<CsvRecord> {
  let fields: string[] = [];
  let line = 1;
  let startedIn = 1;
  for (let at = 0; at < text.length; ) {
    const { value, end } = fieldAt(text, at);
    fields.push(value);
    line += linesIn(text, at, end);
    at = end + 1;
    if (text[end] === ",") {
      // A comma at the very end of the text still opens an empty last field.
      if (at === text.length) fields.push("");
      else continue;
    }
    if (fields.length > 1 || fields[0] !== "") yield { line: startedIn, fields };
    fields = [];
    line++;
    startedIn = line;
  }
  if (fields.length > 0) yield { line: startedIn, fields };
}

/** The field that begins at `from`, and where the comma, line end or end of text stands that closes it. */
function fieldAt(text: string, from: number): { value: string; end: number } {
  let quoted = "";
  let at = from;
  while (text[at] === '"') {
    const close = text.indexOf('"', at + 1);
    const last = close < 0 ? text.length : close;
    // A quoted part right behind another is a doubled quote inside one field.
    quoted += (at > from ? '"' : "") + text.slice(at + 1, last);
    at = last + 1;
  }
  const comma = text.indexOf(",", at);
  const lineEnd = text.indexOf("\n", at);
  const ends = [comma, lineEnd].filter((end) => end >= 0);
  const end = ends.length > 0 ? Math.min(...ends) : text.length;
  const rest = text.slice(at, end);
  return { value: quoted + (text[end] === "," ? rest : rest.replace(/\r$/, "")), end };
}

function linesIn(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
