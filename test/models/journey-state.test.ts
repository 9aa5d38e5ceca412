import { expect, test } from "vitest";
import type { Purpose } from "../../models/consent.ts";
import { decodeState, encodeState } from "../../models/journey-blob.ts";
import { acknowledged, duePush, tooMuchWaits } from "../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState, type Received, receive } from "../../models/journey-state.ts";
import type { Reservation } from "../../models/outcome.ts";
import { LATE_DAY } from "../../models/progress.ts";
import { setOfDay } from "../../models/segment-set.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;
const GRANTED = { rev: 1, purposes: ["analytics"] as Purpose[] };

function page(seq: number, path = "/", at = NOW - 1000 + seq): Touchpoint {
  return { seq, type: "page", name: "Shop", at, url: `https://shop.example${path}`, props: {} };
}

function batch(touchpoints: Touchpoint[], more: Partial<Received> = {}): Received {
  return { streams: [{ stream: "one", touchpoints }], stamp: GRANTED, sentAt: NOW, receivedAt: NOW, ...more };
}

const after = (received: Received, state: JourneyState = EMPTY_STATE) => receive(state, received, journey);

test("J12 what came before changes nothing, however often it comes (S11)", () => {
  const once = after(batch([page(0), page(1, "/cart")]));
  const twice = after(batch([page(1, "/cart"), page(0), page(2, "/pay")]), once.state);
  expect(twice.duplicates.map((d) => d.seq).sort()).toEqual([0, 1]);
  expect(twice.accepted).toHaveLength(1);
  expect(twice.state.folded.touchpoints).toBe(3);
  const again = after(batch([page(0), page(1), page(2)]), twice.state);
  expect(again.accepted).toEqual([]);
  expect(again.state.folded).toEqual(twice.state.folded);
  expect(again.acked).toEqual([{ stream: "one", seqs: [[0, 2]] }]);
});

test("J12 equal seqs of different streams are different touchpoints", () => {
  const streams = ["one", "two"].map((stream) => ({ stream, touchpoints: [page(0)] }));
  expect(after(batch([], { streams })).accepted).toHaveLength(2);
});

test("J12 everything in a batch is acknowledged, in closed intervals, holes left open", () => {
  expect(after(batch([page(7), page(3), page(4)])).acked).toEqual([
    {
      stream: "one",
      seqs: [
        [3, 4],
        [7, 7],
      ],
    },
  ]);
});

test("C2 without analytics then or now touchpoints are refused, for good, and nothing of them is kept (B15, B16)", () => {
  const denied = { rev: 2, purposes: [] };
  const then = after(batch([page(0)], { stamp: denied }));
  expect(then.refused).toEqual([
    { stream: "one", seq: 0, reason: "consent", field: "consent", bound: "analytics granted then and now" },
  ]);
  expect(then.acked).toEqual([{ stream: "one", seqs: [[0, 0]] }]);
  expect(then.state.folded).toEqual(EMPTY_STATE.folded);
  const now = after(batch([page(0)]), then.state);
  expect(now.refused[0]?.reason).toBe("consent");
  expect(now.state.consent).toEqual(denied);
  const granted = after(batch([page(0)], { stamp: { rev: 3, purposes: ["analytics"] } }), now.state);
  expect(granted.accepted).toHaveLength(1);
});

test("J14 a stream of which nothing was kept is not remembered", () => {
  const refused = after(batch([page(0)], { stamp: { rev: 1, purposes: [] } }));
  expect(refused.state.streams).toEqual({});
});

test("J18 a batch of duplicates is no news for the map", () => {
  const once = after(batch([page(0)])).state;
  expect(after(batch([page(0)]), once).state.push).toEqual(once.push);
});

test("J16 a wrong clock is corrected by the skew of the stream's first batch", () => {
  const slow = after(batch([page(0, "/", NOW - 3_600_000)], { sentAt: NOW - 3_600_000 }));
  expect(slow.state.folded.ring[0]?.at).toBe(NOW);
  const later = after(
    batch([page(1, "/", NOW - 3_600_000 + 5000)], { sentAt: NOW + 1, receivedAt: NOW + 6000 }),
    slow.state,
  );
  expect(later.state.folded.ring[1]?.at).toBe(NOW + 5000);
});

test("J15 a journey of one browser forgets a stream that was silent for 7 days, also while the ring has something of it", () => {
  const first = after(batch([page(0)])).state;
  expect(Object.keys(first.streams)).toEqual(["one"]);
  const receivedAt = NOW + 8 * DAY;
  const streams = [{ stream: "t", touchpoints: [page(0, "/", receivedAt - 1)] }];
  const { state } = after(batch([], { streams, sentAt: receivedAt, receivedAt }), first);
  expect(state.folded.ring.map(({ stream }) => stream)).toEqual(["one", "t"]);
  expect(Object.keys(state.streams)).toEqual(["t"]);
});

test("J17 a time after its arrival is clamped to it", () => {
  expect(after(batch([page(0, "/", NOW + 5000)])).state.folded.ring[0]?.at).toBe(NOW);
});

test("J17 a page's touchpoint of more than 7 days is refused, one of exactly 7 is kept", () => {
  expect(after(batch([page(0, "/", NOW - 7 * DAY)])).accepted).toHaveLength(1);
  const old = after(batch([page(0, "/", NOW - 7 * DAY - 1), page(1)]));
  expect(old.refused.map((r) => [r.seq, r.reason, r.field])).toEqual([[0, "too-old", "at"]]);
  expect(old.accepted).toHaveLength(1);
});

test("J17 an import's time is its own: nothing is too old, and no skew is taken out", () => {
  const imported = after(batch([page(0, "/", NOW - 900 * DAY)], { stamp: null, sentAt: 0 }));
  expect(imported.state.folded.ring[0]?.at).toBe(NOW - 900 * DAY);
  expect(imported.state.streams.one?.imported).toBe(true);
});

test("J14 a stream of more than 256 separate runs is refused from there on", () => {
  const sparse = after(batch(Array.from({ length: 257 }, (_, i) => page(i * 2))));
  expect(sparse.accepted).toHaveLength(256);
  expect(sparse.refused.map((r) => [r.seq, r.reason])).toEqual([[512, "too-sparse"]]);
});

const reservation: Reservation = { id: "r1", campaign: "help", version: 1, at: NOW - 5000, state: "open" };
const outcome = (seq: number, name: string, id = "r1"): Touchpoint => ({
  ...page(seq),
  type: "outcome",
  props: { reservation: id, outcome: name },
});

test("O1 the first of shown and withheld stands, and a showing counts once (S11)", () => {
  const held = { ...EMPTY_STATE, reservations: [reservation] };
  const shown = after(batch([outcome(0, "shown"), outcome(1, "shown"), outcome(2, "withheld")]), held).state;
  expect(shown.reservations[0]?.state).toBe("shown");
  expect(shown.records.help?.countedAt).toEqual([NOW - 5000]);
  const withheld = after(batch([outcome(0, "withheld"), outcome(1, "shown")]), held).state;
  expect(withheld.reservations[0]?.state).toBe("withheld");
  expect(withheld.records.help).toBeUndefined();
});

test("O2 what the visitor did is noted beside it, and an unknown reservation changes nothing", () => {
  const held = { ...EMPTY_STATE, reservations: [reservation] };
  const acted = after(batch([outcome(0, "shown"), outcome(1, "acted")]), held).state;
  expect(acted.reservations[0]).toMatchObject({ state: "shown", reaction: "acted" });
  // Reports come in any order, and that of the showing may never come.
  for (const order of [
    ["acted", "dismissed"],
    ["dismissed", "acted"],
  ]) {
    const { state } = after(batch(order.map((name, seq) => outcome(seq, name))), held);
    expect(state.reservations[0]).toMatchObject({ state: "shown", reaction: "acted" });
    expect(state.records.help?.countedAt).toEqual([NOW - 5000]);
  }
  const unknown = after(batch([outcome(0, "shown", "r2")]), held).state;
  expect(unknown.reservations).toEqual([reservation]);
  expect(unknown.records).toEqual({});
});

test("J18 what changed is due with a rising number until the map has acknowledged that number", () => {
  const one = after(batch([page(0)])).state;
  const first = duePush(one, journey);
  expect(first?.no).toBe(1);
  expect(first?.days.map(([, c]) => c.contribution.touchpoints)).toEqual([1]);
  const two = after(batch([page(1, "/cart")]), one).state;
  expect(duePush(two, journey)?.no).toBe(2);
  expect(duePush(two, journey)?.days.map(([, c]) => c.contribution.touchpoints)).toEqual([2]);
  expect(duePush(acknowledged(two, 2), journey)).toBe(null);
  expect(duePush(acknowledged(two, 1), journey)?.no).toBe(2);
  expect(duePush(EMPTY_STATE, journey)).toBe(null);
});

test("J19 a day that left the ring before the map acknowledged it is sealed, and told as it was", () => {
  const monday = after(batch([page(0, "/", NOW - 3 * DAY), page(1, "/cart", NOW - 3 * DAY + 1)])).state;
  const day = Math.floor((NOW - 3 * DAY) / DAY);
  const many = Array.from({ length: 140 }, (_, i) => page(i + 2, "/", NOW - 200 + i));
  const today = after(batch(many), monday).state;
  expect(today.folded.ring).toHaveLength(128);
  const due = new Map(duePush(today, journey)?.days);
  expect(due.get(day)?.contribution.edges["browse>cart"]?.count).toBe(1);
  expect(due.get(day + 3)?.contribution.touchpoints).toBe(140);
  const told = acknowledged(today, today.push.no);
  expect(told.push).toEqual({ no: today.push.no, dirty: {}, sealed: {} });
});

test("J30 late touchpoints of a site's own people, and their money, count beside the map; of others, in it and in no segment", () => {
  const all = [{ id: "all", version: 1, name: "Everybody", condition: {} }];
  const sold = (seq: number) => ({
    ...page(seq, "/", NOW - 5000),
    type: "track" as const,
    name: "Order Completed",
    props: { order_id: `o${seq}`, revenue: 99, currency: "EUR" },
  });
  const told = (excluded: "internal" | "") => {
    const timely = Array.from({ length: 140 }, (_, i) => page(i, "/", NOW - 1000 + i));
    const full = after({ ...batch(timely), excluded }).state;
    const first = after({ ...batch([sold(200)]), excluded }, full).state;
    // Who was let in once stays out: one touchpoint is enough.
    const late = after(batch([sold(201)]), first).state;
    const [row] = (duePush(late, journey)?.days ?? []).filter(([day]) => day === LATE_DAY);
    if (!row) throw new Error("nothing is late");
    return [setOfDay(row, all, journey), row[1].contribution.late, row[1].contribution.orders.milli];
  };
  expect(told("internal")).toEqual(["!internal", 2, { EUR: 198_000 }]);
  expect(told("")).toEqual(["", 2, { EUR: 198_000 }]);
});

test("J19 of more days than a state has room for, a batch that adds to them is not taken; one alone always is", () => {
  const onDays = (seq: number, count: number) =>
    batch(
      Array.from({ length: count }, (_, i) => page(seq + i, "/", NOW - (600 - seq - i) * DAY)),
      { stamp: null },
    );
  const full = after(onDays(0, 500)).state;
  const more = after(onDays(500, 1), full).state;
  expect(Object.keys(full.push.dirty).length).toBe(500);
  expect(tooMuchWaits(EMPTY_STATE.push, full.push)).toBe(false);
  expect(tooMuchWaits(full.push, more.push)).toBe(true);
  expect(tooMuchWaits(full.push, full.push)).toBe(false);
  // What is sealed waits on a line of its own.
  const kept = { ...full, push: { ...full.push, sealed: {} } };
  expect(encodeState(kept).length).toBeLessThan(32 * 1024);
  expect(decodeState(encodeState(kept)).streams).toEqual(full.streams);
});

test("J11 late touchpoints are told on a row of their own", () => {
  const full = after(batch(Array.from({ length: 140 }, (_, i) => page(i, "/", NOW - 1000 + i)))).state;
  const late = after(batch([page(200, "/", NOW - 5000)]), acknowledged(full, full.push.no)).state;
  const today = Math.floor(NOW / DAY);
  expect(
    duePush(late, journey)?.days.map(([day, c]) => [day, c.contribution.touchpoints, c.contribution.late]),
  ).toEqual([
    [LATE_DAY, 1, 1],
    [today, 140, 0],
  ]);
});

test("J27 an order is known by the shop's number, whoever tells of it; the number itself is not kept", () => {
  const sold = (seq: number, order_id?: string): Touchpoint => {
    const props = { ...(order_id ? { order_id } : {}), revenue: 10, currency: "EUR" };
    return { ...page(seq), type: "track", name: "Order Completed", props };
  };
  const told = batch([page(0), sold(1, "A-17"), sold(2, "A-18"), sold(3), sold(4), sold(5)]);
  const twice = { ...batch([sold(0, "A-17")]), streams: [{ stream: "server", touchpoints: [sold(0, "A-17")] }] };
  const { state } = after(twice, after(told).state);
  const [[, day] = []] = duePush(state, journey)?.days ?? [];
  expect(day?.contribution.orders).toEqual({ count: 5, milli: { EUR: 50_000 } });
  expect(encodeState(state)).not.toContain("A-17");
});

test("J32 a life of a person begins with the first batch, and keeps that time", () => {
  const first = after(batch([page(0)], { receivedAt: NOW })).state;
  const second = after(batch([page(1)], { receivedAt: NOW + 5_000 }), first).state;
  expect([first.bornAt, second.bornAt, second.receivedAt]).toEqual([NOW, NOW, NOW + 5_000]);
});
