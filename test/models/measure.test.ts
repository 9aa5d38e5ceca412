import { expect, test } from "vitest";
import type { Campaign, CampaignOf, Goal } from "../../models/campaign.ts";
import { addMoments, countsOfCampaign } from "../../models/campaign-counts.ts";
import type { Entry } from "../../models/entry.ts";
import { EMPTY_FOLDED } from "../../models/journey.ts";
import { acknowledged, duePush, withNews } from "../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { campaignDay, withDay, withExposure, withResults, withTally } from "../../models/measure.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = NOW / 86_400_000 - 0.5;
const HOUR = 3_600_000;
const journey = SMALL_SITE.journeys[0] as Journey;
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];

const entry = (at: number, change: Partial<Entry> = {}): Entry => ({
  at,
  stream: "s",
  seq: at,
  type: "track",
  stage: "",
  name: "",
  path: "",
  channel: "",
  context: "",
  excluded: "",
  ...change,
});
const order = (at: number, milli: number, kind: "completed" | "refunded" = "completed", currency = "EUR") =>
  entry(at, { name: "Order Completed", order: { kind, id: "", milli, currency } });

function withGoals(...goals: Goal[]): { campaign: Campaign; site: SiteConfig } {
  const campaign: Campaign = goals.length > 0 ? { ...help, goals } : help;
  return { campaign, site: { ...SMALL_SITE, campaigns: [campaign] } };
}

/** Somebody with these touchpoints, who is exposed now. */
function exposed({ campaign, site }: ReturnType<typeof withGoals>, ring: Entry[] = [], arm = "treated"): JourneyState {
  const state = { ...EMPTY_STATE, folded: { ...EMPTY_STATE.folded, ring } };
  return withExposure(state, { campaign, arm, site, at: NOW });
}
const goalsOf = (state: JourneyState) => state.measured?.map(({ goals }) => goals);

test("D40 a first exposure counts once a version, in whatever arm, with what was done before it", () => {
  const parts = withGoals({
    id: "orders",
    on: { name: "Order Completed" },
    windowMs: 2 * HOUR,
    value: { kind: "count" },
  });
  const before = [order(NOW - 3 * HOUR, 1000), order(NOW - 2 * HOUR, 1000), order(NOW - 1, 1000), order(NOW, 1000)];
  const state = exposed(parts, before, "holdout");
  const measured = [{ campaign: "help", version: 1, arm: "holdout", day: DAY, at: NOW, goals: { orders: [2, 0] } }];
  expect(state.measured).toEqual(measured);
  const again = withExposure(state, { ...parts, arm: "treated", at: NOW + 5 });
  expect(again).toBe(state);
  const next = withExposure(state, {
    ...parts,
    campaign: { ...parts.campaign, version: 2 },
    arm: "treated",
    at: NOW + 5,
  });
  expect(next.measured?.map(({ version, arm }) => [version, arm])).toEqual([
    [1, "holdout"],
    [2, "treated"],
  ]);
});

test("D41 what follows counts within the goal's window, both ends of it included, whether shown or held out", () => {
  const parts = withGoals({ id: "orders", on: { name: "Order Completed" }, windowMs: HOUR, value: { kind: "count" } });
  const after = [order(NOW, 1), order(NOW + HOUR, 1), order(NOW + HOUR + 1, 1), order(NOW - 1, 1), entry(NOW + 5)];
  for (const arm of ["treated", "holdout", "global-holdout"]) {
    expect(
      goalsOf(withResults(exposed(parts, [], arm), after, { site: parts.site, before: EMPTY_FOLDED })),
      arm,
    ).toEqual([{ orders: [0, 2] }]);
  }
  const other = { ...parts.site, campaigns: [{ ...parts.campaign, version: 2 }] };
  expect(goalsOf(withResults(exposed(parts), after, { site: other, before: EMPTY_FOLDED }))).toEqual([
    { orders: [0, 0] },
  ]);
});

test("D41 a goal is whether it came about, how often, or what orders came to less what was paid back, in one currency", () => {
  const on = { name: "Order Completed" };
  const parts = withGoals(
    { id: "bought", on, windowMs: HOUR },
    { id: "orders", on, windowMs: HOUR, value: { kind: "count" } },
    { id: "euros", on, windowMs: HOUR, value: { kind: "revenue", currency: "EUR" } },
  );
  const after = [order(NOW + 1, 19_990), order(NOW + 2, 5_000, "refunded"), order(NOW + 3, 7_000, "completed", "USD")];
  const state = after.reduce(
    (one, each) => withResults(one, [each], { site: parts.site, before: EMPTY_FOLDED }),
    exposed(parts),
  );
  expect(goalsOf(state)).toEqual([{ bought: [0, 1], orders: [0, 3], euros: [0, 1499] }]);
  expect(goalsOf(withResults(exposed(parts), after.toReversed(), { site: parts.site, before: EMPTY_FOLDED }))).toEqual(
    goalsOf(state),
  );
  const vast = withResults(exposed(parts), [order(NOW + 1, 9e12)], { site: parts.site, before: EMPTY_FOLDED });
  expect(goalsOf(vast)?.[0]?.euros).toEqual([0, 1e7]);
});

test("D41 a campaign without goals is for the journey's, within seven days; a stage is a goal too", () => {
  const week = 7 * 24 * HOUR;
  const parts = withGoals();
  expect(
    goalsOf(
      withResults(exposed(parts), [entry(NOW + week, { stage: "done" })], { site: parts.site, before: EMPTY_FOLDED }),
    ),
  ).toEqual([{ goal: [0, 1] }]);
  expect(
    goalsOf(
      withResults(exposed(parts), [entry(NOW + week + 1, { stage: "done" })], {
        site: parts.site,
        before: EMPTY_FOLDED,
      }),
    ),
  ).toEqual([{ goal: [0, 0] }]);
  expect(goalsOf(exposed(parts, [entry(NOW - 5, { stage: "done" })]))).toEqual([{ goal: [1, 0] }]);
});

test("D42 what a person adds are moments of one, on the day of the visit in which they were exposed", () => {
  const parts = withGoals({ id: "orders", on: { name: "Order Completed" }, windowMs: HOUR, value: { kind: "count" } });
  const state = withResults(exposed(parts, [order(NOW - 1, 1)]), [order(NOW + 1, 1), order(NOW + 2, 1)], {
    site: parts.site,
    before: EMPTY_FOLDED,
  });
  expect(campaignDay(state, DAY)).toEqual({ moments: { "help@1|treated|orders": [1, 2, 4, 1, 1, 2] } });
  // A day that is not followed stays as it was told.
  expect(campaignDay(state, DAY + 1)).toEqual({});
  const sum = {};
  addMoments(sum, campaignDay(state, DAY).moments, 1);
  addMoments(sum, { "help@1|treated|orders": [1, 3, 9, 0, 0, 0] }, 1);
  expect(sum).toEqual({ "help@1|treated|orders": [2, 5, 13, 1, 1, 2] });
  addMoments(sum, campaignDay(state, DAY).moments, -1);
  addMoments(sum, { "help@1|treated|orders": [1, 3, 9, 0, 0, 0] }, -1);
  expect(sum).toEqual({});
});

test("D43 asks and showings are counted on the visit's day; the day before is as it was told", () => {
  const first = withTally(EMPTY_STATE, ["help@1|capped", "help@1|capped"], { day: DAY });
  const more = withTally(first, ["help@1|chosen"], { day: DAY });
  expect(campaignDay(more, DAY)).toEqual({ moments: {}, tallies: { "help@1|capped": 2, "help@1|chosen": 1 } });
  const next = withTally(more, ["help@1|capped"], { day: DAY + 1 });
  expect(campaignDay(next, DAY)).toEqual({ moments: {} });
  expect(campaignDay(next, DAY + 1)).toEqual({ moments: {}, tallies: { "help@1|capped": 1 } });
  expect(withTally(more, [], { day: DAY })).toBe(more);
});

test("D44 the map hears of campaigns with the push that something else brings, and until it has", () => {
  const touchpoint: Touchpoint = { seq: 0, type: "page", name: "", at: NOW, url: "https://shop.example/", props: {} };
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  const batch = { streams: [{ stream: "s", touchpoints: [touchpoint] }], stamp, sentAt: NOW, receivedAt: NOW };
  const quiet = withDay(EMPTY_STATE, DAY);
  expect(duePush(quiet, journey)).toBe(null);
  const { state } = receive(quiet, batch, journey);
  expect(duePush(state, journey)?.campaigns).toEqual([[DAY, { moments: {} }]]);
  expect(duePush(acknowledged(state, 1), journey)).toBe(null);
  // What was counted while a push was on its way goes with the next.
  const later = acknowledged(withDay(state, DAY), 1);
  expect(duePush(withNews(later), journey)?.campaigns).toEqual([[DAY, { moments: {} }]]);
  expect(duePush(withNews(acknowledged(state, 1)), journey)?.campaigns).toEqual([]);
});

test("D45 more exposures than a journey follows leave whole days as they were told, the oldest first", () => {
  let state: JourneyState = EMPTY_STATE;
  for (let i = 0; i < 33; i++) {
    const campaign = { ...help, id: `c${i}` };
    const now = NOW + (i < 3 ? 0 : 86_400_000);
    state = withExposure(state, { campaign, arm: "treated", site: { ...SMALL_SITE, campaigns: [campaign] }, at: now });
  }
  expect(state.measured).toHaveLength(30);
  expect(state.measured?.every(({ day }) => day === DAY + 1)).toBe(true);
});

test("D42 a team reads a campaign's counts by version, arm, goal and reason, and no other campaign's", () => {
  const sums = {
    moments: {
      "help@1|treated|orders": [2, 5, 13, 1, 1, 2],
      "help@2|holdout|orders": [1, 0, 0, 0, 0, 0],
      "help-more@1|treated|orders": [9, 9, 9, 9, 9, 9],
    },
    tallies: { "help@2|capped": 3, "help@1|treated|shown": 4, "other@1|capped": 7 },
  };
  expect(countsOfCampaign(sums, "help")).toEqual([
    {
      version: 2,
      arms: [
        {
          arm: "holdout",
          people: 1,
          goals: { orders: { n: 1, sumY: 0, sumYY: 0, sumX: 0, sumXX: 0, sumXY: 0 } },
          outcomes: {},
        },
      ],
      reasons: { capped: 3 },
    },
    {
      version: 1,
      arms: [
        {
          arm: "treated",
          people: 2,
          goals: { orders: { n: 2, sumY: 5, sumYY: 13, sumX: 1, sumXX: 1, sumXY: 2 } },
          outcomes: { shown: 4 },
        },
      ],
      reasons: {},
    },
  ]);
});
