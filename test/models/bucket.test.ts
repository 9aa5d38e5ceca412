import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bucket, nextBlock, type Rate, take } from "../../models/bucket.ts";
import { ADDRESS_RATE, addressRate, SPENT_KINDS, siteRate, VISITOR_RATE } from "../../models/limits.ts";
import { BATCH_MAX } from "../../models/wire.ts";

const START = 1_795_000_000_000;
const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 3_000 }) });
/** What is asked for, and how long after the one before, ms. */
const asked = fc.array(fc.record({ least: fc.integer({ min: 1, max: 600 }), afterMs: fc.nat({ max: 3_000 }) }), {
  minLength: 1,
  maxLength: 60,
});

test("U1 U2 whatever is asked for when, what is given stays within burst and rate, and a refusal costs nothing", () => {
  let refusals = 0;
  fc.assert(
    fc.property(rates, asked, fc.nat({ max: 2_000 }), (rate, asks, more) => {
      let bucket: Bucket | undefined;
      let now = START;
      let given = 0;
      for (const { least, afterMs } of asks) {
        now += afterMs;
        const wanted = { least: Math.min(least, rate.burst), most: least + more };
        const taken = take(bucket, wanted, { rate, now });
        given += taken.given;
        bucket = taken.bucket;
        if (taken.waitMs > 0) {
          refusals++;
          expect(taken.given).toBe(0);
          expect(take(bucket, wanted, { rate, now: now + taken.waitMs }).waitMs).toBe(0);
        } else {
          expect(taken.given).toBeGreaterThanOrEqual(wanted.least);
          expect(taken.given).toBeLessThanOrEqual(Math.max(wanted.least, wanted.most));
        }
        // Worked out apart: a full bucket, and all that has flowed in since.
        expect(given).toBeLessThanOrEqual(rate.burst + ((now - START) / 1000) * rate.perSecond + 1e-6);
      }
    }),
    { numRuns: 500 },
  );
  expect(refusals).toBeGreaterThan(100);
});

test("U1 a bucket of two a second gives its five at once, then one in half a second, and not a millisecond sooner", () => {
  const rate: Rate = { perSecond: 2, burst: 5 };
  const five = take(undefined, { least: 5 }, { rate, now: START });
  expect(five).toEqual({ bucket: { leftMilli: 0, at: START }, given: 5, waitMs: 0 });
  const at = (ms: number) => take(five.bucket, { least: 1 }, { rate, now: START + ms });
  expect([at(0).waitMs, at(499).waitMs, at(500).waitMs]).toEqual([500, 1, 0]);
  expect(take(five.bucket, { least: 3 }, { rate, now: START }).waitMs).toBe(1_500);
  // After an hour there are five, not 7,200.
  expect(at(3_600_000).bucket.leftMilli).toBe(4_000);
});

test("U1 a clock that goes back fills nothing, and who asks for more than a bucket holds gets it when it is full", () => {
  const rate: Rate = { perSecond: 10, burst: 10 };
  const { bucket } = take(undefined, { least: 10 }, { rate, now: START });
  expect(take(bucket, { least: 1 }, { rate, now: START - 60_000 })).toMatchObject({ given: 0, waitMs: 100 });
  expect(take(bucket, { least: 25 }, { rate, now: START + 999 }).given).toBe(0);
  expect(take(bucket, { least: 25 }, { rate, now: START + 1_000 }).given).toBe(25);
});

test("U2 a lease gives what there is, up to what was asked for", () => {
  const rate: Rate = { perSecond: 100, burst: 100 };
  const first = take(undefined, { least: 10, most: 80 }, { rate, now: START });
  expect(first.given).toBe(80);
  expect(take(first.bucket, { least: 10, most: 80 }, { rate, now: START }).given).toBe(20);
  expect(take(first.bucket, { least: 21, most: 80 }, { rate, now: START })).toMatchObject({ given: 0, waitMs: 10 });
});

/** Leases that one isolate makes of a site of 1,000 a second, at a steady demand, from the 10th second to the 70th. */
function leasesInAMinute(touchpointsPerSecond: number): number {
  const rate: Rate = { perSecond: 1_000, burst: 10_000 };
  let [bucket, block, left, leases] = [undefined as Bucket | undefined, undefined as Block | undefined, 0, 0];
  for (let ms = 0; ms < 70_000; ms += 10) {
    left -= (touchpointsPerSecond / 1000) * 10;
    if (left >= 0) continue;
    const now = START + ms;
    const size = nextBlock(block, now, rate);
    block = { size, at: now };
    const taken = take(bucket, { least: 10, most: size }, { rate, now });
    bucket = taken.bucket;
    left += taken.given;
    if (ms >= 10_000) leases++;
  }
  return leases;
}
type Block = { size: number; at: number };

test("U3 who uses up a block within a second is given a larger one: about one lease a second, whatever the demand", () => {
  expect(nextBlock(undefined, START, { perSecond: 1_000, burst: 10_000 })).toBe(50);
  for (const demand of [60, 200, 700, 950]) expect(leasesInAMinute(demand), `${demand}/s`).toBeLessThanOrEqual(130);
  // The twin: with the first block for ever, 950 touchpoints a second would be 1,140 leases.
  expect((950 * 60) / 50).toBeGreaterThan(130);
});

test("U3 a block is never more than the site gains in a second, and small again for who seldom comes", () => {
  const rate: Rate = { perSecond: 120, burst: 1_200 };
  expect(nextBlock({ size: 100, at: START }, START + 500, rate)).toBe(120);
  expect(nextBlock({ size: 100, at: START }, START + 5_000, rate)).toBe(100);
  expect(nextBlock({ size: 120, at: START }, START + 10_001, rate)).toBe(60);
  expect(nextBlock({ size: 60, at: START }, START + 10_001, rate)).toBe(50);
});

test("U4 a site has a bucket for each kind, wide enough for one whole batch; what it sets is heard", () => {
  const limits = { touchpointsPerSecond: 50 };
  expect(siteRate("touchpoints", {})).toEqual({ perSecond: 1_000, burst: 10_000 });
  expect(siteRate("touchpoints", { limits })).toEqual({ perSecond: 50, burst: 500 });
  for (const kind of ["server-events", "imports"] as const) {
    expect(siteRate(kind, { limits })).toEqual({ perSecond: 5_000, burst: 50_000 });
  }
  for (const kind of SPENT_KINDS) expect(siteRate(kind, { limits }).burst).toBeGreaterThanOrEqual(BATCH_MAX);
  // Who withdraws waits for nobody who grants.
  expect(siteRate("refusals", {}).perSecond).toBeGreaterThan(siteRate("grants", {}).perSecond);
});

test("U5 U6 a page's own pace stays far below what one visitor and one address may send", () => {
  // A batch in 5 s, and what was kept for 72 hours of a click a second, in batches of 500.
  expect(VISITOR_RATE.perSecond).toBeGreaterThan(1 / 5);
  expect(VISITOR_RATE.burst).toBeGreaterThan(60_000 / BATCH_MAX - 1);
  expect(ADDRESS_RATE.burst).toBeGreaterThan(VISITOR_RATE.burst);
});

test("U7 one address has a quarter of what its site's pages may send", () => {
  expect(addressRate({})).toEqual({ perSecond: 250, burst: 2_500 });
  expect(addressRate({ limits: { touchpointsPerSecond: 50 } })).toEqual({ perSecond: 13, burst: 125 });
});
