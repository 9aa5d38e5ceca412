import { expect, test } from "vitest";
import { EMPTY_STATE, type JourneyState, type ReceivedStream, receive } from "../../models/journey-state.ts";
import { isOf, messagesOf, part, unite } from "../../models/journey-union.ts";
import { type Message, withMessages } from "../../models/messages.ts";
import type { Journey } from "../../models/site-config.ts";
import { withRun } from "../../models/streams.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const journey = SMALL_SITE.journeys[0] as Journey;
const NOW = Date.UTC(2026, 10, 29, 12);

function ticket(at: number, more: Partial<Touchpoint> = {}): Touchpoint {
  return { seq: 0, type: "track", name: "Ticket Opened", at, url: "", props: {}, ...more };
}

function takes(state: JourneyState, ...streams: ReceivedStream[]) {
  return receive(state, { streams, stamp: null, sentAt: 0, receivedAt: NOW }, journey);
}

const message = (stream: string, at = NOW): ReceivedStream => ({ stream, touchpoints: [ticket(at)], message: true });

test("W8 a call without a seq is told from its repetitions by its id, in one batch and in a later one, and is no stream", () => {
  const first = takes(EMPTY_STATE, message("one"), message("two"), message("one"));
  expect(first.accepted.map(({ entry }) => entry.stream)).toEqual(["one", "two"]);
  expect(first.duplicates).toEqual([{ stream: "one", seq: 0 }]);
  const again = takes(first.state, message("two"), message("three"));
  expect(again.accepted.map(({ entry }) => entry.stream)).toEqual(["three"]);
  expect(again.duplicates).toEqual([{ stream: "two", seq: 0 }]);
  expect(again.state.streams).toEqual({});
  expect(again.state.folded.touchpoints).toBe(3);
});

test("W8 the last 1,000 calls are known: the 1,000th before is a repetition, the one before that is a new one", () => {
  const ids = Array.from({ length: 1_001 }, (_, i): Message => [`m${i}`]);
  const kept = withMessages([], ids);
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, ["m1"], ["m1000"]]);
  const state = { ...EMPTY_STATE, messages: kept };
  expect(takes(state, message("m1")).duplicates).toHaveLength(1);
  expect(takes(state, message("m0")).accepted).toHaveLength(1);
});

test("W8 what was refused is not remembered: whoever sends it again hears the same", () => {
  const restricted = { ...EMPTY_STATE, restrictedAt: NOW };
  const refused = takes(restricted, message("one"));
  expect(refused.refused).toMatchObject([{ stream: "one", reason: "restricted" }]);
  expect(takes(refused.state, message("one")).refused).toHaveLength(1);
});

test("W8 who becomes part of a user's journey brings the calls along that named them, and takes them back", () => {
  const { state: browser } = takes(EMPTY_STATE, message("hers"));
  const { state: user } = takes(EMPTY_STATE, message("the user's"));
  const { into, from } = unite(user, browser, journey, { visitor: "phone", merge: "m", now: NOW });
  expect(takes(into, message("hers"), message("the user's")).duplicates).toHaveLength(2);
  expect([isOf(into, "hers", "phone"), isOf(into, "the user's", "phone")]).toEqual([true, false]);
  expect(messagesOf(into, "phone")).toEqual([["hers"]]);
  expect(from.messages).toEqual([]);
  const parted = part(into, from, "phone", journey);
  expect(parted.from.folded.ring.map(({ stream }) => stream)).toEqual(["hers"]);
  expect(takes(parted.from, message("hers")).duplicates).toHaveLength(1);
  expect(takes(parted.into, message("hers")).accepted).toHaveLength(1);
  expect(takes(parted.into, message("the user's")).duplicates).toHaveLength(1);
});

test("W9 an import that says which seqs it has covered leaves one run, however sparse a visitor's own are", () => {
  let state: JourneyState = EMPTY_STATE;
  let apart: JourneyState = EMPTY_STATE;
  const lines = Array.from({ length: 400 }, (_, i) => i * 10);
  let refused = 0;
  for (const seq of lines) {
    const touchpoints = [ticket(NOW - 1_000_000 + seq, { seq })];
    const covered = { stream: "file", touchpoints, covers: [[0, seq + 9]] as [number, number][] };
    state = takes(state, covered).state;
    const told = takes(apart, { stream: "file", touchpoints });
    apart = told.state;
    refused += told.refused.length;
  }
  expect(state.streams.file?.runs).toEqual([[0, 3_999]]);
  expect(state.folded.touchpoints).toBe(400);
  // Without it a stream has 256 runs, and what is beyond is refused.
  expect([apart.folded.touchpoints, refused]).toEqual([256, 144]);
  const again = lines.map((seq) => ticket(NOW, { seq }));
  expect(takes(state, { stream: "file", touchpoints: again }).duplicates).toHaveLength(400);
});

test("W9 lines of one visitor that one call brings are no more sparse than those of many calls, and none is taken twice", () => {
  const lines = Array.from({ length: 400 }, (_, i) => ticket(NOW - 1_000_000 + i, { seq: i * 10 }));
  const covered = { stream: "file", touchpoints: [...lines, ...lines.slice(0, 3)], covers: [[0, 3_999]] };
  const whole = takes(EMPTY_STATE, covered as ReceivedStream);
  expect([whole.accepted.length, whole.refused.length]).toEqual([400, 0]);
  expect(whole.duplicates.map(({ seq }) => seq)).toEqual([0, 10, 20]);
  expect(whole.state.streams.file?.runs).toEqual([[0, 3_999]]);
  const apart = takes(EMPTY_STATE, { stream: "file", touchpoints: lines });
  expect([apart.accepted.length, apart.refused.length]).toEqual([256, 144]);
});

test("W20 what an import says of 257 parts with gaps between is not kept, and the last of them is too sparse", () => {
  let state: JourneyState = EMPTY_STATE;
  const part = (i: number) => ({
    stream: "file",
    touchpoints: [ticket(NOW, { seq: i * 10 })],
    covers: [[i * 10, i * 10 + 1]],
  });
  for (let i = 0; i < 256; i++) state = takes(state, part(i) as ReceivedStream).state;
  expect(state.streams.file?.runs).toHaveLength(256);
  expect(state.streams.file?.runs.at(-1)).toEqual([2_550, 2_551]);
  const one = takes(state, part(256) as ReceivedStream);
  expect(one.refused).toMatchObject([{ seq: 2_560, reason: "too-sparse" }]);
  expect(one.state.streams.file?.runs).toHaveLength(256);
});

test("W9 a run joins those that it touches, and no others", () => {
  const runs: [number, number][] = [
    [0, 3],
    [10, 12],
    [20, 25],
  ];
  expect(withRun(runs, [4, 9])).toEqual([
    [0, 12],
    [20, 25],
  ]);
  expect(withRun(runs, [5, 8])).toEqual([
    [0, 3],
    [5, 8],
    [10, 12],
    [20, 25],
  ]);
  expect(withRun([], [0, 5])).toEqual([[0, 5]]);
  expect(withRun(runs, [0, 30])).toEqual([[0, 30]]);
});

test("W10 a touchpoint of a server has its channel and its source; a page's channel is what brought its visitor", () => {
  const told = { channel: "support", source: "helpdesk" } as const;
  const { accepted, state } = takes(
    EMPTY_STATE,
    { stream: "one", touchpoints: [ticket(NOW, told)], message: true },
    {
      stream: "two",
      touchpoints: [ticket(NOW, { ...told, type: "page", props: { referrer: "www.google.com" } })],
      message: true,
    },
    { stream: "three", touchpoints: [ticket(NOW)], message: true },
  );
  expect(accepted.map(({ entry }) => [entry.channel, entry.source ?? ""])).toEqual([
    ["support", "helpdesk"],
    ["search", "helpdesk"],
    ["", ""],
  ]);
  // What brought the visitor is the search, though the ticket has come first.
  expect(state.folded.ring).toHaveLength(3);
});

test("W10 what a server says of one touchpoint's browser is that touchpoint's, and the others have the batch's", () => {
  const { accepted } = receive(
    EMPTY_STATE,
    {
      streams: [{ ...message("one"), context: "mobile////", excluded: "internal" }, message("two")],
      stamp: null,
      sentAt: 0,
      receivedAt: NOW,
      context: "desktop////",
    },
    journey,
  );
  expect(accepted.map(({ entry }) => [entry.context, entry.excluded])).toEqual([
    ["mobile////", "internal"],
    ["desktop////", ""],
  ]);
});

test("W8 none of a call that has just come is forgotten, however many it brought: it may be sent again, whole", () => {
  const ids = Array.from({ length: 1_500 }, (_, i) => `m${i}`);
  const portions = [ids.slice(0, 1_000), ids.slice(1_000)];
  const sent = (state: JourneyState) =>
    portions.reduce(
      (now, part) => receive(now, { ...frame, streams: part.map((id) => message(id)) }, journey).state,
      state,
    );
  const frame = { stamp: null, sentAt: 0, receivedAt: NOW, keeps: ids.length };
  const once = sent(EMPTY_STATE);
  expect(once.folded.touchpoints).toBe(1_500);
  expect(sent(once).folded.touchpoints).toBe(1_500);
  // The next call brings one: of the others the last 999 are known.
  expect(takes(once, message("one more")).state.messages).toHaveLength(1_000);
});

test("W8 W9 what a server tells of a browser that is part of a user's journey is that browser's, and goes where it goes", () => {
  const { state: browser } = takes(EMPTY_STATE, message("before"));
  const { into } = unite(EMPTY_STATE, browser, journey, { visitor: "phone", merge: "m", now: NOW });
  const line = { stream: "file", touchpoints: [ticket(NOW, { seq: 3 })], covers: [[0, 9]] as [number, number][] };
  const later = receive(
    into,
    { streams: [message("after"), line], stamp: null, sentAt: 0, receivedAt: NOW, device: "phone" },
    journey,
  ).state;
  expect(messagesOf(later, "phone")).toEqual([["before"], ["after"]]);
  expect(isOf(later, "file", "phone")).toBe(true);
  const own = takes(later, message("of the user")).state;
  expect(messagesOf(own, "phone")).toEqual([["before"], ["after"]]);
});

test("W9 what was refused is not covered: it is taken when it comes again", () => {
  const lines = [1, 2, 3].map((seq) => ticket(NOW - 10 + seq, { seq }));
  const file = { stream: "file", touchpoints: lines, covers: [[1, 9]] as [number, number][] };
  // Somebody was erased after the second line.
  const first = receive(
    EMPTY_STATE,
    { streams: [file], stamp: null, sentAt: 0, receivedAt: NOW, erasedAt: NOW - 8 },
    journey,
  );
  expect(first.refused.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(first.state.streams.file?.runs).toEqual([[3, 9]]);
  expect(takes(first.state, file).accepted.map(({ entry }) => entry.seq)).toEqual([1, 2]);
});

test("W9 journeys of long files are joined run by run, and keep 256 of them", () => {
  const with_ = (runs: [number, number][]): JourneyState => ({
    ...EMPTY_STATE,
    streams: { file: { runs, skewMs: 0, seenAt: NOW, imported: true } },
  });
  const long = with_([[0, 2_000_000_000]]);
  const joined = (a: JourneyState, b: JourneyState) => unite(a, b, journey).into.streams.file?.runs;
  expect(joined(with_([[2_000_000_002, 2_000_000_003]]), long)).toEqual([
    [0, 2_000_000_000],
    [2_000_000_002, 2_000_000_003],
  ]);
  const sparse = with_(Array.from({ length: 256 }, (_, i): [number, number] => [i * 4, i * 4]));
  expect(
    joined(
      sparse,
      with_([
        [2, 2],
        [1, 3],
      ]),
    ),
  ).toHaveLength(255);
  expect(joined(sparse, with_([[2_000, 2_000]]))).toHaveLength(256);
});

test("W9 up to 256 runs what was refused stays open; where it would leave more it is closed", () => {
  const runsAfter = (refused: number) => {
    const erasedAt = NOW - 1_000;
    const bad = Array.from({ length: refused }, (_, i) => ticket(erasedAt, { seq: 2 * (i + 1) }));
    const touchpoints = [ticket(NOW, { seq: 1 }), ...bad];
    const covers: [number, number][] = [[1, 2 * refused + 1]];
    const batch = {
      streams: [{ stream: "file", touchpoints, covers }],
      stamp: null,
      sentAt: 0,
      receivedAt: NOW,
      erasedAt,
    };
    return receive(EMPTY_STATE, batch, journey).state.streams.file?.runs;
  };
  expect(runsAfter(255)).toHaveLength(256);
  expect(runsAfter(256)).toEqual([[1, 513]]);
});

test("W8 J15 a ring of calls leaves its streams less room: 128 ids of 14 bytes are 44 streams of 40", () => {
  const stream = { runs: [[10, 10]] as [number, number][], skewMs: 0, seenAt: NOW, imported: true };
  const streams = Object.fromEntries(Array.from({ length: 512 }, (_, i) => [`s${i}`, stream]));
  const full = { ...EMPTY_STATE, streams };
  const calls = Array.from({ length: 128 }, (_, i) => message(`m${i}`, NOW - i));
  expect(Object.keys(takes(full, ...calls).state.streams)).toHaveLength(467);
  // Of a page's own touchpoints nothing more is needed.
  const page = { stream: "s0", touchpoints: Array.from({ length: 128 }, (_, i) => ticket(NOW - i, { seq: 11 + i })) };
  expect(Object.keys(takes(full, page).state.streams).length).toBeGreaterThan(505);
});
