import { expect, test } from "vitest";
import type { Entry, OrderEntry } from "../../models/entry.ts";
import { contributions, EMPTY_FOLDED, type Folded, merge, progressOf } from "../../models/journey.ts";
import { LATE_DAY } from "../../models/progress.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const NOON = 20_000 * DAY + DAY / 2;

function entry(minute: number, stage: string, more: Partial<Entry> = {}): Entry {
  const nothing = { name: "", path: "", channel: "", context: "", excluded: "" } as const;
  return { at: NOON + minute * MINUTE, stream: "s", seq: minute, type: "page", stage, ...nothing, ...more };
}

const fold = (entries: Entry[], from: Folded = EMPTY_FOLDED) => merge(from, entries, journey).folded;
const dayOf = (folded: Folded, day = 20_000) => contributions(folded, journey).get(day);
const order = (id: string, more: Partial<OrderEntry> = {}): OrderEntry => ({
  kind: "completed",
  id,
  milli: 49_900,
  currency: "EUR",
  ...more,
});

test("J27 an order that the page and the shop's server both tell of counts once, in any order; two orders are two", () => {
  const page = entry(1, "", { type: "track", stream: "page", order: order("o1") });
  const server = entry(2, "", { type: "track", stream: "server", order: order("o1") });
  const other = entry(3, "", { type: "track", order: order("o2", { milli: 100 }) });
  const refund = entry(4, "", { type: "track", order: order("o1", { kind: "refunded", milli: 900 }) });
  for (const told of [
    [page, server, other, refund],
    [refund, other, server, page],
  ]) {
    let folded = fold([entry(0, "browse")]);
    for (const one of told) folded = fold([one], folded);
    expect(dayOf(folded)?.contribution.orders).toEqual({ count: 2, milli: { EUR: 50_000 } });
    expect(dayOf(folded)?.contribution.refunds).toEqual({ count: 1, milli: { EUR: 900 } });
  }
  const nameless = fold([entry(0, "", { order: order("") }), entry(1, "", { order: order("") })]);
  expect(dayOf(nameless)?.contribution.orders.count).toBe(2);
});

test("J27 an order that comes too late for its day is money all the same, and once", () => {
  const full = fold(Array.from({ length: 140 }, (_, i) => entry(i + 10, "browse", { seq: i })));
  const late = entry(1, "", { type: "track", stream: "server", order: order("o1") });
  const { folded, changed } = merge(full, [late], journey);
  expect(changed.get(LATE_DAY)?.contribution.orders).toEqual({ count: 1, milli: { EUR: 49_900 } });
  const again = fold([entry(200, "", { type: "track", order: order("o1") })], folded);
  expect(dayOf(again)?.contribution.orders.count).toBe(0);
  const twice = merge(again, [{ ...late, seq: 7 }], journey);
  expect(twice.changed.get(LATE_DAY)?.contribution.orders.count).toBe(1);
});

test("J27 a person who pays in many currencies is summed under one name beyond the eighth", () => {
  const codes = ["AUD", "BRL", "CHF", "DKK", "EUR", "GBP", "HUF", "INR", "JPY", "KRW"];
  const folded = fold(codes.map((currency, i) => entry(i, "", { order: order(`o${i}`, { currency, milli: 1 }) })));
  const orders = dayOf(folded)?.contribution.orders;
  expect(orders?.count).toBe(10);
  expect(Object.keys(orders?.milli ?? {})).toEqual([...codes.slice(0, 8), "*"]);
  expect(orders?.milli["*"]).toBe(2);
});

test("J28 a visit's path is every stage that it entered, each time, and that of an open visit is so far", () => {
  const walk = [entry(0, "browse"), entry(1, "cart"), entry(2, "cart"), entry(3, "browse")];
  expect(dayOf(fold(walk.slice(0, 2)))?.contribution.paths).toEqual({ "browse>cart": 1 });
  expect(dayOf(fold(walk))?.contribution.paths).toEqual({ "browse>cart>cart>browse": 1 });
  const visits = [...walk, entry(40, "pay"), entry(41, "done"), entry(42, "browse")];
  expect(dayOf(fold(visits))?.contribution.paths).toEqual({ "browse>cart>cart>browse": 1, "pay>done": 1 });
});

test("J28 of one day 16 different paths stand alone, and so does none of over 200 characters; every visit is in one", () => {
  const stages = Array.from({ length: 20 }, (_, i) => ({ id: `stage-${i}`, name: "", match: {} }));
  const many = { ...journey, stages, goal: "none" };
  const visits = stages.map(({ id }, i) => entry(i * 31, id, { at: NOON - 10 * 60 * MINUTE + i * 31 * MINUTE }));
  const day = contributions(merge(EMPTY_FOLDED, visits, many).folded, many).get(20_000)?.contribution;
  expect(Object.keys(day?.paths ?? {})).toHaveLength(17);
  expect(day?.paths["*"]).toBe(4);
  const long = Array.from({ length: 60 }, (_, i) => entry(i, i % 2 ? "cart" : "browse"));
  expect(dayOf(fold(long))?.contribution.paths).toEqual({ "*": 1 });
});

test("J26 of one day 256 buckets of time stand alone; a further time goes to the nearest of its edge, and none is lost", () => {
  const stages = Array.from({ length: 12 }, (_, i) => ({ id: `s${i}`, name: "", match: {} }));
  const many = { ...journey, stages, goal: "none" };
  let at = NOON - 11 * 60 * MINUTE;
  const walk = Array.from({ length: 900 }, (_, i) => {
    at += Math.round(1.013 ** (i % 700));
    return entry(0, `s${(i * 7 + Math.floor(i / 12)) % 12}`, { at, seq: i });
  });
  let folded = EMPTY_FOLDED;
  for (let i = 0; i < walk.length; i += 50) folded = merge(folded, walk.slice(i, i + 50), many).folded;
  const edges = Object.values(contributions(folded, many).get(20_000)?.contribution.edges ?? {});
  const cells = edges.flatMap(({ times }) => Object.values(times));
  expect(cells.length).toBeGreaterThan(200);
  expect(cells.length).toBeLessThanOrEqual(256 + 64);
  for (const { count, times } of edges) expect(Object.values(times).reduce((a, b) => a + b, 0)).toBe(count);
});

test("J31 a visit's channel is that of its first arrival, a person's last one the last that was not direct", () => {
  const folded = fold([
    entry(0, "browse", { channel: "direct" }),
    entry(1, "cart", { channel: "search" }),
    entry(60, "browse", { channel: "email" }),
    entry(61, "browse", { channel: "ad" }),
    entry(120, "browse", { channel: "direct" }),
  ]);
  const { firstChannel, lastChannel, visit } = progressOf(folded, journey);
  expect([firstChannel, lastChannel, visit?.channel]).toEqual(["direct", "ad", "direct"]);
  expect(progressOf(fold([entry(0, "", { channel: "direct" })]), journey).lastChannel).toBe("direct");
  expect(progressOf(fold([entry(0, "browse"), entry(1, "cart", { channel: "ad" })]), journey).visit?.channel).toBe(
    "ad",
  );
});

test("J30 one touchpoint of the site's own people marks its whole day, and neither the day before nor the one after", () => {
  const folded = fold([
    entry(-1440, "browse"),
    entry(0, "browse"),
    entry(60, "cart", { excluded: "internal" }),
    entry(120, "browse"),
    entry(1440, "browse"),
  ]);
  const days = [...contributions(folded, journey)].map(([day, { subject }]) => [day, subject.excluded]);
  expect(days).toEqual([
    [19_999, ""],
    [20_000, "internal"],
    [20_001, ""],
  ]);
});
