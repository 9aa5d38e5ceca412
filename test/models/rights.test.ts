import { expect, test } from "vitest";
import { isFromBefore } from "../../models/erasing.ts";
import { type ErasureResult, erasureReceipt } from "../../models/erasure-receipt.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { csvOf, type KnownRow } from "../../models/known-rows.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { withCorrected } from "../../models/traits.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const journey = SMALL_SITE.journeys[0] as Journey;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);

const rowOf = (name: string, data = "{}"): KnownRow => ({
  store: "journey",
  visitor: "v",
  at: "2026-11-22T12:00:00.000Z",
  kind: "touchpoint",
  name,
  data,
});

test("I12 rows are a line each, with the names of the columns first; commas, quotes and new lines stay inside their cell", () => {
  expect(csvOf([rowOf('say "hi", twice\nor more'), rowOf("plain", '{"a":1}')])).toBe(
    [
      "store,visitor,at,kind,name,data",
      'journey,v,2026-11-22T12:00:00.000Z,touchpoint,"say ""hi"", twice\nor more",{}',
      'journey,v,2026-11-22T12:00:00.000Z,touchpoint,plain,"{""a"":1}"',
      "",
    ].join("\r\n"),
  );
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])(
  "I12 a cell that a spreadsheet would run is a text: %j",
  (name) => {
    const cell = csvOf([rowOf(name)]).split("touchpoint,")[1] ?? "";
    expect(cell.replace(/^"/, "").startsWith("'")).toBe(true);
    expect(csvOf([rowOf(`a${name}`)])).not.toContain("'");
  },
);

const RESULT: ErasureResult = {
  at: NOW,
  touchpoints: 7,
  mapRows: 2,
  waiting: 1,
  historyRows: 5,
  hasPipeline: false,
  recordsKept: 3,
  recordsUntil: NOW + 400 * DAY,
};
const WHO = { site: "demo", subject: "s", journeys: 2 };

test("I14 a receipt says what went, and what stays, why and until when", () => {
  const receipt = erasureReceipt(WHO, RESULT);
  expect(receipt).toMatchObject({ v: 1, ...WHO, at: NOW });
  expect(receipt.erased).toEqual([
    { store: "journey", rows: 7, at: NOW },
    { store: "map", rows: 2, at: NOW },
    { store: "history-waiting", rows: 1, at: NOW },
  ]);
  expect(receipt.stays).toEqual([
    { store: "history", rows: 5, why: "until-compaction", until: Date.UTC(2026, 10, 24) },
    { store: "ledger", rows: 3, why: "proof", until: NOW + 400 * DAY },
    { store: "ledger", rows: 2, why: "keeps-out", until: null },
    { store: "map", rows: 2, why: "keeps-out", until: null },
    { store: "platform", rows: null, why: "point-in-time-recovery", until: NOW + 30 * DAY },
  ]);
});

test("I14 where there is no history of ours, or nothing in it, the receipt speaks of none; where rows went to a pipeline, it says that they are not ours to delete", () => {
  for (const historyRows of [null, 0]) {
    const { stays } = erasureReceipt(WHO, { ...RESULT, historyRows });
    expect(stays.map(({ store }) => store)).not.toContain("history");
  }
  const { stays } = erasureReceipt(WHO, { ...RESULT, hasPipeline: true });
  expect(stays).toContainEqual({ store: "pipeline", rows: null, why: "not-ours", until: null });
});

test("U8 the receipt of who had nothing says that nothing went, and that nothing stays", () => {
  const none = { touchpoints: 0, mapRows: 0, waiting: 0, historyRows: null, recordsKept: 0, recordsUntil: 0 };
  const { erased, stays } = erasureReceipt({ ...WHO, journeys: 0 }, { ...RESULT, ...none });
  expect([erased.map(({ rows }) => rows), stays]).toEqual([[0, 0, 0], []]);
});

const page = (seq: number, at: number): Touchpoint => ({
  seq,
  type: "page",
  name: "",
  at,
  url: "https://shop.example/",
  props: {},
});
function taken(state: JourneyState, more: { erasedAt?: number } = {}) {
  const streams = [{ stream: "stream-one1", touchpoints: [page(0, NOW - 2000), page(1, NOW - 1000), page(2, NOW)] }];
  return receive(
    state,
    { streams, stamp: { rev: 1, purposes: ["analytics"] }, sentAt: NOW, receivedAt: NOW, ...more },
    journey,
  );
}

test("I13 what was made up to the moment of an erasure is refused for good, what is later is kept", () => {
  const { accepted, refused, acked } = taken(EMPTY_STATE, { erasedAt: NOW - 1000 });
  expect(accepted.map(({ entry }) => entry.seq)).toEqual([2]);
  expect(refused.map(({ seq, reason }) => [seq, reason])).toEqual([
    [0, "erased"],
    [1, "erased"],
  ]);
  expect(acked).toEqual([{ stream: "stream-one1", seqs: [[0, 2]] }]);
});

test("I15 a restricted journey takes nothing, and is kept as it is", () => {
  const { state } = taken(EMPTY_STATE);
  const restricted = { ...state, restrictedAt: NOW };
  const later = { streams: [{ stream: "stream-two2", touchpoints: [page(0, NOW)] }], sentAt: NOW, receivedAt: NOW };
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  const refused = receive(restricted, { ...later, stamp }, journey);
  expect(refused.refused.map(({ reason }) => reason)).toEqual(["restricted"]);
  expect(refused.state.folded).toEqual(state.folded);
  expect(receive(restricted, { ...later, stamp: null }, journey).accepted).toEqual([]);
  expect(receive(state, { ...later, stamp }, journey).accepted).toHaveLength(1);
});

test("I16 a declared trait is put right or taken away, and nothing is kept without the purpose for it", () => {
  const permitted = { ...EMPTY_STATE, consent: { rev: 1, purposes: ["analytics", "personalization"] as const } };
  const state = { ...permitted, traits: { at: 1, values: { plan: "pro", role: "owner" } } } as unknown as JourneyState;
  const declared = ["plan", "role"];
  const corrected = withCorrected(state, { plan: null, role: "reader", other: 1 }, { declared, now: NOW });
  expect(corrected.traits).toEqual({ at: NOW, values: { role: "reader" } });
  const denied = { ...state, consent: { rev: 2, purposes: ["analytics"] } } as JourneyState;
  expect(withCorrected(denied, { plan: "free" }, { declared, now: NOW })).toBe(denied);
});

test("I21 I13 a journey is from before an erasure up to its very millisecond; one that has begun since, or never, is not", () => {
  const journey = (bornAt: number, receivedAt = 9_000) => ({ bornAt, receivedAt });
  expect([journey(100), journey(5_000), journey(5_001), journey(0, 0)].map((one) => isFromBefore(one, 5_000))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(isFromBefore(journey(0), 0)).toBe(false);
});
