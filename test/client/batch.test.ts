import { expect, test } from "vitest";
import { settledBy, takeBatch } from "../../client/batch.ts";
import type { Entry } from "../../client/outbox.ts";

function entry(stream: string, seq: number, rev = 1, name = "Buy now"): Entry {
  return {
    stream,
    stamp: { rev, purposes: ["analytics"] },
    touchpoint: { seq, type: "click", name, at: 1_000, url: "https://shop.example/", props: {} },
  };
}

const STAMP = { rev: 1, purposes: ["analytics" as const] };

test("C a batch never spans two revs", () => {
  const entries = [entry("a", 0, 1), entry("a", 1, 2), entry("a", 2, 1)];
  const batch = takeBatch(entries, STAMP, 100_000);
  expect(batch.streams).toEqual([{ stream: "a", touchpoints: [entries[0]?.touchpoint, entries[2]?.touchpoint] }]);
});

test("a batch holds at most 500 touchpoints of at most 16 streams", () => {
  const many = Array.from({ length: 600 }, (_, seq) => entry("a", seq));
  expect(takeBatch(many, STAMP, 1e9).entries.size).toBe(500);
  const wide = Array.from({ length: 20 }, (_, i) => entry(`stream-${i}`, 0));
  expect(takeBatch(wide, STAMP, 1e9).streams).toHaveLength(16);
});

test("a batch stays below its bytes of UTF-8, not of characters", () => {
  const entries = Array.from({ length: 480 }, (_, seq) =>
    entry("a", seq, 1, "届け先の住所を変更する。お支払い方法を選ぶ。"),
  );
  const batch = takeBatch(entries, STAMP, 60_000);
  const bytes = new TextEncoder().encode(JSON.stringify(batch.streams)).length;
  expect(bytes).toBeLessThan(60_000);
  expect(bytes).toBeGreaterThan(50_000);
  expect(batch.entries.size).toBeLessThan(480);
});

test("an entry leaves only when a reply names it, as kept or as refused for good", () => {
  const entries = [0, 1, 2, 3, 4].map((seq) => entry("a", seq));
  const other = entry("b", 1);
  const settled = settledBy([...entries, other], {
    acked: [
      {
        stream: "a",
        seqs: [
          [0, 1],
          [3, 3],
        ],
      },
    ],
    refused: [{ stream: "a", seq: 4, reason: "too-long", field: "name", bound: "at most 128 characters" }],
  });
  expect([...settled].map(({ touchpoint }) => touchpoint.seq)).toEqual([0, 1, 3, 4]);
  expect(settled.has(other)).toBe(false);
});
