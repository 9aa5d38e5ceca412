import { expect, test } from "vitest";
import { aboutOf, tellsLess } from "../../models/about.ts";
import type { Purpose } from "../../models/consent.ts";
import { historyOf, historyOfDecision } from "../../models/history-of.ts";
import { type DecisionRecord, EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { withTraits } from "../../models/traits.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const NOW = Date.UTC(2026, 10, 22, 12);
const ALL: Purpose[] = ["analytics", "scoring", "personalization"];

const page = (seq: number, path: string): Touchpoint => ({
  seq,
  type: "page",
  name: "",
  at: NOW - 60_000 + seq * 1000,
  url: `https://shop.example${path}`,
  props: {},
});
const identify = (seq: number, props: Touchpoint["props"]): Touchpoint => ({
  ...page(seq, "/"),
  type: "identify",
  props,
});

const group = (seq: number, name: string, props: Touchpoint["props"] = {}): Touchpoint => ({
  ...identify(seq, props),
  type: "group",
  name,
});

const DECLARED = ["plan", "seats", "group", "group.plan", "group.size"];

function after(touchpoints: Touchpoint[], purposes = ALL, from: JourneyState = EMPTY_STATE, declared = DECLARED) {
  const stamp = { rev: from.consent.rev + 1, purposes };
  const streams = [{ stream: "one", touchpoints }];
  const context = "mobile/Chrome/Android/de/DE";
  const receipt = receive(from, { streams, stamp, sentAt: NOW, receivedAt: NOW, context }, journey);
  return { ...receipt, state: withTraits(receipt.state, receipt.accepted, declared) };
}

const scoring = {
  runners: { stall: { run: () => 0.9 }, intent: { run: () => 0.1 } },
  thresholds: SMALL_SITE.thresholds,
};

test("J34 the people index tells where a person is, from what browser, and in which bands", () => {
  const { state } = after([page(0, "/"), page(1, "/pay")]);
  expect(aboutOf(state, journey, { scoring, now: NOW })).toEqual({
    seenAt: NOW - 59_000,
    stage: "pay",
    goal: false,
    visits: 1,
    channel: "",
    context: "mobile/Chrome/Android/de/DE",
    bands: { stall: "high", intent: "low" },
    traits: {},
  });
});

test("J34 bands need scoring, traits personalization; a withdrawal takes those that were kept away", () => {
  const told = [identify(0, { plan: "team", seats: 4, email: "ann@shop.example" })];
  const granted = after(told).state;
  expect(aboutOf(granted, journey, { scoring, now: NOW }).traits).toEqual({ plan: "team", seats: 4 });
  const refused = after(told, ["analytics"]).state;
  expect(aboutOf(refused, journey, { scoring, now: NOW })).toMatchObject({ traits: {}, bands: null });
  const withdrawn = after([page(1, "/")], ["analytics", "scoring"], granted).state;
  expect(withdrawn.traits).toBe(null);
  expect(aboutOf(withdrawn, journey, { scoring, now: NOW }).bands).not.toBe(null);
});

test("I22 the group that a visitor is said to be in is kept as declared traits, and another one takes the place of the whole", () => {
  const told = [identify(0, { plan: "team" }), group(1, "acme", { plan: "gold", size: 40, owner: "ann" })];
  const inAcme = after(told).state;
  expect(inAcme.traits?.values).toEqual({ plan: "team", group: "acme", "group.plan": "gold", "group.size": 40 });
  const more = after([group(2, "acme", { size: 41 })], ALL, inAcme).state;
  expect(more.traits?.values).toEqual({ plan: "team", group: "acme", "group.plan": "gold", "group.size": 41 });
  const inOther = after([group(3, "other", { size: 2 })], ALL, more).state;
  expect(inOther.traits?.values).toEqual({ plan: "team", group: "other", "group.size": 2 });
  expect(after([group(4, "", { plan: "free" })], ALL, inOther).state.traits?.values).toMatchObject({
    group: "other",
    "group.plan": "free",
    "group.size": 2,
  });
  // Where the group's name is not kept, one group's traits are never taken for another's.
  const unnamed = after([group(0, "acme", { plan: "gold" })], ALL, EMPTY_STATE, ["group.plan", "group.size"]).state;
  const next = after([group(1, "other", { size: 2 })], ALL, unnamed, ["group.plan", "group.size"]).state;
  expect(next.traits?.values).toEqual({ "group.size": 2 });
  // What a group says of itself is nothing that is said of the visitor, and the reverse.
  expect(after([identify(0, { size: 1, "group.size": 1 })]).state.traits?.values).toEqual({});
});

test("I22 a group needs its declaration and personalization, as traits do, and is gone with a withdrawal", () => {
  const told = [group(0, "acme", { plan: "gold" })];
  expect(after(told, ALL, EMPTY_STATE, ["plan"]).state.traits?.values).toEqual({});
  expect(after(told, ALL, EMPTY_STATE, ["group"]).state.traits?.values).toEqual({ group: "acme" });
  expect(after(told, ["analytics"]).state.traits).toBe(null);
  expect(after([page(1, "/")], ["analytics"], after(told).state).state.traits).toBe(null);
});

test("J34 the latest word on a trait stands, in any order of arrival; texts are cut at 64 characters", () => {
  const [first, second] = [identify(0, { plan: "free", seats: 1 }), identify(5, { plan: "p".repeat(80) })];
  for (const order of [
    [first, second],
    [second, first],
  ]) {
    let { state } = after([]);
    for (const one of order) state = after([one], ALL, state).state;
    expect(state.traits?.values.plan).toBe("p".repeat(64));
  }
});

const place = { person: "p", journey: "checkout", config: 3, receivedAt: NOW };

test("J35 a history row has all that the map is made of, and the properties as they came", () => {
  const order: Touchpoint = {
    ...page(2, "/thanks"),
    type: "track",
    name: "Order Refunded",
    props: { order_id: "A-17", revenue: 12.5, currency: "EUR" },
  };
  const { accepted, state } = after([page(1, "/pay"), order]);
  const rows = historyOf(accepted, place);
  expect(rows[0]).toMatchObject({
    kind: "touchpoint",
    stage: "pay",
    path: "/pay",
    seq: 1,
    revenueMilli: null,
    config: 3,
  });
  expect(rows[1]).toMatchObject({ name: "Order Refunded", revenueMilli: -12_500, currency: "EUR" });
  expect(rows[1]?.orderId).not.toContain("A-17");
  expect(rows[1]?.orderId).toBe(state.folded.ring[1]?.order?.id);
  expect(JSON.parse(rows[1]?.props ?? "")).toEqual(order.props);
});

test("J35 a decision is told with everybody who was considered, and why", () => {
  const record = {
    ask: "a",
    at: NOW,
    on: "stall.high",
    considered: [{ campaign: "help", version: 1, reason: "capped" }],
  };
  const row = historyOfDecision(record as unknown as DecisionRecord, place);
  expect(row).toMatchObject({ kind: "decision", type: "stall.high", name: "a", occurredAt: NOW, seq: 0, stream: "" });
  expect(JSON.parse(row.props).considered[0].reason).toBe("capped");
});

test("J34 a choice that takes away scoring or personalization has to be told, and no other", () => {
  const stamp = (...purposes: Purpose[]) => ({ rev: 1, purposes });
  expect(tellsLess(stamp(...ALL), stamp("analytics", "scoring"))).toBe(true);
  expect(tellsLess(stamp("analytics", "scoring"), stamp("analytics"))).toBe(true);
  expect(tellsLess(stamp("analytics"), stamp())).toBe(false);
  expect(tellsLess(stamp("analytics"), stamp(...ALL))).toBe(false);
});
