import { expect, test } from "vitest";
import { type Announcing, announced } from "../../models/announce.ts";
import { answer } from "../../models/answer.ts";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import type { Stamp } from "../../models/consent.ts";
import { type Happened, withWaiting } from "../../models/happened.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { unite } from "../../models/journey-union.ts";
import type { Journey } from "../../models/site-config.ts";
import { bothWaiting, isWaiting, WAITS_MS } from "../../models/waiting.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const journey = SMALL_SITE.journeys[0] as Journey;
const { stages: _, ...anywhere } = help;
const failed: CampaignOf<"nudge"> = {
  ...anywhere,
  id: "failed",
  holdout: 0,
  trigger: { kind: "touchpoint", name: "Payment Failed" },
};
const closed: CampaignOf<"nudge"> = { ...failed, id: "closed", trigger: { kind: "touchpoint", name: "Ticket Closed" } };
const campaigns = [help, failed, closed];
const consent: Stamp = { rev: 1, purposes: ["analytics", "personalization"] };
const told = { campaigns, now: NOW };
/** What one of the site's servers has told. */
const by = (...names: string[]): Happened[] =>
  names.map((name) => ({ kind: "touchpoint", name, props: {}, page: false }));

test("L14 what a server tells waits where a live campaign listens for it, once each, as of its last time", () => {
  const first = withWaiting([], by("Payment Failed", "Page"), told);
  expect(first).toEqual([{ on: "touchpoint.Payment Failed", at: NOW }]);
  expect(withWaiting(first, by("Ticket Closed", "Payment Failed"), { ...told, now: NOW + 5 })).toEqual([
    { on: "touchpoint.Payment Failed", at: NOW + 5 },
    { on: "touchpoint.Ticket Closed", at: NOW + 5 },
  ]);
  expect(withWaiting([], by("Payment Failed"), { ...told, campaigns: [{ ...failed, status: "paused" }] })).toEqual([]);
  expect(withWaiting([], by("pay"), told)).toEqual([]);
});

test("L14 of more than eight the first to come gives way", () => {
  const many = Array.from({ length: 9 }, (_, i) => ({ on: `touchpoint.${i}`, at: NOW + i }));
  expect(bothWaiting(many, [], NOW + 9).map(({ on }) => on)).toEqual(many.slice(1).map(({ on }) => on));
  expect(bothWaiting(many.slice(0, 8), [], NOW + 9)).toHaveLength(8);
});

test("L14 it waits seven days, or as long as the campaign says, and not a moment longer", () => {
  const waiting = [{ on: "touchpoint.Payment Failed", at: NOW }];
  expect(isWaiting(failed, waiting, NOW + WAITS_MS - 1)).toBe(true);
  expect(isWaiting(failed, waiting, NOW + WAITS_MS)).toBe(false);
  const brief: Campaign = { ...failed, trigger: { kind: "touchpoint", name: "Payment Failed", waitsMs: 1_000 } };
  expect([999, 1_000].map((later) => isWaiting(brief, waiting, NOW + later))).toEqual([true, false]);
  expect(isWaiting(closed, waiting, NOW)).toBe(false);
  expect(isWaiting(help, waiting, NOW)).toBe(false);
});

const at = (path: string): JourneyState => {
  const touchpoint = {
    seq: 0,
    type: "page" as const,
    name: "",
    at: NOW,
    url: `https://shop.example${path}`,
    props: {},
  };
  const streams = [{ stream: "page", touchpoints: [touchpoint] }];
  return receive(EMPTY_STATE, { streams, stamp: consent, sentAt: NOW, receivedAt: NOW }, journey).state;
};
const telling = (of: readonly Campaign[] = campaigns): Announcing => ({
  now: NOW,
  visitor: "v",
  site: { ...SMALL_SITE, campaigns: [...of] },
  clocks: {},
});

test("L14 a page is told of what has waited longest, of those whose campaign would have its moment here and now", () => {
  const waiting = withWaiting(withWaiting([], by("Ticket Closed"), told), by("Payment Failed"), {
    ...told,
    now: NOW + 1,
  });
  const state = { ...at("/"), waiting };
  expect(announced(state, telling())).toEqual({ on: "touchpoint.Ticket Closed", inMs: 0 });
  expect(announced(state, telling([failed]))).toMatchObject({ on: "touchpoint.Payment Failed" });
  const elsewhere = campaigns.map((campaign) => ({ ...campaign, stages: ["pay"] }));
  expect(announced(state, telling(elsewhere))).toBe(null);
  expect(announced({ ...at("/pay"), waiting }, telling(elsewhere))).toMatchObject({
    on: "touchpoint.Ticket Closed",
  });
  expect(announced(state, telling([{ ...failed, audience: { visits: 7 } }]))).toBe(null);
  expect(announced(state, telling([{ ...failed, status: "paused" }]))).toBe(null);
  expect(announced({ ...state, consent: { rev: 1, purposes: ["analytics"] } }, telling())).toBe(null);
  expect(announced(at("/"), telling())).toBe(null);
});

test("D15 what could not be shown here waits on: the page of its stage asks by it, and then it is over", () => {
  const waiting = withWaiting([], by("Payment Failed"), told);
  const staged = [{ ...failed, stages: ["pay"] }];
  const early = asked({ ...at("/"), waiting }, "a", "touchpoint.Payment Failed", staged);
  expect([early.decision.reason, early.state.waiting]).toEqual(["other-stage", waiting]);
  const there = asked({ ...at("/pay"), waiting }, "b", "touchpoint.Payment Failed", staged);
  expect([there.decision.reason, there.state.waiting]).toEqual(["chosen", undefined]);
  const heldOut = asked({ ...at("/pay"), waiting }, "c", "touchpoint.Payment Failed", [{ ...failed, holdout: 1 }]);
  expect([heldOut.decision.reason, heldOut.state.waiting]).toEqual(["holdout", undefined]);
});

function asked(
  state: JourneyState,
  ask: string,
  on = "touchpoint.Payment Failed",
  of: readonly Campaign[] = campaigns,
) {
  return answer(
    state,
    { ask, at: NOW, on, score: null, model: null },
    {
      visitor: "v",
      now: NOW,
      sentAt: NOW,
      skewMs: 0,
      reservationId: `r ${ask}`,
      config: 1,
      site: { ...SMALL_SITE, campaigns: [...of] },
      minimums: {},
      runners: {},
      clocks: {},
    },
  );
}

test("D15 a campaign of a server's touchpoint is chosen while that waits, once; a page that says so by itself is told that nothing waits", () => {
  const waiting = withWaiting([], by("Payment Failed"), told);
  const state: JourneyState = { ...EMPTY_STATE, consent, waiting };
  const first = asked(state, "a");
  expect(first.decision).toMatchObject({ verdict: "show", reason: "chosen", campaign: "failed" });
  expect(first.state.waiting).toBe(undefined);
  // The same ask has the same answer; another finds nothing.
  expect(asked(first.state, "a").decision.reservation).toBe(first.decision.reservation);
  expect(asked(first.state, "b").decision).toMatchObject({ verdict: "none", reason: "nothing-waits" });
  expect(asked({ ...EMPTY_STATE, consent }, "c").decision.reason).toBe("nothing-waits");
  // By another trigger it goes on to wait.
  expect(asked(state, "d", "stage.pay").state.waiting).toEqual(waiting);
});

test("L14 what waits for a browser waits for the user that it turns out to be", () => {
  const waits = (name: string, now: number) => withWaiting([], by(name), { ...told, now });
  const browser = { ...EMPTY_STATE, waiting: waits("Payment Failed", NOW) };
  const user = { ...EMPTY_STATE, waiting: waits("Ticket Closed", NOW - 1) };
  const { into } = unite(user, browser, journey, { visitor: "phone", merge: "m", now: NOW });
  expect(into.waiting?.map(({ on }) => on)).toEqual(["touchpoint.Ticket Closed", "touchpoint.Payment Failed"]);
});
