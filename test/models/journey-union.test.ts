import { expect, test } from "vitest";
import { duePush } from "../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { unite } from "../../models/journey-union.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const NOW = Date.UTC(2026, 10, 22, 12);
const stamp = { rev: 1, purposes: ["analytics" as const] };

function after(stream: string, minutes: number[], from: JourneyState = EMPTY_STATE) {
  const touchpoints = minutes.map((minute, seq): Touchpoint => {
    const url = `https://shop.example${minute % 2 ? "/cart" : "/"}`;
    return { seq, type: "page", name: "", at: NOW - 3_600_000 + minute * 60_000, url, props: {} };
  });
  return receive(from, { streams: [{ stream, touchpoints }], stamp, sentAt: NOW, receivedAt: NOW }, journey);
}

test("J36 two devices' touchpoints are put in one order, and the map hears that the one has nothing more", () => {
  const phone = after("phone", [0, 3]).state;
  const laptop = after("laptop", [1, 2]).state;
  const { into, from } = unite(phone, laptop, journey);
  expect(into.folded).toEqual(after("laptop", [1, 2], phone).state.folded);
  const told = duePush(from, journey)?.days.map(([, { contribution }]) => contribution.touchpoints);
  expect(told).toEqual([0]);
  expect(duePush(into, journey)?.days.map(([, { contribution }]) => contribution.visits)).toEqual([1]);
});

test("J36 a batch that the one had already is known to the other", () => {
  const { into } = unite(after("phone", [0]).state, after("laptop", [1, 2]).state, journey);
  expect(after("laptop", [1, 2], into).accepted).toEqual([]);
  expect(after("laptop", [1, 2, 4], into).accepted).toHaveLength(1);
});

test("J36 what was sealed stays where it was counted, and no touchpoint is counted twice", () => {
  const long = after(
    "laptop",
    Array.from({ length: 150 }, (_, i) => i / 5),
  ).state;
  const { into, from } = unite(after("phone", [0]).state, long, journey);
  expect(from.folded.touchpoints).toBe(22);
  expect(into.folded.touchpoints).toBe(129);
  const counted = [into, from].flatMap((state) => duePush(state, journey)?.days ?? []);
  expect(counted.reduce((sum, [, { contribution }]) => sum + contribution.touchpoints, 0)).toBe(151);
});

test("B43 who has restricted one device is restricted as a person, and who has not is not", () => {
  const restricted = { ...EMPTY_STATE, restrictedAt: 5 };
  expect(unite(EMPTY_STATE, restricted, journey).into.restrictedAt).toBe(5);
  expect(unite(restricted, EMPTY_STATE, journey).into.restrictedAt).toBe(5);
  expect(unite(EMPTY_STATE, EMPTY_STATE, journey).into.restrictedAt).toBeUndefined();
});
