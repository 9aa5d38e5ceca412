import { expect, test } from "vitest";
import { announced } from "../../models/announce.ts";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import type { Purpose } from "../../models/consent.ts";
import { withDevices } from "../../models/devices.ts";
import { acknowledged, duePush } from "../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState } from "../../models/journey-state.ts";
import { campaignDay } from "../../models/measure.ts";
import { isOff } from "../../models/reaction.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { type Leases, NO_LEASES, type Turn, type TurnCall, type TurnContext, takeTurn } from "../../models/turn.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = Math.floor(NOW / DAY);
const journey = SMALL_SITE.journeys[0] as Journey;
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const { stages: _, ...anywhere } = help;
const base: CampaignOf<"nudge"> = { ...anywhere, holdout: 0, trigger: { kind: "stage", stage: "pay" } };
const ALL: Purpose[] = ["analytics", "scoring", "personalization"];

interface Doing {
  campaigns: Campaign[];
  at?: number;
  told?: Touchpoint[];
  /** Triggers. */
  asks?: string[];
  stream?: string;
  leases?: (ask: string) => Leases;
  stamp?: TurnCall["stamp"];
  device?: string | null;
  /** By a server of the site. */
  isServer?: boolean;
}

let made = 0;
function turn(state: JourneyState, doing: Doing): Turn {
  const { campaigns, at = NOW, told = [], asks = [], stream = "page", isServer = false } = doing;
  const asked = asks.map((on) => ({ ask: `ask ${made++}`, at, on, score: null, model: null }));
  const config: SiteConfig = { ...SMALL_SITE, campaigns };
  const call: TurnCall = {
    visitor: "v",
    config: 1,
    minimums: {},
    asks: asked,
    streams: told.length > 0 ? [{ stream: isServer ? "server" : stream, touchpoints: told }] : [],
    stamp: isServer ? null : (doing.stamp ?? { rev: 1, purposes: ALL }),
    sentAt: at,
    device: doing.device ?? null,
    ...(isServer ? { live: true } : {}),
  };
  const context: TurnContext = {
    config,
    now: at,
    leases: doing.leases?.(asked[0]?.ask ?? "") ?? NO_LEASES,
    erasedAt: 0,
    clocks: {},
    runners: {},
    reservationId: () => `reservation ${made++}`,
  };
  return takeTurn(state, call, context);
}
const track = (name: string, at = NOW, props: Touchpoint["props"] = {}): Touchpoint => ({
  seq: made++,
  type: "track",
  name,
  at,
  url: "https://shop.example/pay",
  props,
});
const page = (at = NOW): Touchpoint => ({ ...track("", at), type: "page" });
const report = (reservation: string | undefined, outcome: string, at: number, campaign = "help"): Touchpoint => ({
  ...track(campaign, at, { reservation: reservation ?? "", campaign, outcome }),
  type: "outcome",
});
const decided = ({ answered }: Turn) => answered[0]?.decision;
/** Somebody in the stage to pay. */
const paying = turn(EMPTY_STATE, { campaigns: [], told: [page()] }).state;

test("L16 L17 a campaign with a condition is not shown by what met none, beside one that has no condition", () => {
  const all: Campaign = { ...base, id: "all", priority: -1, trigger: { kind: "touchpoint", name: "Bought" } };
  const big: Campaign = {
    ...base,
    id: "big",
    trigger: { kind: "touchpoint", name: "Bought", where: { total: { $gt: 100 } } },
  };
  const bought = (total: number, campaigns: Campaign[]) =>
    decided(turn(paying, { campaigns, told: [track("Bought", NOW, { total })], asks: ["touchpoint.Bought"] }));
  expect([bought(5, [big])?.reason, bought(5, [big, all])?.campaign]).toEqual(["nothing-waits", "all"]);
  expect([bought(101, [big])?.campaign, bought(101, [big, all])?.campaign]).toEqual(["big", "big"]);
  // Once it was shown for that, it is over.
  const often = { ...big, cap: { count: 9, windowMs: DAY } };
  const asks = ["touchpoint.Bought"];
  const shown = turn(paying, { campaigns: [often], told: [track("Bought", NOW, { total: 101 })], asks });
  const told = [report(decided(shown)?.reservation, "shown", NOW)];
  expect(decided(turn(shown.state, { campaigns: [often], told, asks }))?.reason).toBe("nothing-waits");
  const back: Campaign = { ...base, id: "back", priority: -1, trigger: { kind: "returning" } };
  const month: Campaign = { ...base, id: "month", trigger: { kind: "returning", awayMs: 30 * DAY } };
  const returned = (awayMs: number) => {
    const at = NOW + awayMs;
    return decided(turn(paying, { campaigns: [month, back], at, told: [page(at)], asks: ["returning"] }))?.campaign;
  };
  expect([returned(HOUR), returned(31 * DAY)]).toEqual(["back", "month"]);
});

test("L15 what a server told waits as long as before where a page says it too", () => {
  const campaigns: Campaign[] = [{ ...base, trigger: { kind: "touchpoint", name: "Payment Failed" } }];
  const by = (isServer: boolean, state: JourneyState, at: number) =>
    turn(state, { campaigns, at, told: [track("Payment Failed", at)], isServer }).state;
  const at = NOW + HOUR;
  const later = (state: JourneyState) => decided(turn(state, { campaigns, at, asks: ["touchpoint.Payment Failed"] }));
  expect(later(by(false, by(true, paying, NOW), NOW + 1000))?.verdict).toBe("show");
  expect(later(by(false, paying, NOW))?.reason).toBe("nothing-waits");
});

test("D15 L18 what is due later is left to its moment by a campaign that has its own now", () => {
  const trigger = { kind: "outcome", campaign: "help", outcome: "shown" } as const;
  const now: Campaign = { ...base, id: "now", trigger };
  const later: Campaign = { ...base, id: "later", trigger: { ...trigger, afterMs: 3 * DAY } };
  const campaigns = [base, later, now];
  const first = turn(paying, { campaigns, asks: ["stage.pay"] });
  const shown = turn(first.state, { campaigns, told: [report(decided(first)?.reservation, "shown", NOW)] });
  const second = turn(shown.state, { campaigns, asks: ["outcome.help.shown"] });
  expect(decided(second)?.campaign).toBe("now");
  const at = NOW + 3 * DAY;
  const told = [report(decided(second)?.reservation, "shown", NOW + 1, "now"), page(at)];
  const third = turn(second.state, { campaigns, at, told, asks: ["outcome.help.shown"] });
  expect(decided(third)?.campaign).toBe("later");
});

test("L14 a page is not told again to ask by what has just come to nothing, and hears of the next that waits", () => {
  const a: Campaign = { ...base, id: "a", trigger: { kind: "touchpoint", name: "A" }, budget: 1 };
  const b: Campaign = { ...base, id: "b", trigger: { kind: "touchpoint", name: "B" } };
  const campaigns = [a, b];
  const told = [track("A"), track("B", NOW + 1)];
  const waiting = turn(paying, { campaigns, told, isServer: true }).state;
  const heard = (state: JourneyState, at: number) =>
    announced(state, { visitor: "v", now: at, site: { ...SMALL_SITE, campaigns }, clocks: {} })?.on;
  expect(heard(waiting, NOW + 100)).toBe("touchpoint.A");
  const leases = (ask: string) => ({ asks: { [ask]: { a: null } }, others: { a: null } });
  const spent = turn(waiting, { campaigns, at: NOW + 100, asks: ["touchpoint.A"], leases });
  expect(decided(spent)?.reason).toBe("no-budget");
  expect(heard(spent.state, NOW + 200)).toBe("touchpoint.B");
  expect(heard({ ...spent.state, waiting: waiting.waiting?.slice(0, 1) ?? [] }, NOW + 11 * 60_000)).toBe(
    "touchpoint.A",
  );
});

test("L49 what a page gave back, or said nothing of for 90 seconds, waits on; what was shown is over, and so is what met a holdout", () => {
  const on = "touchpoint.Payment Failed";
  const failed: Campaign = {
    ...base,
    cap: { count: 9, windowMs: 9 * DAY },
    trigger: { kind: "touchpoint", name: "Payment Failed" },
  };
  const campaigns = [failed];
  const waiting = turn(paying, { campaigns, told: [track("Payment Failed")], isServer: true }).state;
  const asked = (state: JourneyState, at: number) => turn(state, { campaigns, at, asks: [on] });
  const heard = (state: JourneyState, at: number) =>
    announced(state, { visitor: "v", now: at, site: { ...SMALL_SITE, campaigns }, clocks: {} })?.on;
  const first = asked(waiting, NOW);
  const after = (outcome: string, at: number, state = first.state) =>
    turn(state, { campaigns, at, told: [report(decided(first)?.reservation, outcome, at)] }).state;
  const soon = NOW + 20_000;
  const back = after("withheld", soon);
  // Not at once again: what came to nothing is left alone for ten minutes.
  expect([heard(back, soon), heard(back, soon + 10 * 60_000)]).toEqual([undefined, on]);
  const second = asked(back, soon);
  expect([decided(first)?.verdict, decided(second)?.verdict]).toEqual(["show", "show"]);
  // What was given back before is not given twice at once, and waits no longer than it would have.
  expect(decided(asked(second.state, soon + 1))?.reason).toBe("nothing-waits");
  expect(decided(asked(back, NOW + 7 * DAY - 1))?.verdict).toBe("show");
  expect(decided(asked(back, NOW + 7 * DAY))?.reason).toBe("nothing-waits");
  expect([89_999, 90_000].map((ms) => decided(asked(first.state, NOW + ms))?.reason)).toEqual([
    "nothing-waits",
    "chosen",
  ]);
  const shown = after("shown", soon);
  expect(decided(asked(shown, NOW + HOUR))?.reason).toBe("nothing-waits");
  expect(heard(shown, NOW + HOUR)).toBe(undefined);
  // One that was shown after all, in the second try, leaves nothing of the first.
  const late = turn(second.state, {
    campaigns,
    at: soon + 5,
    told: [report(decided(second)?.reservation, "shown", soon)],
  });
  expect(decided(asked(late.state, NOW + HOUR))?.reason).toBe("nothing-waits");
  const heldOut = turn(waiting, { campaigns: [{ ...failed, holdout: 1 }], asks: [on] });
  expect(decided(asked(heldOut.state, NOW + HOUR))?.reason).toBe("nothing-waits");
});

test("L49 who takes their consent to campaigns back has nothing waiting once they give it again", () => {
  const on = "touchpoint.Payment Failed";
  const campaigns: Campaign[] = [{ ...base, trigger: { kind: "touchpoint", name: "Payment Failed" } }];
  const waiting = turn(paying, { campaigns, told: [track("Payment Failed")], isServer: true }).state;
  const given = turn(waiting, { campaigns, asks: [on] });
  const back = turn(given.state, { campaigns, told: [report(decided(given)?.reservation, "withheld", NOW)] }).state;
  const asked = (state: JourneyState, rev: number) =>
    decided(turn(state, { campaigns, at: NOW + HOUR, asks: [on], stamp: { rev, purposes: ALL } }))?.reason;
  const stamp = { rev: 2, purposes: ["analytics"] as Purpose[] };
  const taken = (state: JourneyState) => turn(state, { campaigns, at: NOW + 1, told: [page(NOW + 1)], stamp }).state;
  expect([asked(back, 1), asked(taken(back), 3)]).toEqual(["chosen", "nothing-waits"]);
  expect([asked(waiting, 1), asked(taken(waiting), 3)]).toEqual(["chosen", "nothing-waits"]);
});

test("D41 an order that a page and a server tell counts once, and so does one that a page tells twice", () => {
  const goal = { id: "orders", on: { name: "Order Completed" }, windowMs: DAY, value: { kind: "count" } } as const;
  const campaigns: Campaign[] = [{ ...base, goals: [goal] }];
  const order = (id: string, at: number) =>
    track("Order Completed", at, { order_id: id, revenue: 50, currency: "EUR" });
  const shown = turn(paying, { campaigns, asks: ["stage.pay"] }).state;
  const told = [order("one", NOW + 1), order("one", NOW + 2)];
  const paid = turn(shown, { campaigns, at: NOW + 10, told }).state;
  const both = turn(paid, { campaigns, at: NOW + 20, told: [order("one", NOW + 20)], isServer: true }).state;
  expect(both.measured?.map(({ goals }) => goals)).toEqual([{ orders: [0, 1] }]);
  const second = turn(both, { campaigns, at: NOW + 30, told: [order("two", NOW + 30)] }).state;
  expect(second.measured?.map(({ goals }) => goals)).toEqual([{ orders: [0, 2] }]);
});

test("D41 B33 who takes their consent to campaigns back is not followed for them any more", () => {
  const campaigns: Campaign[] = [{ ...base, goals: [{ id: "bought", on: { name: "Bought" }, windowMs: DAY }] }];
  const shown = turn(paying, { campaigns, asks: ["stage.pay"] }).state;
  const bought = (stamp: TurnCall["stamp"]) =>
    turn(shown, { campaigns, at: NOW + 10, told: [track("Bought", NOW + 10)], stamp }).state.measured?.[0]?.goals;
  expect(bought({ rev: 1, purposes: ALL })).toEqual({ bought: [0, 1] });
  expect(bought({ rev: 2, purposes: ["analytics"] })).toEqual({ bought: [0, 0] });
});

test("O1 D43 what is reported twice is counted once, and each further thing that was done is counted too", () => {
  const campaigns = [base];
  const first = turn(paying, { campaigns, asks: ["stage.pay"] });
  const reported = (...outcomes: string[]) => {
    const told = outcomes.map((outcome, i) => report(decided(first)?.reservation, outcome, NOW + i));
    return turn(first.state, { campaigns, at: NOW + 10, told }).state.tally?.counts;
  };
  const key = (outcome: string) => `help@1|treated|${outcome}`;
  expect(reported("shown", "shown", "acted", "acted")).toMatchObject({ [key("shown")]: 1, [key("acted")]: 1 });
  const list = reported("shown", "ticked", "ticked", "acted", "dismissed");
  expect(list).toMatchObject({ [key("shown")]: 1, [key("ticked")]: 2, [key("acted")]: 1, [key("dismissed")]: 1 });
  // Whoever reacted was shown it, also where that report is lost.
  expect(reported("dismissed")).toMatchObject({ [key("shown")]: 1, [key("dismissed")]: 1 });
  expect(reported("shown", "anything")).not.toHaveProperty([key("anything")]);
});

test("O4 turned off on one of two devices, campaigns come back with that device's later choice, whatever the other's", () => {
  const held = (visitor: string, rev: number) => ({ visitor, merge: visitor, at: 1, stamp: { rev, purposes: ALL } });
  const user = withDevices(paying, [held("desk", 9), held("phone", 2)]);
  const campaigns = [base];
  const phone = (state: JourneyState, rev: number, more: Partial<Doing>) =>
    turn(state, { campaigns, device: "phone", stamp: { rev, purposes: ALL }, ...more });
  const first = phone(user, 2, { asks: ["stage.pay"] });
  const off = phone(first.state, 2, { told: [report(decided(first)?.reservation, "off", NOW + 1)], at: NOW + 1 }).state;
  expect(isOff(off)).toBe(true);
  expect(isOff(phone(off, 2, { told: [page(NOW + 2)], at: NOW + 2 }).state)).toBe(true);
  expect(isOff(phone(off, 3, { told: [page(NOW + 2)], at: NOW + 2 }).state)).toBe(false);
});

test("D45 of more exposures of one day than are followed the first stay followed, and the map keeps them", () => {
  const many = Array.from({ length: 36 }, (_, i): Campaign => ({ ...base, id: `c${i}`, holdout: 1 }));
  let state = paying;
  for (const [i, campaign] of many.entries()) {
    const at = NOW + i * 1000;
    state = turn(state, { campaigns: [campaign], at, told: [page(at)], asks: ["stage.pay"] }).state;
    const due = duePush(state, journey);
    state = due ? acknowledged(state, due.no) : state;
  }
  const followed = Object.keys(campaignDay(state, TODAY).moments ?? {}).map((key) => key.split("@")[0]);
  expect(new Set(followed)).toEqual(new Set(many.slice(0, 32).map(({ id }) => id)));
});

test("D44 what an ask alone has counted is told with the next push", () => {
  const campaigns = [base];
  const told = acknowledged(paying, duePush(paying, journey)?.no ?? 0);
  const asked = turn(told, { campaigns, at: NOW + 1, asks: ["stage.pay"] }).state;
  const next = turn(asked, { campaigns, at: NOW + 2, told: [page(NOW + 2)] }).state;
  expect(duePush(next, journey)?.campaigns?.map(([day]) => day)).toEqual([TODAY]);
  const day = campaignDay(next, TODAY);
  expect(Object.keys(day.moments ?? {})).toEqual(["help@1|treated|goal"]);
});

test("D37 O3 what a visitor dismissed is remembered beyond 80 campaigns that they met later", () => {
  const campaigns = [base];
  const first = turn(paying, { campaigns, asks: ["stage.pay"] });
  let { state } = turn(first.state, { campaigns, told: [report(decided(first)?.reservation, "dismissed", NOW)] });
  for (let i = 0; i < 81; i++) {
    const one: Campaign = { ...base, id: `c${i}`, holdout: 1 };
    state = turn(state, { campaigns: [one], at: NOW + 100_000 + i, asks: ["stage.pay"] }).state;
  }
  expect(Object.keys(state.records)).toHaveLength(80);
  const at = NOW + 10 * DAY;
  expect(decided(turn(state, { campaigns, at, told: [page(at)], asks: ["stage.pay"] }))?.reason).toBe("dismissed");
});

test("D23 less of a kind is less of it also where the campaign is gone by then", () => {
  const other: Campaign = { ...base, id: "other" };
  const first = turn(paying, { campaigns: [base], asks: ["stage.pay"] });
  const told = [report(decided(first)?.reservation, "less", NOW + 1)];
  const { state } = turn(first.state, { campaigns: [base], at: NOW + 1, told });
  const asked = (at: number) => decided(turn(state, { campaigns: [other], at, told: [page(at)], asks: ["stage.pay"] }));
  expect(asked(NOW + DAY)?.reason).toBe("less-wanted");
  expect(asked(NOW + 31 * DAY)?.verdict).toBe("show");
});
