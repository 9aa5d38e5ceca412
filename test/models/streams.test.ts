import fc from "fast-check";
import { expect, test } from "vitest";
import {
  holdsSeq,
  remembered,
  type Streams,
  skewOf,
  skewOfAsks,
  withoutSeqs,
  withRun,
  withSeq,
} from "../../models/streams.ts";

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

test("W9 runs with a run more, or a seq less, hold what both held, and nothing else", () => {
  const seqs = fc.uniqueArray(fc.nat(20), { maxLength: 12 });
  fc.assert(
    fc.property(seqs, fc.nat(20), fc.nat(5), (own, from, more) => {
      const runs = runsOf(own);
      const less = withoutSeqs(runs, [from]);
      const joined = withRun(runs, [from, from + more]);
      for (let seq = 0; seq <= 26; seq++) {
        expect(holdsSeq(less, seq)).toBe(own.includes(seq) && seq !== from);
        expect(holdsSeq(joined, seq)).toBe(own.includes(seq) || (seq >= from && seq <= from + more));
      }
      expect(less.every(([start, end]) => start <= end)).toBe(true);
      expect(joined).toEqual(runsOf([...own, ...Array.from({ length: more + 1 }, (_, i) => from + i)]));
    }),
  );
});

test("J14 a stream has at most 256 separate runs; a seq that joins two is still taken", () => {
  const sparse = runsOf(Array.from({ length: 256 }, (_, i) => i * 2));
  expect(sparse).toHaveLength(256);
  expect(withSeq(sparse, 1000)).toBe(null);
  expect(withSeq(sparse, 1)).toHaveLength(255);
});

test("J15 a page's stream is forgotten 7 days after its last batch, an import's never", () => {
  const page = { runs: [], skewMs: 0, seenAt: 0, imported: false };
  const streams: Streams = { page, import: { ...page, imported: true } };
  expect(Object.keys(remembered(streams, 7 * DAY - 1)).sort()).toEqual(["import", "page"]);
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

test("J15 512 streams of 40 bytes each are just 20 KB, and stay", () => {
  const stream = { runs: [[10, 10]] as [number, number][], skewMs: 0, seenAt: 1000, imported: false };
  const streams: Streams = Object.fromEntries(Array.from({ length: 512 }, (_, i) => [`s${i}`, stream]));
  expect(Object.keys(remembered(streams, 2000))).toHaveLength(512);
});

test("J15 streams take at most 20 KB of a state: beyond, the longest-silent is forgotten", () => {
  const runs = Array.from({ length: 60 }, (_, i): [number, number] => [i * 1000, i * 1000]);
  const streams: Streams = {};
  for (let i = 0; i < 100; i++) streams[`s${i}`] = { runs, skewMs: 0, seenAt: 1000 + i, imported: false };
  const kept = Object.keys(remembered(streams, 2000));
  expect(JSON.stringify(Object.values(streams)).length).toBeGreaterThan(20_480);
  expect(kept).toContain("s99");
  expect(kept).not.toContain("s0");
  expect(kept.length * JSON.stringify(runs).length).toBeLessThanOrEqual(20_480);
  expect((kept.length + 2) * (JSON.stringify(runs).length + 40)).toBeGreaterThan(20_480);
});

test("J16 a clock that is behind by less than 60 seconds may be travel time, from there on it is corrected", () => {
  expect(skewOf(1_000_000, 1_059_999)).toBe(0);
  expect(skewOf(1_000_000, 1_060_000)).toBe(60_000);
});

test("J16 a clock that is ahead is corrected, by a millisecond or by an hour: nothing arrives before it was sent", () => {
  expect(skewOf(1_000_001, 1_000_000)).toBe(-1);
  expect(skewOf(4_600_000, 1_000_000)).toBe(-3_600_000);
  expect(skewOf(1_000_000, 1_000_000)).toBe(0);
});

test("J16 an ask is corrected as the stream beside it, else as the page's stream that was heard of last", () => {
  const stream = { runs: [], seenAt: 1, imported: false };
  const streams: Streams = {
    own: { ...stream, skewMs: -5 },
    last: { ...stream, skewMs: -7, seenAt: 9 },
    file: { ...stream, skewMs: 0, seenAt: 99, imported: true },
  };
  expect(skewOfAsks(streams, [{ stream: "new" }, { stream: "own" }], 3)).toBe(-5);
  expect(skewOfAsks(streams, [], 3)).toBe(-7);
  expect(skewOfAsks({}, [], 3)).toBe(3);
});
