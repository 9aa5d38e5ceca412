import { expect, test } from "vitest";
import { admitted, type DaySums, type MapRow, replaceRow, supersedes } from "../../../models/analysis/map-day.ts";
import { type Contribution, EMPTY_CONTRIBUTION } from "../../../models/contribution.ts";

function row(set: string, more: Partial<Contribution> = {}): MapRow {
  return { push: 1, life: 1, set, contribution: { ...EMPTY_CONTRIBUTION, visits: 1, touchpoints: 1, ...more } };
}

/** Puts rows into an empty day, one after the other, as a shard does. */
function dayOf(rows: readonly MapRow[]): { sums: DaySums; kept: MapRow[] } {
  const sums: DaySums = {};
  const kept = rows.map((one) => {
    const after = admitted(one, null, sums);
    replaceRow(sums, null, after);
    return after;
  });
  return { sums, kept };
}

test("J32 a row gives way to a greater number of its life and to a later life, and to nothing else", () => {
  const held = { push: 5, life: 10 };
  expect(supersedes({ push: 6, life: 10 }, held)).toBe(true);
  expect(supersedes({ push: 5, life: 10 }, held)).toBe(false);
  expect(supersedes({ push: 4, life: 10 }, held)).toBe(false);
  expect(supersedes({ push: 1, life: 11 }, held)).toBe(true);
  expect(supersedes({ push: 9, life: 9 }, held)).toBe(false);
  expect(supersedes({ push: 1, life: 1 }, null)).toBe(true);
});

test("J33 64 sets stand alone, the others are summed as one, and each is taken out of where it was put", () => {
  const { sums, kept } = dayOf(Array.from({ length: 70 }, (_, i) => row(`s${i}@1`)));
  expect(Object.keys(sums)).toHaveLength(65);
  expect(sums["*"]?.visits).toBe(6);
  for (const one of kept) replaceRow(sums, one, null);
  expect(sums).toEqual({});
});

test("J33 who is alone in a set and moves to another needs no second place for it", () => {
  const { sums, kept } = dayOf(Array.from({ length: 64 }, (_, i) => row(`s${i}@1`)));
  const moved = admitted({ ...row("new@1"), push: 2 }, kept[3] as MapRow, sums);
  expect(moved.set).toBe("new@1");
  expect(admitted(row("other@1"), null, sums).set).toBe("*");
  expect(admitted(row("s3@1"), null, sums).set).toBe("s3@1");
});

test("J28 of a shard's day 5,000 paths stand alone; the others are summed as one, and nothing is left of what is taken out", () => {
  const { sums, kept } = dayOf(
    Array.from({ length: 300 }, (_, i) => {
      const paths = Object.fromEntries(Array.from({ length: 17 }, (_, j) => [`a>${i}>${j}`, 1]));
      return row("", { paths, visits: 17, touchpoints: 17 });
    }),
  );
  const paths = sums[""]?.paths ?? {};
  expect(Object.keys(paths)).toHaveLength(5001);
  expect(paths["*"]).toBe(100);
  const known = admitted(row("", { paths: { "a>0>0": 1, "b>new": 2 } }), null, sums);
  expect(known.contribution.paths).toEqual({ "a>0>0": 1, "*": 2 });
  for (const one of kept) replaceRow(sums, one, null);
  expect(sums).toEqual({});
});
