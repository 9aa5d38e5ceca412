import { expect, test } from "vitest";
import { type AnswerContext, answer } from "../../models/answer.ts";
import type { CampaignOf } from "../../models/campaign.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { skewOfAsks } from "../../models/streams.ts";
import type { Ask } from "../../models/wire.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const NOW = Date.UTC(2026, 10, 22, 12);
type Change = Partial<AnswerContext> & { campaigns?: SiteConfig["campaigns"] };
const ask: Ask = { ask: "a".repeat(22), at: NOW, on: "stall.high", score: 0.9, model: "page-model" };

function context({ campaigns = [{ ...help, holdout: 0 }], ...change }: Change = {}): AnswerContext {
  return {
    visitor: "v",
    now: NOW,
    sentAt: NOW,
    skewMs: 0,
    reservationId: "r1",
    config: 7,
    site: { ...SMALL_SITE, campaigns },
    minimums: {},
    clocks: {},
    runners: { stall: { version: "edge-model", run: () => 0.95 } },
    ...change,
  };
}

/** A batch of one page view. */
function batchAt(seq: number) {
  const touchpoint = { seq, type: "page" as const, name: "Pay", at: NOW, url: "https://shop.example/pay", props: {} };
  return { streams: [{ stream: "one", touchpoints: [touchpoint] }], sentAt: NOW, receivedAt: NOW };
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
    kind: "nudge",
    language: "en",
    content: help.content,
    why: ["You have been at “Payment” for 12 seconds without going on; most people take about 10 seconds."],
  });
});

test("D11 treated and held out leave the same exposure; only the treated are given a reservation", () => {
  const treated = answer(stuck, ask, context());
  const heldOut = answer(stuck, ask, context({ campaigns: [{ ...help, holdout: 1 }] }));
  expect(treated.state.records.help).toEqual({ kind: "nudge", variant: "treated", countedAt: [], exposedAt: NOW });
  expect(heldOut.state.records.help).toEqual({ kind: "nudge", variant: "holdout", countedAt: [NOW], exposedAt: NOW });
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

test("B33 who objects to profiling is not scored, not chosen for and not assigned to an arm, while the visit goes on", () => {
  const run = () => {
    throw new Error("scored despite the objection");
  };
  const held = { rev: 2, purposes: ["analytics" as const, "scoring" as const, "personalization" as const] };
  const objecting: JourneyState = { ...stuck, consent: { ...held, objects: true } };
  const runners = { stall: { version: "m", run } };
  const answered = answer(objecting, ask, context({ runners }));
  expect(answered.decision.reason).toBe("no-consent");
  expect(answered.state.records).toEqual(stuck.records);
  expect(answered.state.decisions[0]).toMatchObject({ score: null, reservation: null, why: [] });
  // A trigger that needs no score is none for them either.
  const byStage = { ...help, holdout: 0, trigger: { kind: "stage" as const, stage: "pay" } };
  const staged = (state: JourneyState) =>
    answer(state, { ...ask, on: "stage.pay" }, context({ runners, campaigns: [byStage] })).decision.reason;
  expect(staged(objecting)).toBe("no-consent");
  // The twins: analytics goes on, and without the objection the same visitor is scored, assigned and shown.
  const more = receive(objecting, { ...batchAt(1), stamp: objecting.consent }, journey);
  expect(more.accepted).toHaveLength(1);
  expect(more.state.consent.objects).toBe(true);
  expect(staged({ ...stuck, consent: held })).toBe("chosen");
  expect(answer({ ...stuck, consent: held }, ask, context()).decision.reason).toBe("chosen");
});

test("B35 a decision by a score keeps which model gave it and its top reasons, and the page is told them", () => {
  const answered = answer(stuck, ask, context());
  const [record] = answered.state.decisions;
  expect(record?.score).toMatchObject({ model: "edge-model", value: 0.95 });
  expect(record?.why.length).toBeGreaterThan(0);
  expect(answered.decision.why).toEqual(record?.why);
});

test("D1 who has withdrawn is answered without a trace, and not shown what was decided before (B15)", () => {
  const withdrawn = { ...stuck, consent: { rev: 2, purposes: [] } };
  const refused = { ask: ask.ask, verdict: "none", reason: "no-consent" };
  const answered = answer(withdrawn, ask, context());
  expect(answered.decision).toEqual(refused);
  expect(answered.state).toBe(withdrawn);
  const shown = answer(stuck, ask, context());
  const analyticsOnly = { ...shown.state, consent: { rev: 2, purposes: ["analytics" as const] } };
  expect(answer(analyticsOnly, ask, context()).decision).toEqual(refused);
  expect(answer(shown.state, ask, context()).decision.verdict).toBe("show");
});

test("D2 an ask's age is by the page's own clock, right or wrong", () => {
  const slow = { ...ask, at: NOW - 3_600_000 };
  const sentAt = slow.at + 10_000;
  expect(answer(stuck, slow, context({ skewMs: 3_600_000, sentAt })).decision.reason).toBe("chosen");
  expect(answer(stuck, slow, context({ skewMs: 3_600_000, sentAt: sentAt + 1 })).decision.reason).toBe("stale-ask");
});

test.each([-59_000, -30_000, -11_000, 0, 300, 1_500, 30_000, 59_000])(
  "D2 D6 a visitor whose clock is off by %d ms is helped after the same silence as any other",
  (offMs) => {
    // Came 25 s ago, and the page's clock shows the time and this much more; the batch took 300 ms, the ask 20 ms.
    const page = (at: number) => at + offMs;
    const came = {
      seq: 0,
      type: "page" as const,
      name: "Pay",
      at: page(NOW - 25_000),
      url: "https://shop.example/pay",
      props: {},
    };
    const streams = [{ stream: "one", touchpoints: [came] }];
    const stamp = { rev: 1, purposes: ["analytics" as const, "scoring" as const, "personalization" as const] };
    const sentAt = page(NOW - 20_300);
    const { state } = receive(EMPTY_STATE, { streams, stamp, sentAt, receivedAt: NOW - 20_000 }, journey);
    let idleRatio = 0;
    const run = (x: Float32Array) => {
      idleRatio = x[11] as number;
      return 0.95;
    };
    const asked = { ...ask, at: page(NOW - 20) };
    const skewMs = skewOfAsks(state.streams, [], 0);
    const runners = { stall: { version: "m", run } };
    const { decision } = answer(state, asked, context({ sentAt: asked.at, skewMs, runners }));
    expect(decision.reason).toBe("chosen");
    expect(idleRatio).toBeCloseTo(24.98 / 10, 5);
  },
);

test("D3 a campaign that was stopped is not shown, even to an ask that was answered before", () => {
  const first = answer(stuck, ask, context());
  const paused = { verdict: "none", reason: "paused" };
  const again = (change: Change) => answer(first.state, ask, context(change)).decision;
  expect(again({ campaigns: [{ ...help, holdout: 0, status: "paused" }] })).toMatchObject(paused);
  expect(again({ minimums: { help: 2 } })).toMatchObject(paused);
  expect(again({ campaigns: [{ ...help, holdout: 0, version: 2 }] })).toMatchObject(paused);
  expect(again({})).toMatchObject({ verdict: "show" });
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
