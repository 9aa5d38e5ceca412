import { expect, test } from "vitest";
import { type AnswerContext, answer, CONSIDERED_KEPT } from "../../models/answer.ts";
import { drawsOnBudget, hasBudgets, hasPool } from "../../models/budget.ts";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import type { Purpose } from "../../models/consent.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { unite } from "../../models/journey-union.ts";
import { isOff } from "../../models/reaction.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Ask } from "../../models/wire.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const journey = SMALL_SITE.journeys[0] as Journey;
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const campaign: CampaignOf<"nudge"> = { ...help, holdout: 0, trigger: { kind: "stage", stage: "pay" } };
const offer = {
  ...campaign,
  id: "offer",
  kind: "offer",
  content: { ...campaign.content, code: { pool: true } },
} as CampaignOf<"offer">;
const ALL: Purpose[] = ["analytics", "scoring", "personalization"];
const asking = (ask: string, change: Partial<Ask> = {}): Ask => ({
  ask,
  at: NOW,
  on: "stage.pay",
  score: null,
  model: null,
  ...change,
});
const context = (campaigns: Campaign[], change: Partial<AnswerContext> = {}): AnswerContext => ({
  visitor: "v",
  now: NOW,
  sentAt: NOW,
  skewMs: 0,
  reservationId: "r1",
  config: 7,
  site: { ...SMALL_SITE, campaigns },
  minimums: {},
  runners: {},
  clocks: {},
  ...change,
});

function told(state: JourneyState, type: "page" | "outcome", props: object, rev = 1, purposes = ALL): JourneyState {
  const seq = state.folded.touchpoints;
  const touchpoint = { seq, type, name: "", at: NOW + seq, url: "https://shop.example/pay", props: { ...props } };
  const batch = {
    streams: [{ stream: "one", touchpoints: [touchpoint] }],
    stamp: { rev, purposes },
    sentAt: NOW + 100,
    receivedAt: NOW + 100,
  };
  return receive(state, batch, journey).state;
}
const paying = told(EMPTY_STATE, "page", {});
const shown = (campaigns: Campaign[] = [campaign]) => answer(paying, asking("a"), context(campaigns)).state;
const reported = (outcome: string, more: object = {}) =>
  told(shown(), "outcome", { reservation: "r1", outcome, ...more });

test("D33 a preview shows the variant of its link, whatever holds for visitors, and leaves nothing behind", () => {
  const paused: CampaignOf<"offer"> = { ...offer, status: "draft", variants: [{ id: "warm", weight: 1 }] };
  const preview = { campaign: "offer", variant: "warm" };
  const ask = asking("a", { on: "preview", preview: "token" });
  const answered = answer(paying, ask, context([paused], { preview }));
  expect(answered.state).toBe(paying);
  expect(answered.decision).toMatchObject({
    verdict: "show",
    reason: "preview",
    campaign: "offer",
    variant: "warm",
    content: { code: "PREVIEW" },
  });
  expect(answered.decision.reservation).toBeUndefined();
  const none = { verdict: "none", reason: "no-campaign" };
  expect(answer(paying, ask, context([paused])).decision).toMatchObject(none);
  expect(answer(paying, ask, context([], { preview })).decision).toMatchObject(none);
  const refusing = told(EMPTY_STATE, "page", {}, 1, ["analytics"]);
  expect(answer(refusing, ask, context([paused], { preview })).decision.reason).toBe("no-consent");
});

test("D36 a campaign with a number or a list of codes for all draws on a budget, wherever the code stands", () => {
  const pool = { ...offer.content };
  const { code: _, ...plain } = pool;
  const without = { ...offer, content: plain };
  expect([campaign, without].map(drawsOnBudget)).toEqual([false, false]);
  expect([{ ...campaign, budget: 5 }, offer].map(drawsOnBudget)).toEqual([true, true]);
  expect([hasPool({ ...campaign, budget: 5 }), hasPool(offer)]).toEqual([false, true]);
  expect([[campaign, offer], [campaign], [{ ...offer, status: "paused" } as Campaign]].map(hasBudgets)).toEqual([
    true,
    false,
    false,
  ]);
  expect(hasPool({ ...without, translations: { de: pool } })).toBe(true);
  expect(hasPool({ ...without, variants: [{ id: "v", weight: 1, content: pool }] })).toBe(true);
  expect(hasPool({ ...without, content: { ...plain, code: { text: "SAVE" } } })).toBe(false);
});

test("D28 what an ask was given of a budget stays with its reservation, and comes again with the same ask", () => {
  const leases = { offer: { key: "a", code: "ONE" } };
  const first = answer(paying, asking("a"), context([offer], { leases }));
  expect(first.decision).toMatchObject({ verdict: "show", content: { code: "ONE" } });
  const again = answer(first.state, asking("a"), context([offer], { leases: { offer: { key: "a", code: "TWO" } } }));
  expect(again.decision).toMatchObject({ content: { code: "ONE" } });
  const none = answer(paying, asking("a"), context([offer], { leases: { offer: null } }));
  expect(none.decision).toMatchObject({ verdict: "none", reason: "no-budget" });
});

test("O3 who dismisses a campaign, or wants less of it, has said so at that time, also where it was reported twice", () => {
  expect(shown().records.help).toMatchObject({ variant: "treated" });
  expect(reported("dismissed").records.help).toMatchObject({ dismissedAt: NOW + 1, countedAt: [NOW] });
  expect(reported("less").records.help).toMatchObject({ lessAt: NOW + 1, countedAt: [NOW] });
  const twice = told(reported("dismissed"), "outcome", { reservation: "r1", outcome: "shown" });
  expect(twice.records.help).toMatchObject({ dismissedAt: NOW + 1, countedAt: [NOW] });
  expect(reported("shown").records.help).not.toHaveProperty("dismissedAt");
});

test("O4 all campaigns are off from then on, until a later choice permits them", () => {
  expect(isOff(shown())).toBe(false);
  const off = reported("off");
  expect(isOff(off)).toBe(true);
  expect(isOff(told(off, "page", {}))).toBe(true);
  expect(isOff(told(off, "page", {}, 2))).toBe(false);
  const asked = answer(off, asking("b"), context([{ ...campaign, cap: { count: 9, windowMs: 1000 } }]));
  expect(asked.decision.reason).toBe("turned-off");
});

test("O5 a ticked item of a checklist is done, once", () => {
  const once = reported("ticked", { item: "first" });
  expect(once.ticked).toEqual({ help: ["first"] });
  const twice = told(once, "outcome", { reservation: "r1", outcome: "ticked", item: "first" });
  expect(twice.ticked).toEqual({ help: ["first"] });
  const both = told(twice, "outcome", { reservation: "r1", outcome: "ticked", item: "second" });
  expect(both.ticked).toEqual({ help: ["first", "second"] });
  const checklist = {
    ...campaign,
    kind: "checklist",
    content: { title: "To do", items: [], done: "Done" },
  } as unknown as Campaign;
  const next = answer({ ...both, reservations: [], records: {} }, asking("b"), context([checklist]));
  expect(next.decision.done).toEqual(["first", "second"]);
});

test("O6 what was dismissed, ticked or turned off on one device is so on all, and an exposure counts once a person", () => {
  const joining = { visitor: "phone", merge: "m", now: NOW };
  const phone = told(reported("dismissed"), "outcome", { reservation: "r1", outcome: "ticked", item: "first" });
  const later = { ...context([campaign]), now: NOW + 50, reservationId: "r2" };
  const user = answer(paying, asking("b"), later).state;
  const { into, from } = unite(user, told(phone, "outcome", { reservation: "r1", outcome: "off" }), journey, joining);
  expect(into.records.help).toMatchObject({ dismissedAt: NOW + 1, exposedAt: NOW });
  expect(into.ticked).toEqual({ help: ["first"] });
  expect(into.off).toBeDefined();
  expect(into.measured).toHaveLength(1);
  expect(into.measured?.[0]?.at).toBe(NOW);
  expect(from.measured).toBeUndefined();
  // The map hears of it for both: one has it now, the other has it no more.
  expect(Object.keys(into.push.campaigns ?? {})).toHaveLength(1);
  expect(Object.keys(from.push.campaigns ?? {})).toHaveLength(1);
});

test("D37 a journey keeps 80 campaigns and, of each decision, the first reasons: what was met first is forgotten", () => {
  let state = paying;
  for (let i = 0; i < 85; i++) {
    const one = { ...campaign, id: `c${i}` };
    const at = NOW + i * 100_000;
    const asked = context([one], { now: at, sentAt: at, reservationId: `r${i}` });
    state = answer(state, asking(`a${i}`, { at }), asked).state;
  }
  expect(Object.keys(state.records)).toHaveLength(80);
  expect([state.records.c4, state.records.c5?.variant]).toEqual([undefined, "treated"]);
  expect(state.reservations.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `r${i + 65}`));
  const many = Array.from({ length: 20 }, (_, i) => ({ ...campaign, id: `m${i}` }));
  const answered = answer(paying, asking("z"), context(many));
  expect(answered.record?.considered).toHaveLength(20);
  expect(answered.state.decisions.at(-1)?.considered).toHaveLength(CONSIDERED_KEPT);
});

test("D28 a reservation of which its budget has not heard stays beyond the last twenty", () => {
  let state = answer(paying, asking("a"), context([offer], { leases: { offer: { key: "a", code: "ONE" } } })).state;
  for (let i = 0; i < 25; i++) {
    const at = NOW + (i + 1) * 100_000;
    const one = { ...campaign, id: `c${i}` };
    state = answer(
      state,
      asking(`a${i}`, { at }),
      context([one], { now: at, sentAt: at, reservationId: `r${i}` }),
    ).state;
  }
  expect(state.reservations.map(({ id }) => id)).toEqual(["r1", ...Array.from({ length: 20 }, (_, i) => `r${i + 5}`)]);
  const told = state.reservations.map((one) =>
    one.lease ? { ...one, lease: { ...one.lease, told: true as const } } : one,
  );
  const at = NOW + 10_000_000;
  const next = answer(
    { ...state, reservations: told },
    asking("z", { at }),
    context([campaign], { now: at, sentAt: at }),
  ).state;
  expect(next.reservations.some(({ lease }) => lease)).toBe(false);
});
