import { expect, test } from "vitest";
import { type Announcing, announced } from "../../models/announce.ts";
import type { Campaign, CampaignOf, Trigger } from "../../models/campaign.ts";
import { type Happened, happenedBy, withWaiting } from "../../models/happened.ts";
import { EMPTY_STATE } from "../../models/journey-state.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { bothWaiting, isWaiting, PAGE_WAITS_MS, WAITS_MS, waits } from "../../models/waiting.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const { stages: _, ...anywhere } = help;
const by = (trigger: Trigger, id = "c"): Campaign => ({ ...anywhere, id, holdout: 0, trigger });
const told = (campaign: Campaign, happened: Happened[]) =>
  withWaiting([], happened, { campaigns: [campaign], now: NOW });
const rated = (value: number, page: boolean): Happened => ({
  kind: "touchpoint",
  name: "Rated",
  props: { value },
  page,
});

test("L15 what a page tells waits a minute, and as long as a server's where one tells it as well", () => {
  const campaign = by({ kind: "touchpoint", name: "Rated" });
  const byPage = told(campaign, [rated(1, true)]);
  const until = (waiting: typeof byPage) =>
    [PAGE_WAITS_MS - 1, PAGE_WAITS_MS, WAITS_MS - 1, WAITS_MS].map((ms) => isWaiting(campaign, waiting, NOW + ms));
  expect(until(byPage)).toEqual([true, false, false, false]);
  const byServer = told(campaign, [rated(1, false)]);
  expect(until(byServer)).toEqual([true, true, true, false]);
  expect(until(bothWaiting(byPage, byServer, NOW))).toEqual([true, true, true, false]);
  expect(until(bothWaiting(byServer, byPage, NOW))).toEqual([true, true, true, false]);
});

test("L16 a touchpoint waits for a campaign whose condition its properties meet, and for no other", () => {
  const bad = by({ kind: "touchpoint", name: "Rated", where: { value: { $lte: 2 } } }, "bad");
  const good = by({ kind: "touchpoint", name: "Rated", where: { value: { $gte: 4 } } }, "good");
  const waiting = withWaiting([], [rated(1, true)], { campaigns: [bad, good], now: NOW });
  expect(waiting).toEqual([{ on: "touchpoint.Rated", at: NOW, for: "bad", page: true }]);
  expect([bad, good].map((campaign) => isWaiting(campaign, waiting, NOW))).toEqual([true, false]);
  expect(told(bad, [rated(3, true)])).toEqual([]);
});

test("L17 a visit that is not the first waits ten minutes, where the visitor was away long enough", () => {
  const campaign = by({ kind: "returning", awayMs: HOUR });
  expect(told(campaign, [{ kind: "returning", awayMs: HOUR - 1 }])).toEqual([]);
  const waiting = told(campaign, [{ kind: "returning", awayMs: HOUR }]);
  expect([0, 599_999, 600_000].map((ms) => isWaiting(campaign, waiting, NOW + ms))).toEqual([true, true, false]);
  expect(told(by({ kind: "returning" }), [{ kind: "returning", awayMs: 1 }])).toHaveLength(1);
});

test("L18 what became of another campaign is answered after its delay, and not before", () => {
  const campaign = by({ kind: "outcome", campaign: "offer", outcome: "dismissed", afterMs: HOUR });
  const outcome = (of: string, props: object): Touchpoint => ({
    seq: 0,
    type: "outcome",
    name: of,
    at: NOW,
    url: "",
    props: { campaign: of, ...props },
  });
  const [happened] = happenedBy([outcome("offer", { outcome: "dismissed" })], false);
  expect(happened).toEqual({ kind: "outcome", campaign: "offer", outcome: "dismissed" });
  const waiting = told(campaign, happened ? [happened] : []);
  expect([HOUR - 1, HOUR].map((ms) => isWaiting(campaign, waiting, NOW + ms))).toEqual([false, true]);
  expect(told(campaign, happenedBy([outcome("offer", { outcome: "acted" })], false))).toEqual([]);
  expect(told(campaign, happenedBy([outcome("other", { outcome: "dismissed" })], false))).toEqual([]);
  const context: Announcing = {
    now: NOW + HOUR - 60_000,
    visitor: "v",
    site: { ...SMALL_SITE, campaigns: [campaign] },
    clocks: {},
  };
  const state = {
    ...EMPTY_STATE,
    consent: { rev: 1, purposes: ["analytics" as const, "personalization" as const] },
    waiting,
  };
  // A page is told of what is due within half an hour, and in how long.
  expect(announced(state, context)).toEqual({ on: "outcome.offer.dismissed", inMs: 60_000 });
  expect(announced(state, { ...context, now: NOW + HOUR / 2 - 1 })).toBe(null);
  expect(announced(state, { ...context, now: NOW + HOUR / 2 })).toEqual({
    on: "outcome.offer.dismissed",
    inMs: HOUR / 2,
  });
  expect(announced(state, { ...context, now: NOW + 2 * HOUR })).toEqual({ on: "outcome.offer.dismissed", inMs: 0 });
});

test("L15 what the page alone sees waits for nothing", () => {
  const kinds = ["touchpoint", "returning", "outcome", "exit", "scroll", "element", "score", "stage"] as const;
  expect(kinds.filter((kind) => waits({ kind }))).toEqual(["touchpoint", "returning", "outcome"]);
  expect(told(by({ kind: "exit" }), [rated(1, true), { kind: "returning", awayMs: 1 }])).toEqual([]);
});
