import fc from "fast-check";
import { expect, test } from "vitest";
import { contributions } from "../../models/journey.ts";
import { decodeState, encodeState, STATE_BYTES_MAX } from "../../models/journey-blob.ts";
import { upcastSealed } from "../../models/journey-blob-v1.ts";
import { type DecisionRecord, EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { TOUCHPOINT_TYPES } from "../../models/touchpoint-type.ts";
import golden from "../cases/state-v1.json";
import golden2 from "../cases/state-v2.json";
import golden3 from "../cases/state-v3.json";
import golden4 from "../cases/state-v4.json";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const NOW = Date.UTC(2026, 10, 22, 12);
const bytes = (text: string) => new TextEncoder().encode(text).length;

function stateOf(touchpoints: Touchpoint[]): JourneyState {
  const streams = [{ stream: "one", touchpoints }];
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  return receive(EMPTY_STATE, { streams, stamp, sentAt: NOW, receivedAt: NOW }, journey).state;
}

const record = (ask: string): DecisionRecord => ({
  ask,
  at: NOW,
  on: "stall.high",
  config: 1,
  score: { value: 0.9, model: "m", page: 0.9, unverified: false },
  considered: [{ campaign: "help", version: 1, reason: "chosen" }],
  reason: "chosen",
  reservation: "r",
  why: ["w".repeat(200)],
});

test("J20 a state that is written and read again is the same", () => {
  expect(decodeState(encodeState(EMPTY_STATE))).toEqual(EMPTY_STATE);
  const touchpoint = fc.record({
    seq: fc.nat(300),
    type: fc.constantFrom(...TOUCHPOINT_TYPES.filter((type) => type !== "outcome")),
    name: fc.string({ maxLength: 60 }),
    at: fc.integer({ min: NOW - 86_400_000, max: NOW }),
    url: fc.constantFrom("", "https://shop.example/", "https://shop.example/cart"),
    props: fc.constant({}),
  });
  fc.assert(
    fc.property(fc.array(touchpoint, { maxLength: 200 }), (touchpoints) => {
      const state = { ...stateOf(touchpoints), decisions: [record("a")] };
      expect(decodeState(encodeState(state))).toEqual(state);
    }),
    { numRuns: 100 },
  );
});

test("J20 a state takes at most 32 KB: the oldest decisions give way first, the touchpoints never", () => {
  const touchpoints = Array.from({ length: 128 }, (_, i): Touchpoint => {
    const url = `https://shop.example/${"ü".repeat(4)}${i}${"x".repeat(60)}`;
    return { seq: i, type: "page", name: `${i}${"漢".repeat(60)}`, at: NOW - 1000 + i, url, props: {} };
  });
  const full = { ...stateOf(touchpoints), decisions: Array.from({ length: 20 }, (_, i) => record(`${i}`)) };
  const text = encodeState(full);
  expect(bytes(JSON.stringify(full))).toBeGreaterThan(STATE_BYTES_MAX);
  expect(bytes(text)).toBeLessThanOrEqual(32_768);
  const read = decodeState(text);
  expect(read.folded.ring.map((e) => [e.at, e.seq])).toEqual(full.folded.ring.map((e) => [e.at, e.seq]));
  expect(read.decisions.length).toBeLessThan(20);
  expect(read.decisions.at(-1)).toEqual(full.decisions.at(-1));
});

test("J20 a state takes at most 32 KB with as many streams as may be remembered, and a full ring", () => {
  const streams = Array.from({ length: 600 }, (_, i) => ({
    stream: String(i).padStart(11, "s"),
    touchpoints: [0, 2, 4, 6].map(
      (seq): Touchpoint => ({
        seq,
        type: "page",
        name: `n${i}`,
        at: NOW - 9000 + i * 4 + seq,
        url: `https://a.example/${i}`,
        props: {},
      }),
    ),
  }));
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  const { state } = receive(EMPTY_STATE, { streams, stamp, sentAt: NOW, receivedAt: NOW }, journey);
  expect(state.folded.ring).toHaveLength(128);
  expect(Object.keys(state.streams).length).toBeGreaterThan(200);
  expect(bytes(encodeState(state))).toBeLessThanOrEqual(32_768);
});

test("J20 J25 a visitor who walks hundreds of ways in a day, from many pages, stays within 32 KB, and every step is counted", () => {
  const stages = Array.from({ length: 64 }, (_, i) => ({
    id: `a-stage-with-a-name-of-forty-characters-${i}`.slice(-40),
    name: `S${i}`,
    match: { path: `/${i}` },
  }));
  const many = { ...journey, stages, goal: "none" };
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  let state = EMPTY_STATE;
  for (let batch = 0; batch < 400; batch++) {
    const touchpoints = Array.from({ length: 10 }, (_, i): Touchpoint => {
      const step = batch * 10 + i;
      const url = `https://a.example/${(step * step + 7 * Math.floor(step / 5)) % 64}`;
      return { seq: i * 2, type: "page", name: "", at: NOW - 40_000_000 + step * 1000, url, props: {} };
    });
    const streams = [{ stream: String(batch).padStart(11, "s"), touchpoints }];
    state = receive(state, { streams, stamp, sentAt: NOW, receivedAt: NOW + batch }, many).state;
  }
  expect(bytes(encodeState(state))).toBeLessThanOrEqual(32_768);
  const day = [...contributions(state.folded, many).values()][0]?.contribution;
  expect(Object.keys(day?.edges ?? {})).toHaveLength(65);
  expect(day?.edges["*>*"]?.count).toBeGreaterThan(1000);
  expect(Object.values(day?.edges ?? {}).reduce((sum, { count }) => sum + count, 0)).toBe(3999);
  expect(Object.keys(state.streams).length).toBeGreaterThan(10);
});

test("J20 nothing gives way in a state of exactly 32 KB, and of one that is longer the last decision stays", () => {
  const touchpoints = Array.from(
    { length: 128 },
    (_, i): Touchpoint => ({ seq: i, type: "page", name: `n${i}`, at: NOW - 1000 + i, url: "", props: {} }),
  );
  const padded = (pad: number): JourneyState => ({
    ...stateOf(touchpoints),
    decisions: [
      { ...record("a"), why: [] },
      { ...record("b"), why: ["w".repeat(pad)] },
    ],
  });
  const pad = 32_768 - bytes(encodeState(padded(0)));
  expect(bytes(encodeState(padded(pad)))).toBe(32_768);
  expect(decodeState(encodeState(padded(pad)))).toEqual(padded(pad));
  const longer = decodeState(encodeState(padded(pad + 500)));
  expect(longer.decisions.map((d) => d.ask)).toEqual(["b"]);
  expect(longer.folded.ring[0]?.name).toBe("");
  expect(longer.folded.ring).toHaveLength(128);
});

/** What version 2 has and version 1 had not: nothing was known of it. */
test("J20 where nothing else may give way the streams do that were silent longest, and the last one stays", () => {
  const run = { runs: [[0, 4]] as [number, number][], skewMs: 0, imported: false };
  const many = Array.from({ length: 2_000 }, (_, i) => [`stream-${i}`, { ...run, seenAt: NOW - i }] as const);
  const text = encodeState({ ...stateOf([]), streams: Object.fromEntries(many) });
  const kept = Object.keys(decodeState(text).streams);
  expect(bytes(text)).toBeLessThanOrEqual(32_768);
  expect(kept.length).toBeGreaterThan(500);
  expect(kept).toEqual(many.slice(0, kept.length).map(([id]) => id));
  const runs = Array.from({ length: 9_000 }, (_, i): [number, number] => [2 * i, 2 * i]);
  const one = { ...stateOf([]), streams: { one: { ...run, runs, seenAt: NOW } } };
  expect(decodeState(encodeState(one))).toEqual(one);
});

function asVersion2({ folded, ...state }: typeof golden.state): JourneyState {
  const nothing = { channel: "", context: "", excluded: "" };
  const money = { orders: { count: 0, milli: {} }, refunds: { count: 0, milli: {} } };
  const { checkpoint } = folded;
  const edges = Object.entries(checkpoint.open.edges as Record<string, { count: number; sumMs: number }>);
  const visit = checkpoint.visit as { stage: string } | null;
  // The end of the visit that was not over is no longer among the ends of its day.
  const ends = Object.entries(checkpoint.open.ends as Record<string, number>)
    .map(([stage, count]) => [stage, stage === visit?.stage ? count - 1 : count] as const)
    .filter(([, count]) => count > 0);
  const expected = {
    ...state,
    traits: null,
    bornAt: state.receivedAt,
    folded: {
      ...folded,
      ring: folded.ring.map((entry) => ({ ...entry, ...nothing })),
      lateMoney: money,
      checkpoint: {
        ...checkpoint,
        visit: visit && { ...visit, path: "", channel: "", context: "" },
        open: {
          ...checkpoint.open,
          ...money,
          paths: {},
          ends: Object.fromEntries(ends),
          edges: Object.fromEntries(edges.map(([k, e]) => [k, { ...e, times: {} }])),
        },
        excluded: "",
        firstChannel: "",
        lastChannel: "",
        orders: [],
      },
    },
  };
  return expected as unknown as JourneyState;
}

test.each([
  ["a short one", golden.blob, golden.state],
  ["one with a full ring and a checkpoint", golden.full.blob, golden.full.state as unknown as typeof golden.state],
])("J20 a state as version 1 wrote it is still read: %s", (_, blob, state) => {
  const read = decodeState(JSON.stringify(blob));
  expect(read).toEqual(asVersion2(state));
  expect(decodeState(encodeState(read))).toEqual(read);
});

test("J20 J19 what version 1 had sealed for the map is still told", () => {
  const days = upcastSealed(golden.full.sealed);
  expect(Object.entries(days).map(([day, { contribution }]) => [day, contribution.touchpoints])).toEqual([
    ["20777", 2],
  ]);
  const edge = { count: 1, sumMs: 5000, times: {} };
  expect(days[20777]?.contribution).toMatchObject({ edges: { "browse>cart": edge }, paths: {}, starts: { browse: 1 } });
});

test("J20 a state as version 2 wrote it is still read, to the letter, and written as it was, but for the version", () => {
  const read = decodeState(JSON.stringify(golden2.blob));
  expect(read).toEqual(golden2.state);
  expect(JSON.parse(encodeState(read))).toEqual({ ...golden2.blob, v: 4 });
});

test.each(["user", "moved"] as const)(
  "J20 a state as version 3 wrote it is still read, to the letter, and written as it was: %s",
  (which) => {
    const { blob, state } = golden3[which];
    const read = decodeState(JSON.stringify(blob));
    expect(JSON.parse(JSON.stringify(read))).toEqual(state);
    expect(JSON.parse(encodeState(read))).toEqual({ ...blob, v: 4 });
    expect([read.restrictedAt !== undefined, read.moved?.done]).toEqual(
      which === "user" ? [true, undefined] : [false, true],
    );
  },
);

test("J20 a state that version 4 wrote is read as it was, and written as it was", () => {
  const read = decodeState(JSON.stringify(golden4.blob));
  expect(JSON.parse(JSON.stringify(read))).toEqual(golden4.state);
  expect(JSON.parse(encodeState(read))).toEqual(golden4.blob);
  expect(read.folded.ring.map(({ channel, source = "", order }) => [channel, source, order?.milli ?? 0])).toEqual([
    ["search", "", 0],
    ["support", "helpdesk", 0],
    ["store", "till", 49_900],
  ]);
});

test("J20 a state of a later version is refused, naming both", () => {
  expect(() => decodeState(JSON.stringify({ ...golden.blob, v: 5 }))).toThrow("state version 5 is newer than 4");
});
