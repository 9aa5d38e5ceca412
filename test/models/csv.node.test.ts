import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvReader } from "../../models/csv.ts";
import { importOf, itemsOfLines, lineSplitter } from "../../models/import.ts";
import { itemsOfRows, rowReader } from "../../models/import-rows.ts";

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

const GOOD = { anonymousId: "good", type: "page", timestamp: 1 };
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .string({ unit: fc.constantFrom('"', ",", "\n", "{", "}", "[", "1", "page", "ü"), maxLength: 40 })
    .map((text) => Buffer.from(text)),
);

function linesOf(bytes: Uint8Array, from: number) {
  const splitter = lineSplitter(from);
  return [...splitter.push(bytes), ...splitter.end()];
}

test("W22 W23 W24 whatever bytes stand before it, a good line is taken, and no answer but a value is given", () => {
  const rows = rowReader(Object.keys(GOOD), { texts: true });
  if (!rows.ok) throw new Error(rows.bound);
  fc.assert(
    fc.property(noise, (bytes) => {
      const json = itemsOfLines(linesOf(Buffer.concat([bytes, Buffer.from(`\n${JSON.stringify(GOOD)}`)]), 1));
      const csv = csvReader(",");
      const lines = linesOf(Buffer.concat([bytes, Buffer.from(`\n${Object.values(GOOD).join(",")}`)]), 2);
      const table = itemsOfRows([...csv.push(lines), ...csv.end()], rows.value);
      for (const items of [json, table]) {
        const last = items.toSorted((a, b) => a.line - b.line).at(-1);
        expect(last).toMatchObject({ item: GOOD });
        expect(new Set(items.map(({ line }) => line)).size).toBe(items.length);
        const batch = items.flatMap((one) => ("item" in one ? [{ ...one.item, seq: one.line }] : []));
        expect(importOf(batch, { stream: "s", covers: [] }).ok).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
