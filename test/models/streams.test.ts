import fc from "fast-check";
import { expect, test } from "vitest";
import { holdsSeq, remembered, type Streams, skewOf, withSeq } from "../../models/streams.ts";

const DAY = 86_400_000;
const runsOf = (seqs: number[]) => seqs.reduce((runs, seq) => withSeq(runs, seq) ?? runs, [] as [number, number][]);

test("J14 seqs are kept as closed intervals that do not touch, whatever order they come in", () => {
  expect(runsOf([0, 1, 2, 5, 4, 9])).toEqual([
    [0, 2],
    [4, 5],
    [9, 9],
  ]);
  expect(runsOf([0, 2, 1])).toEqual([[0, 2]]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60), { maxLength: 60 }), (seqs) => {
      const runs = runsOf(seqs);
      for (let seq = 0; seq <= 61; seq++) expect(holdsSeq(runs, seq)).toBe(seqs.includes(seq));
      for (const [i, run] of runs.entries()) {
        expect(run[0]).toBeLessThanOrEqual(run[1]);
        if (i > 0) expect(run[0]).toBeGreaterThan((runs[i - 1] as [number, number])[1] + 1);
      }
    }),
  );
});

test("J14 a stream has at most 64 separate runs; a seq that joins two is still taken", () => {
  const sparse = runsOf(Array.from({ length: 64 }, (_, i) => i * 2));
  expect(sparse).toHaveLength(64);
  expect(withSeq(sparse, 1000)).toBe(null);
  expect(withSeq(sparse, 1)).toHaveLength(63);
});

test("J15 a page's stream is forgotten 7 days after its last batch, an import's never", () => {
  const page = { runs: [], skewMs: 0, seenAt: 0, imported: false };
  const streams: Streams = { page, import: { ...page, imported: true } };
  expect(Object.keys(remembered(streams, 7 * DAY - 1))).toEqual(["page", "import"]);
  expect(Object.keys(remembered(streams, 7 * DAY))).toEqual(["import"]);
});

test("J15 of more than 512 streams the longest-silent is forgotten", () => {
  const streams: Streams = {};
  for (let i = 0; i < 513; i++) {
    streams[`s${i}`] = { runs: [[0, 0]], skewMs: 0, seenAt: i === 7 ? 1 : 1000 + i, imported: i % 2 === 0 };
  }
  const kept = remembered(streams, 2000);
  expect(Object.keys(kept)).toHaveLength(512);
  expect(kept.s7).toBeUndefined();
  expect(kept.s8?.runs).toEqual([[0, 0]]);
});

test("J16 a difference of clocks below 60 seconds is travel time, from there on it is taken out", () => {
  expect(skewOf(1_000_000, 1_059_999)).toBe(0);
  expect(skewOf(1_000_000, 1_060_000)).toBe(60_000);
  expect(skewOf(1_060_000, 1_000_001)).toBe(0);
  expect(skewOf(1_060_000, 1_000_000)).toBe(-60_000);
});
