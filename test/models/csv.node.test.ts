import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvReader } from "../../models/csv.ts";

const field = fc.string({ unit: fc.constantFrom("a", "ü", " ", '"', ",", ";", "\n", "1"), maxLength: 6 });
const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });

/** As a program that knows nothing of ours writes it: quotes where they are needed, or everywhere. */
const written = (rows: string[][], always: boolean) =>
  rows
    .map((row) =>
      row.map((cell) => (always || /[",;\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(","),
    )
    .join("\n");

function read(text: string): string[][] {
  const csv = csvReader(",");
  const lines = text.split("\n").map((line, i) => ({ line: i + 1, text: line }));
  return [...csv.push(lines), ...csv.end()].map((record) =>
    "fields" in record ? record.fields : [record.refusal.bound],
  );
}

test("W23 whatever is written as CSV is read as it was, and as somebody else's reader reads it", () => {
  fc.assert(
    fc.property(table, fc.boolean(), (rows, always) => {
      const text = written(rows, always);
      expect(read(text)).toEqual(rows);
      expect(read(text)).toEqual(parse(text, { relax_column_count: true, record_delimiter: "\n" }));
    }),
    { numRuns: 300 },
  );
});
