import { expect, test } from "vitest";
import { type AnswerContext, answer } from "../../models/answer.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import type { Campaign } from "../../models/site-config.ts";
import type { Ask } from "../../models/wire.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const [help] = SMALL_SITE.campaigns as [Campaign];
const NOW = Date.UTC(2026, 10, 22, 12);
const ask: Ask = { ask: "a".repeat(22), at: NOW, on: "stall.high", score: 0.9, model: "page-model" };

function context(change: Partial<AnswerContext> = {}): AnswerContext {
  return {
    visitor: "v",
    now: NOW,
    skewMs: 0,
    reservationId: "r1",
    config: 7,
    journey,
    campaigns: [{ ...help, holdout: 0 }],
    minimums: {},
    thresholds: SMALL_SITE.thresholds,
    runners: { stall: { version: "edge-model", run: () => 0.95 } },
    ...change,
  };
}

/** Somebody who came to the payment page 12 s ago. */
const stuck: JourneyState = receive(
  EMPTY_STATE,
  {
    streams: [
      {
        stream: "one",
        touchpoints: [
          { seq: 0, type: "page", name: "Pay", at: NOW - 12_000, url: "https://shop.example/pay", props: {} },
        ],
      },
    ],
    stamp: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    sentAt: NOW,
    receivedAt: NOW,
  },
  journey,
).state;

test("D12 the same ask gets the same decision and the same reservation, however often it comes", () => {
  const first = answer(stuck, ask, context());
  expect(first.decision).toMatchObject({ verdict: "show", reason: "chosen", reservation: "r1", campaign: "help" });
  const again = answer(first.state, ask, context({ reservationId: "r2", now: NOW + 3000 }));
  expect(again.state).toBe(first.state);
  expect(again.decision).toEqual({ ...first.decision, expiresInMs: 57_000 });
  const another = answer(first.state, { ...ask, ask: "b".repeat(22) }, context({ reservationId: "r2" }));
  expect(another.decision).toEqual({ ask: "b".repeat(22), verdict: "none", reason: "capped" });
});

test("D12 a reservation is for 60 seconds, and a decision carries all that the page needs", () => {
  expect(answer(stuck, ask, context()).decision).toEqual({
    ask: ask.ask,
    verdict: "show",
    reason: "chosen",
    reservation: "r1",
    campaign: "help",
    version: 1,
    variant: "treated",
    expiresInMs: 60_000,
    content: help.content,
    why: ["You have been at “Payment” for 12 seconds without going on; most people take about 10 seconds."],
  });
});

test("D11 treated and held out leave the same exposure; only the treated are given a reservation", () => {
  const treated = answer(stuck, ask, context());
  const heldOut = answer(stuck, ask, context({ campaigns: [{ ...help, holdout: 1 }] }));
  expect(treated.state.records.help).toEqual({ variant: "treated", countedAt: [], exposedAt: NOW });
  expect(heldOut.state.records.help).toEqual({ variant: "holdout", countedAt: [NOW], exposedAt: NOW });
  expect(treated.state.reservations).toHaveLength(1);
  expect(heldOut.state.reservations).toEqual([]);
  expect(heldOut.decision).toEqual({ ask: ask.ask, verdict: "none", reason: "holdout" });
});

test("D11 the held-out meet the cap as the treated do", () => {
  const campaigns = [{ ...help, holdout: 1 }];
  const once = answer(stuck, ask, context({ campaigns }));
  const later = { ...ask, ask: "b".repeat(22), at: NOW + 200_000 };
  const twice = answer(once.state, later, context({ campaigns, now: NOW + 200_000 }));
  expect(twice.decision.reason).toBe("capped");
  expect(twice.state.records.help?.exposedAt).toBe(NOW);
});

test("D6 the edge judges by its own model at the moment of the ask, and logs both scores", () => {
  let seen = -1;
  const run = (x: Float32Array) => {
    seen = x[11] as number; // idleRatio: 12 s of a typical 10
    return 0.2;
  };
  const late = answer(stuck, ask, context({ now: NOW + 5000, runners: { stall: { version: "edge-model", run } } }));
  expect(seen).toBeCloseTo(1.2);
  expect(late.decision.reason).toBe("band-not-reached");
  expect(late.state.decisions[0]).toMatchObject({
    config: 7,
    score: { value: 0.2, model: "edge-model", page: 0.9, unverified: false },
    considered: [{ campaign: "help", version: 1, reason: "band-not-reached" }],
  });
});

test("D14 where the edge has no model the page's score decides, and is marked unverified", () => {
  const { decision, state } = answer(stuck, ask, context({ runners: {} }));
  expect(decision).toMatchObject({ verdict: "show", unverified: true });
  expect(state.decisions[0]?.score).toEqual({ value: 0.9, model: "page-model", page: 0.9, unverified: true });
  expect(answer(stuck, { ...ask, score: null }, context({ runners: {} })).decision.reason).toBe("band-not-reached");
});

test("D7 an audience may speak of the visits so far, the stage and the score", () => {
  const reasonFor = (audience: Record<string, unknown>, state = stuck) =>
    answer(state, ask, context({ campaigns: [{ ...help, holdout: 0, audience }] })).decision.reason;
  expect(reasonFor({ visits: 1, stage: "pay", pages: 1, touchpoints: 1, goal: false, journey: "checkout" })).toBe(
    "chosen",
  );
  expect(reasonFor({ "scores.stall": { $gt: 0.9 } })).toBe("chosen");
  expect(reasonFor({ returning: true })).toBe("not-in-audience");
  expect(reasonFor({ returning: false })).toBe("chosen");
});

test("D1 without scoring nothing is scored at the edge (B33)", () => {
  const run = () => {
    throw new Error("scored without consent");
  };
  const unscored = { ...stuck, consent: { rev: 2, purposes: ["analytics" as const, "personalization" as const] } };
  const answered = answer(unscored, ask, context({ runners: { stall: { version: "m", run } } }));
  expect(answered.decision.reason).toBe("no-consent");
  expect(answered.state.decisions[0]?.score).toBe(null);
});

test("D2 the page's clock is corrected, and an ask from its future is taken for now", () => {
  const slow = { ...ask, at: NOW - 3_600_000 };
  expect(answer(stuck, slow, context()).decision.reason).toBe("stale-ask");
  expect(answer(stuck, slow, context({ skewMs: 3_600_000 })).decision.reason).toBe("chosen");
  expect(answer(stuck, { ...ask, at: NOW + 60_000 }, context()).decision.reason).toBe("chosen");
});

test("D13 the last 20 decisions stay in the state", () => {
  let state = stuck;
  for (let i = 0; i < 25; i++) {
    state = answer(state, { ...ask, ask: String(i).padStart(22, "0") }, context({ reservationId: `r${i}` })).state;
  }
  expect(state.decisions).toHaveLength(20);
  expect(state.decisions[0]?.ask).toBe("5".padStart(22, "0"));
  expect(state.decisions.at(-1)?.reason).toBe("capped");
});

test("D3 a version that is no longer in force is not shown, even to an ask that was answered", () => {
  const first = answer(stuck, ask, context());
  const changed = context({ campaigns: [{ ...help, holdout: 0, version: 2 }] });
  expect(answer(first.state, ask, changed).decision.verdict).toBe("none");
});
