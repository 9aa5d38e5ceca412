import { expect, test } from "vitest";
import { costOf, monthlyCost } from "../../../models/analysis/cost.ts";

const NOTHING = { batches: 0, choices: 0, visits: 0, visitors: 0, flushes: 0, quarters: 0, shards: 8 };

test("U68 a batch costs its request, three calls and two rows, at the platform's list prices", () => {
  const { dollars, terms, estimated } = monthlyCost({ ...NOTHING, batches: 1_000_000 });
  // 0.30 a million requests, 0.02 a million ms, 0.15 a million calls, 12.50 a million GB-s, 1 a million rows, 0.001 read.
  const expected = 0.3 + 0.02 + 3 * 0.15 + 3 * 0.005 * 0.128 * 12.5 + 2 + 2 * 0.001;
  expect(dollars).toBeCloseTo(expected, 9);
  expect(estimated).toBe(true);
  expect(terms.find(({ name }) => name === "rows written")).toMatchObject({
    unit: "rows",
    count: 2_000_000,
    dollars: 2,
  });
  expect(terms.reduce((sum, term) => sum + term.dollars, 0)).toBeCloseTo(dollars, 12);
});

test("U68 a shard writes once in a quarter of an hour in which something came for it, and not more often than there were batches", () => {
  const bucketWrites = (counters: Partial<typeof NOTHING>) =>
    monthlyCost({ ...NOTHING, ...counters }).terms.find(({ name }) => name.startsWith("history: bucket writes"))?.count;
  expect(bucketWrites({ quarters: 10, batches: 1_000 })).toBe(80);
  expect(bucketWrites({ quarters: 10, batches: 12 })).toBe(12);
  expect(bucketWrites({ quarters: 0, batches: 1_000 })).toBe(0);
});

test("U68 what a million touchpoints cost is what those that were measured cost, to that scale", () => {
  const usage = {
    workerRequests: 10,
    objectCalls: 0,
    rowsWritten: 20,
    rowsRead: 0,
    bucketWrites: 0,
    bucketReads: 0,
    kvReads: 0,
    touchpoints: 100,
    objectBytes: 1e5,
    bucketBytes: 1e5,
  };
  const { terms, perMillion, storedPerMonth } = costOf(usage);
  expect(terms["rows written"]).toBeCloseTo(0.2, 12);
  expect(perMillion).toBeCloseTo(0.2 + 0.03 + 0.002, 12);
  expect(storedPerMonth).toBeCloseTo(0.2 + 0.015, 12);
});
