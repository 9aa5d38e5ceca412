/** One line of what is known about a person, whatever store it is in. */
export interface KnownRow {
  store: string;
  /** Whose journey it is: a person may have several browsers. */
  visitor: string;
  /** ISO 8601; "" where it has no time of its own. */
  at: string;
  kind: string;
  name: string;
  /** JSON. */
  data: string;
}

const COLUMNS = ["store", "visitor", "at", "kind", "name", "data"] as const satisfies readonly (keyof KnownRow)[];

/**
 * Rows as CSV (RFC 4180), with a line of names. A cell that a spreadsheet would take for a formula begins with an
 * apostrophe: it holds what somebody else may have written.
 */
export function csvOf(rows: readonly KnownRow[]): string {
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name]))];
  return lines.map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
