/** One record of a CSV file, with the line (from 1) that it begins in. */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/**
 * The records of a CSV text (RFC 4180: commas between fields; a field in double quotes may hold commas, line ends and
 * doubled quotes). Empty lines are left out. A quote that is never closed takes the rest of the text into its field.
 */
export function* csvRecords(text: string): Generator<CsvRecord> {
  let fields: string[] = [];
  let field = "";
  let quoted = false;
  let line = 1;
  let begunIn = 1;
  const isEmpty = () => fields.length === 0 && field === "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === "\n") line++;
    if (char === '"') {
      if (quoted && text[i + 1] === '"') field += text[++i];
      else quoted = !quoted;
    } else if (quoted) {
      field += char;
    } else if (char === ",") {
      fields.push(field);
      field = "";
    } else if (char === "\n") {
      if (!isEmpty()) yield { line: begunIn, fields: [...fields, field] };
      fields = [];
      field = "";
      begunIn = line;
    } else if (char !== "\r" || text[i + 1] !== "\n") {
      field += char;
    }
  }
  if (!isEmpty()) yield { line: begunIn, fields: [...fields, field] };
}
