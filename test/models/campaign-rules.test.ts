import { expect, test } from "vitest";
import { inNamespace } from "../../models/assignment.ts";
import type { Campaign, CampaignOf, Frequency, Trigger } from "../../models/campaign.ts";
import type { CampaignKind } from "../../models/content.ts";
import { type CampaignRules, type DecisionInput, decide, LESS_MS } from "../../models/decision.ts";
import { EMPTY_FEATURES } from "../../models/features.ts";
import type { CampaignRecord, Reservation } from "../../models/outcome.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const everyone: CampaignOf<"nudge"> = {
  ...help,
  holdout: 0,
  trigger: { kind: "stage", stage: "pay" },
  cap: { count: 10, windowMs: 7 * 24 * HOUR },
};
const named = (id: string, change: object = {}) => ({ ...everyone, id, ...change }) as Campaign;
const RULES: CampaignRules = { clocks: { UTC: "2026-11-30T12:00", "Asia/Tokyo": "2026-11-30T21:00" } };

function input(change: Partial<DecisionInput> = {}): DecisionInput {
  return {
    on: "stage.pay",
    askAgeMs: 0,
    now: NOW,
    visitor: "v",
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    features: { ...EMPTY_FEATURES, stage: "pay", visitAt: NOW - HOUR },
    scores: {},
    campaigns: [everyone],
    minimums: {},
    records: {},
    reservations: [],
    waiting: [],
    spent: [],
    isOff: false,
    rules: RULES,
    attributes: {},
    ...change,
  };
}
const reasonOf = (change: Partial<DecisionInput>) => decide(input(change)).reason;
const by = (change: object) => reasonOf({ campaigns: [named("help", change)] });
const record = (change: Partial<CampaignRecord>): CampaignRecord => ({
  variant: "treated",
  countedAt: [],
  exposedAt: 0,
  ...change,
});
const shown = (...agoMs: number[]) => record({ countedAt: agoMs.map((ms) => NOW - ms) });

test("D16 the greater priority comes first, and of equals the one that stands first", () => {
  const order = (...campaigns: Campaign[]) => decide(input({ campaigns })).considered.map(({ campaign }) => campaign);
  expect(order(named("a"), named("b", { priority: 1 }), named("c"), named("d", { priority: -1 }))).toEqual([
    "b",
    "a",
    "c",
    "d",
  ]);
  expect(decide(input({ campaigns: [named("a"), named("b", { priority: 1 })] })).exposure?.campaign.id).toBe("b");
});

test("D18 a draft and one that has ended are not shown, and say which they are", () => {
  expect([by({}), by({ status: "draft" }), by({ status: "ended" }), by({ status: "paused" })]).toEqual([
    "chosen",
    "draft",
    "ended",
    "paused",
  ]);
});

test("D19 D20 schedules and quiet hours go by the campaign's zone, or the site's", () => {
  expect(by({ schedule: { until: "2026-11-30T13:00" } })).toBe("chosen");
  expect(by({ schedule: { until: "2026-11-30T13:00", timeZone: "Asia/Tokyo" } })).toBe("not-scheduled");
  const evening = [{ from: "20:00", to: "23:00" }];
  expect(by({ schedule: { quiet: evening } })).toBe("chosen");
  expect(by({ schedule: { quiet: evening, timeZone: "Asia/Tokyo" } })).toBe("quiet-hours");
  const siteOf = (change: Partial<CampaignRules>) => reasonOf({ rules: { ...RULES, ...change } });
  expect(siteOf({ frequency: { quiet: evening } })).toBe("chosen");
  expect(siteOf({ frequency: { quiet: evening }, timeZone: "Asia/Tokyo" })).toBe("quiet-hours");
});

test("D4 after the goal what leads to it is silent; what answers something, and the goal's own stage, is not", () => {
  const features = { ...EMPTY_FEATURES, stage: "pay", goal: true };
  const after = (on: string, trigger: Trigger) =>
    reasonOf({ on, features, waiting: [{ on, at: NOW }], campaigns: [named("help", { trigger, stages: undefined })] });
  expect(after("exit", { kind: "exit" })).toBe("goal-reached");
  expect(after("scroll.0.5", { kind: "scroll", share: 0.5 })).toBe("goal-reached");
  expect(after("element.#a", { kind: "element", selector: "#a" })).toBe("goal-reached");
  expect(after("stall.high", { kind: "score", score: "stall", band: "high" })).toBe("goal-reached");
  expect(after("stage.pay", { kind: "stage", stage: "pay" })).toBe("chosen");
  expect(after("touchpoint.Rated", { kind: "touchpoint", name: "Rated" })).toBe("chosen");
  expect(after("returning", { kind: "returning" })).toBe("chosen");
  expect(after("outcome.a.shown", { kind: "outcome", campaign: "a", outcome: "shown" })).toBe("chosen");
});

test("D21 of campaigns of one group a visitor meets the one in whose part of the line they are", () => {
  const halves = [
    named("a", { exclusion: { group: "help", from: 0, to: 0.5 } }),
    named("b", { exclusion: { group: "help", from: 0.5, to: 1 } }),
  ];
  const met = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const visitor = `visitor ${i}`;
    const verdict = decide(input({ visitor, campaigns: halves }));
    const isFirst = inNamespace(visitor, ["help", 0, 0.5]);
    expect(verdict.considered.map(({ reason }) => reason)).toEqual(
      isFirst ? ["chosen", "other-group"] : ["other-group", "chosen"],
    );
    met.add(verdict.exposure?.campaign.id ?? "");
  }
  expect(met).toEqual(new Set(["a", "b"]));
});

test("D21 X7 whoever has met one campaign of a group stays with it, under whatever name they are known by then", () => {
  const halves = [
    named("a", { exclusion: { group: "help", from: 0, to: 0.5 } }),
    named("b", { exclusion: { group: "help", from: 0.5, to: 1 } }),
  ];
  const names = Array.from({ length: 50 }, (_, i) => `visitor ${i}`);
  for (const id of ["a", "b"]) {
    const met = names.map((visitor) => decide(input({ visitor, campaigns: halves, records: { [id]: record({}) } })));
    expect(new Set(met.map(({ exposure }) => exposure?.campaign.id))).toEqual(new Set([id]));
  }
});

test("D22 who dismissed a campaign is not shown it again, or only so long after as it says", () => {
  const dismissed = (agoMs: number) => ({ help: record({ dismissedAt: NOW - agoMs }) });
  expect(reasonOf({ records: dismissed(300 * 24 * HOUR) })).toBe("dismissed");
  const again = { campaigns: [named("help", { againAfterMs: HOUR })] };
  expect(reasonOf({ ...again, records: dismissed(HOUR - 1) })).toBe("dismissed");
  expect(reasonOf({ ...again, records: dismissed(HOUR) })).toBe("chosen");
  expect(reasonOf({ records: { other: record({ dismissedAt: NOW }) } })).toBe("chosen");
});

test("D23 less like this: that campaign never again, the others of its kind not for 30 days, other kinds as before", () => {
  const others = [named("help"), named("more"), named("tip", { kind: "tip" })];
  const reasons = (agoMs: number) =>
    decide(input({ campaigns: others, records: { help: record({ lessAt: NOW - agoMs }) } })).considered.map(
      ({ reason }) => reason,
    );
  expect(reasons(LESS_MS - 1)).toEqual(["less-wanted", "less-wanted", "chosen"]);
  expect(reasons(LESS_MS)).toEqual(["less-wanted", "chosen", "another-chosen"]);
});

test("D24 who turned all off is shown nothing", () => {
  expect(reasonOf({ isOff: true })).toBe("turned-off");
});

test("D25 a campaign may be capped by the visit too", () => {
  const once = [named("help", { cap: { ...everyone.cap, perVisit: 1 } })];
  expect(reasonOf({ campaigns: once, records: { help: shown(HOUR) } })).toBe("capped");
  expect(reasonOf({ campaigns: once, records: { help: shown(HOUR + 1) } })).toBe("chosen");
});

const siteWith = (frequency: Frequency, records: DecisionInput["records"], kind: CampaignKind = "nudge") =>
  reasonOf({
    campaigns: [named("help", { kind }), named("tip", { kind: "tip", status: "paused" })],
    records,
    rules: { ...RULES, frequency },
  });

test("D26 all campaigns together keep to the site's caps: in a window, of some kinds, in a visit", () => {
  const day = { caps: [{ count: 2, windowMs: 24 * HOUR }] };
  expect(siteWith(day, { gone: shown(HOUR), tip: shown(24 * HOUR) })).toBe("chosen");
  expect(siteWith(day, { gone: shown(HOUR), tip: shown(24 * HOUR - 1) })).toBe("too-frequent");
  const tips = { caps: [{ count: 1, windowMs: 24 * HOUR, kinds: ["tip" as const] }] };
  expect(siteWith(tips, { tip: shown(HOUR) })).toBe("chosen");
  expect(siteWith(tips, { tip: shown(HOUR) }, "tip")).toBe("too-frequent");
  expect(siteWith(tips, { gone: shown(HOUR) }, "tip")).toBe("chosen");
  const both = { ...everyone, id: "other", status: "paused" as const };
  const ofNudges = { campaigns: [named("help", { kind: "tip" }), both], records: { other: shown(HOUR) } };
  expect(reasonOf({ ...ofNudges, rules: { ...RULES, frequency: tips } })).toBe("chosen");
  expect(siteWith({ perVisit: 1 }, { tip: shown(HOUR) })).toBe("too-frequent");
  expect(siteWith({ perVisit: 1 }, { tip: shown(HOUR + 1) })).toBe("chosen");
});

test("D27 between two showings lies the least gap, and what is about to be shown counts as shown now", () => {
  const gap = { minGapMs: HOUR };
  expect(siteWith(gap, { tip: shown(HOUR - 1) })).toBe("too-soon");
  expect(siteWith(gap, { tip: shown(HOUR) })).toBe("chosen");
  const held: Reservation = { id: "r", campaign: "tip", version: 1, at: NOW - 1000, state: "open" };
  expect(reasonOf({ rules: { ...RULES, frequency: gap }, reservations: [held] })).toBe("too-soon");
  expect(reasonOf({ rules: { ...RULES, frequency: gap }, reservations: [{ ...held, state: "withheld" }] })).toBe(
    "chosen",
  );
});

test("D11 X7 a person whose journeys became one keeps the arm that came first, as long as there is such an arm", () => {
  const variants = [
    { id: "plain", weight: 1 },
    { id: "warm", weight: 0 },
  ];
  const armOf = (assigned?: string) => {
    const records = { help: record(assigned === undefined ? {} : { assigned }) };
    return decide(input({ campaigns: [named("help", { variants })], records })).exposure?.arm;
  };
  expect([armOf(), armOf("warm"), armOf("gone"), armOf("holdout"), armOf("global-holdout")]).toEqual([
    "plain",
    "warm",
    "plain",
    "holdout",
    "global-holdout",
  ]);
});

test("D11 whoever was shown a variant goes on with it where weights change; who was held out of all is out of each", () => {
  const weighed = (warm: number) => ({
    variants: [
      { id: "plain", weight: 1 - warm },
      { id: "warm", weight: warm },
    ],
  });
  const arms = (records: DecisionInput["records"], change: object, rules = RULES) =>
    new Set(
      Array.from({ length: 50 }, (_, i) => {
        const campaigns = [named("help", change)];
        return decide(input({ visitor: `visitor ${i}`, campaigns, records, rules })).exposure?.arm;
      }),
    );
  expect(arms({ help: record({ variant: "plain" }) }, weighed(0.9))).toEqual(new Set(["plain"]));
  expect(arms({}, weighed(0.5))).toEqual(new Set(["plain", "warm"]));
  expect(arms({ help: record({ variant: "plain" }) }, { holdout: 1, ...weighed(0.5) })).toEqual(new Set(["holdout"]));
  const everywhere = { ...RULES, everywhere: 0.001 };
  const out = { tip: record({ variant: "global-holdout" }) };
  expect(arms(out, {}, everywhere)).toEqual(new Set(["global-holdout"]));
  expect(arms(out, {})).toEqual(new Set(["treated"]));
});

test("D28 a campaign of whose budget nothing is left is not chosen, and the next one is", () => {
  const verdict = decide(input({ campaigns: [named("help"), named("more")], spent: ["help"] }));
  expect(verdict.considered.map(({ reason }) => reason)).toEqual(["no-budget", "chosen"]);
});

test("D35 the bars are tried in one order: each stands before those that are listed after it", () => {
  const { stages: _, ...anywhere } = everyone;
  const base = { ...anywhere, cap: { count: 1, windowMs: HOUR } };
  const bars: [reason: string, change: Partial<DecisionInput>, campaign: object][] = [
    ["other-trigger", { on: "exit" }, {}],
    ["no-consent", { consent: { rev: 1, purposes: ["analytics"] } }, {}],
    ["turned-off", { isOff: true }, {}],
    ["draft", {}, { status: "draft" }],
    ["paused", { minimums: { help: 2 } }, {}],
    ["not-scheduled", {}, { schedule: { until: "2026-01-01T00:00" } }],
    ["other-stage", {}, { stages: ["cart"] }],
    ["other-group", {}, { exclusion: { group: "g", from: 0, to: 0 } }],
    ["not-in-audience", {}, { audience: { plan: "pro" } }],
    ["less-wanted", { records: { help: record({ lessAt: NOW }) } }, {}],
    ["dismissed", { records: { help: record({ dismissedAt: NOW }) } }, {}],
    ["capped", { records: { help: shown(1) } }, {}],
    ["too-soon", { rules: { ...RULES, frequency: { minGapMs: HOUR } }, records: { tip: shown(1) } }, {}],
    ["no-budget", { spent: ["help"] }, {}],
    ["another-reserved", { reservations: [{ id: "r", campaign: "x", version: 1, at: NOW, state: "open" }] }, {}],
  ];
  for (const [i, [first]] of bars.entries()) {
    for (const later of bars.slice(i)) {
      const both = [bars[i] as (typeof bars)[number], later];
      const change = Object.assign({}, ...both.map(([, one]) => one)) as Partial<DecisionInput>;
      const records = Object.assign({}, ...both.map(([, one]) => one.records ?? {}));
      const campaign = Object.assign({}, base, ...both.map(([, , one]) => one)) as Campaign;
      // Two records of one campaign say both things.
      const own = both.map(([, one]) => one.records?.help).filter((one) => one !== undefined);
      if (own.length > 0) records.help = Object.assign({}, ...own);
      // A campaign that is no draft any more can't be one, and whoever has met one of a group stays with it (D23).
      if (first === "draft" && later[0] === "paused") continue;
      if (first === "other-group" && own.length > 0) continue;
      const verdict = decide(input({ ...change, records, campaigns: [campaign] }));
      expect(verdict.considered[0]?.reason, `${first} before ${later[0]}`).toBe(first);
    }
  }
});
