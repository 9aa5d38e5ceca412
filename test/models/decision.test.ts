import { expect, test } from "vitest";
import { assign } from "../../models/assignment.ts";
import type { Campaign } from "../../models/campaign.ts";
import type { Purpose } from "../../models/consent.ts";
import { type DecisionInput, decide } from "../../models/decision.ts";
import { EMPTY_FEATURES } from "../../models/features.ts";
import type { Reservation } from "../../models/outcome.ts";
import type { Score } from "../../models/score.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = 1_800_000_000_000;
const [help] = SMALL_SITE.campaigns as [Campaign];
const everyone: Campaign = { ...help, holdout: 0 };
const nobody: Campaign = { ...help, holdout: 1 };
const byStage: Campaign = { ...everyone, id: "hello", trigger: { kind: "stage", stage: "pay" } };
const stall: Score = { name: "stall", value: 0.9, band: "high", why: [], model: "m", engine: "compact" };
const ALL: Purpose[] = ["analytics", "scoring", "personalization"];

function input(change: Partial<DecisionInput> = {}): DecisionInput {
  return {
    on: "stall.high",
    askAgeMs: 0,
    now: NOW,
    visitor: "v",
    consent: { rev: 1, purposes: ALL },
    features: { ...EMPTY_FEATURES, stage: "pay" },
    scores: { stall },
    campaigns: [everyone],
    minimums: {},
    records: {},
    reservations: [],
    waiting: [],
    spent: [],
    isOff: false,
    rules: { clocks: {} },
    attributes: {},
    ...change,
  };
}

const reasonOf = (change: Partial<DecisionInput>) => decide(input(change)).reason;

test("D1 a campaign needs personalization, and one that listens to a score needs scoring too (B11)", () => {
  expect(reasonOf({})).toBe("chosen");
  expect(reasonOf({ consent: { rev: 1, purposes: ["analytics", "scoring"] } })).toBe("no-consent");
  const unscored = { consent: { rev: 1, purposes: ["analytics", "personalization"] as Purpose[] } };
  expect(reasonOf(unscored)).toBe("no-consent");
  expect(reasonOf({ ...unscored, on: "stage.pay", campaigns: [byStage], scores: {} })).toBe("chosen");
});

test("D2 an ask is answered up to 10 seconds after it was made, and no longer", () => {
  expect(reasonOf({ askAgeMs: 10_000 })).toBe("chosen");
  expect(decide(input({ askAgeMs: 10_001 }))).toEqual({ exposure: null, reason: "stale-ask", considered: [] });
});

test("D3 a paused campaign, and one below the least version that may be shown, is not chosen", () => {
  expect(reasonOf({ campaigns: [{ ...everyone, status: "paused" }] })).toBe("paused");
  expect(reasonOf({ minimums: { help: 2 } })).toBe("paused");
  expect(reasonOf({ minimums: { help: 1 } })).toBe("chosen");
  expect(reasonOf({ minimums: { other: 9 } })).toBe("chosen");
  // What holds for every campaign: of the minimum itself a campaign is live, as above.
  expect(reasonOf({ minimums: { "*": 2 } })).toBe("paused");
  expect(reasonOf({ minimums: { "*": 1 } })).toBe("chosen");
});

test("D4 after the goal nothing is chosen in that visit", () => {
  expect(reasonOf({ features: { ...EMPTY_FEATURES, stage: "pay", goal: true } })).toBe("goal-reached");
});

test("D5 a campaign shows only in its stages, and a stage trigger only in its stage", () => {
  const cart = { ...EMPTY_FEATURES, stage: "cart" };
  expect(reasonOf({ features: cart })).toBe("other-stage");
  const { stages: _, ...anywhere } = everyone;
  expect(reasonOf({ features: cart, campaigns: [anywhere] })).toBe("chosen");
  const { stages: __, ...staged } = byStage;
  expect(reasonOf({ on: "stage.pay", campaigns: [staged], features: cart })).toBe("other-stage");
  expect(reasonOf({ on: "stage.pay", campaigns: [staged] })).toBe("chosen");
});

test("D6 the object's own score has to reach the band that the trigger names", () => {
  expect(reasonOf({ scores: { stall: { ...stall, band: "medium" } } })).toBe("band-not-reached");
  expect(reasonOf({ scores: {} })).toBe("band-not-reached");
  const medium: Campaign = { ...everyone, trigger: { kind: "score", score: "stall", band: "medium" } };
  const on = "stall.medium";
  expect(reasonOf({ on, campaigns: [medium], scores: { stall: { ...stall, band: "medium" } } })).toBe("chosen");
  expect(reasonOf({ on, campaigns: [medium] })).toBe("chosen");
  expect(reasonOf({ on, campaigns: [medium], scores: { stall: { ...stall, band: "low" } } })).toBe("band-not-reached");
});

test("D7 a campaign with an audience is for those whom the condition names", () => {
  const returning: Campaign = { ...everyone, audience: { visits: { $gt: 1 } } };
  expect(reasonOf({ campaigns: [returning], attributes: { visits: 2 } })).toBe("chosen");
  expect(reasonOf({ campaigns: [returning], attributes: { visits: 1 } })).toBe("not-in-audience");
});

const held = (at: number, state: Reservation["state"] = "open", campaign = "help"): Reservation => ({
  id: `r${at}`,
  campaign,
  version: 1,
  at,
  state,
});

test("D8 with the cap used up nothing is chosen, until a showing has left the window", () => {
  const week = 7 * 86_400_000;
  const shownAt = (...countedAt: number[]) => ({ help: { variant: "treated" as const, countedAt, exposedAt: 0 } });
  expect(reasonOf({ records: shownAt(NOW - week + 1) })).toBe("capped");
  expect(reasonOf({ records: shownAt(NOW - week) })).toBe("chosen");
  const twice = [{ ...everyone, cap: { count: 2, windowMs: week } }];
  expect(reasonOf({ campaigns: twice, records: shownAt(NOW - 1) })).toBe("chosen");
  expect(reasonOf({ campaigns: twice, records: shownAt(NOW - 2, NOW - 1) })).toBe("capped");
});

test("D8 an open reservation counts for the cap, one that was given back does not", () => {
  expect(reasonOf({ reservations: [held(NOW - 1000)] })).toBe("capped");
  expect(reasonOf({ reservations: [held(NOW - 1000, "withheld")] })).toBe("chosen");
  const twice = [{ ...everyone, cap: { count: 2, windowMs: 1000 } }];
  expect(reasonOf({ campaigns: twice, reservations: [held(NOW - 1000), held(NOW - 2000)] })).toBe("capped");
});

test("D9 while one reservation waits for its report, for 90 seconds, nothing else is reserved", () => {
  const other = (at: number) => ({ reservations: [held(at, "open", "other")] });
  expect(reasonOf(other(NOW - 89_999))).toBe("another-reserved");
  expect(reasonOf(other(NOW - 90_000))).toBe("chosen");
  expect(reasonOf({ reservations: [held(NOW - 1, "shown", "other")] })).toBe("chosen");
  expect(reasonOf({ reservations: [held(NOW - 90_000)] })).toBe("chosen");
});

test("D10 campaigns are judged in declared order, and the first that passes has the moment", () => {
  const second: Campaign = { ...everyone, id: "second" };
  const verdict = decide(input({ campaigns: [{ ...everyone, status: "paused" }, second, { ...second, id: "third" }] }));
  expect(verdict.exposure).toEqual({ campaign: second, arm: "treated" });
  expect(verdict.considered.map((c) => [c.campaign, c.version, c.reason])).toEqual([
    ["help", 1, "paused"],
    ["second", 1, "chosen"],
    ["third", 1, "another-chosen"],
  ]);
  expect(verdict.reason).toBe("chosen");
});

test("D11 who is held out has the moment too: an exposure, and nothing for the campaigns after it", () => {
  const verdict = decide(input({ campaigns: [nobody, { ...everyone, id: "second" }] }));
  expect(verdict.exposure).toEqual({ campaign: nobody, arm: "holdout" });
  expect(verdict.reason).toBe("holdout");
  expect(verdict.considered.map((c) => c.reason)).toEqual(["holdout", "another-chosen"]);
});

test("D11 about the declared share is held out, and always the same visitors", () => {
  const visitors = Array.from({ length: 5000 }, (_, i) => `visitor-${i}`);
  const heldOut = visitors.filter((visitor) => reasonOf({ visitor, campaigns: [help] }) === "holdout");
  expect(heldOut.length / visitors.length).toBeCloseTo(0.1, 1);
  expect(heldOut.every((visitor) => assign(visitor, help).variant === "holdout")).toBe(true);
});

test("D13 D17 every campaign leaves its reason, one that listens to something else too", () => {
  const verdict = decide(input({ campaigns: [byStage, { ...everyone, status: "paused" }] }));
  expect(verdict.considered).toEqual([
    { campaign: "hello", version: 1, reason: "other-trigger" },
    { campaign: "help", version: 1, reason: "paused" },
  ]);
  expect(verdict).toMatchObject({ exposure: null, reason: "paused" });
  expect(decide(input({ campaigns: [byStage] }))).toMatchObject({ exposure: null, reason: "no-campaign" });
});
