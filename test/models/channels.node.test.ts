import { expect, test } from "vitest";
import { mapView } from "../../models/analysis/graph.ts";
import { total } from "../../models/analysis/map-sum.ts";
import { contributions } from "../../models/journey.ts";
import { EMPTY_STATE, type JourneyState, type ReceivedStream, receive } from "../../models/journey-state.ts";
import { unite } from "../../models/journey-union.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { permutations } from "../harness/permutations.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 29, 12);
const BEGAN = NOW - 60 * MINUTE;
const journey: Journey = {
  id: "channels",
  name: "Across channels",
  stages: [
    { id: "mail", name: "Reads our mail", match: { type: "track", name: "Email Opened" } },
    { id: "browse", name: "Browses", match: { path: "/" } },
    { id: "cart", name: "Has a basket", match: { path: "/cart" } },
    { id: "chat", name: "Asks us", match: { type: "track", name: "Chat Opened" } },
    { id: "bought", name: "Buys", match: { type: "track", name: "Order Completed" } },
  ],
  goal: "bought",
};

/** One thing that arrives: of the laptop's page, or of a system that knows the user. The last view of the page proves who it is. */
interface Arrival {
  from: "laptop" | "user";
  proves?: true;
  stream: ReceivedStream;
}

const told = (name: string, minute: number, more: Partial<Touchpoint>): Arrival => ({
  from: "user",
  stream: {
    stream: name.slice(0, 11),
    touchpoints: [{ seq: 0, type: "track", name, at: BEGAN + minute * MINUTE, url: "", props: {}, ...more }],
    message: true,
  },
});
const seen = (seq: number, path: string, minute: number): Arrival => ({
  from: "laptop",
  stream: {
    stream: "one-laptop-",
    touchpoints: [
      { seq, type: "page", name: "", at: BEGAN + minute * MINUTE, url: `https://shop.example${path}`, props: {} },
    ],
  },
});

const ARRIVALS: Arrival[] = [
  told("Email Opened", 0, { channel: "email", source: "mailer" }),
  seen(0, "/", 2),
  { ...seen(1, "/cart", 5), proves: true },
  told("Chat Opened", 9, { channel: "support", source: "helpdesk" }),
  told("Chat Closed", 14, { channel: "support", source: "helpdesk" }),
  told("Order Completed", 20, { channel: "store", source: "till", props: { revenue: 49.9, currency: "EUR" } }),
];

/** The journeys of laptop and user after these arrivals, as the edge keeps them. */
function lived(arrivals: readonly Arrival[]): JourneyState[] {
  let laptop: JourneyState = EMPTY_STATE;
  let user: JourneyState = EMPTY_STATE;
  let isJoined = false;
  const take = (state: JourneyState, { stream, from }: Arrival) => {
    const isPage = from === "laptop";
    const stamp = isPage ? { rev: 1, purposes: ["analytics" as const] } : null;
    const device = isPage && isJoined ? "laptop" : null;
    return receive(state, { streams: [stream], stamp, sentAt: NOW, receivedAt: NOW, device }, journey).state;
  };
  for (const arrival of arrivals) {
    if (arrival.proves) {
      const both = unite(user, laptop, journey, { visitor: "laptop", merge: "m", now: NOW });
      [user, laptop, isJoined] = [both.into, both.from, true];
    }
    if (arrival.from === "user" || isJoined) user = take(user, arrival);
    else laptop = take(laptop, arrival);
  }
  return [user, laptop];
}

const mapOf = (states: readonly JourneyState[]) => {
  const days = states.flatMap((state) => [...contributions(state.folded, journey).values()]);
  const sum = total(days.map(({ contribution }) => contribution));
  return mapView({ sum, beside: {}, sets: {} }, journey);
};

test("I4 J12 six touchpoints of four systems make one map in each of the 720 orders in which they can arrive", () => {
  const orders = permutations(ARRIVALS);
  expect(orders).toHaveLength(720);
  const maps = new Set(orders.map((order) => JSON.stringify(mapOf(lived(order)))));
  expect(maps.size).toBe(1);
  const map = mapOf(lived(ARRIVALS));
  expect([map.visits, map.touchpoints, map.goals, map.late]).toEqual([1, 6, 1, 0]);
  expect(map.paths).toEqual([{ stages: ["mail", "browse", "cart", "chat", "bought"], visits: 1 }]);
  expect(map.edges.map(({ from, to, meanMs }) => [from, to, meanMs])).toEqual([
    ["browse", "cart", 3 * MINUTE],
    ["cart", "chat", 4 * MINUTE],
    ["chat", "bought", 11 * MINUTE],
    ["mail", "browse", 2 * MINUTE],
  ]);
  expect(map.orders).toEqual({ count: 1, amounts: { EUR: 49.9 } });
});

test("I4 without the proof the laptop's journey is another in each of these orders", () => {
  const unproven = ARRIVALS.map(({ proves: _, ...arrival }): Arrival => arrival);
  const maps = new Set(permutations(unproven).map((order) => JSON.stringify(mapOf(lived(order)))));
  expect(maps.size).toBe(1);
  expect(mapOf(lived(unproven))).toMatchObject({ visits: 2, touchpoints: 6, goals: 1 });
});
