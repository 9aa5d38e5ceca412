import { expect, test } from "vitest";
import type { Campaign } from "../models/campaign.ts";
import { SHOP_WORLD } from "./world/shop-world.ts";
import { truthOf } from "./world/truth.ts";
import { type World, type WorldCampaign, type WorldStage, worldFault } from "./world/world.ts";

/** Ten places: a solution by elimination has more. */
const close = (value: number) => expect.closeTo(value, 10);
const { dwell } = SHOP_WORLD.stages[0] as WorldStage;

function stage(id: string, leave: number, next: Record<string, number>): WorldStage {
  return { id, path: `/${id}`, title: id, dwell, leave, next, friction: null };
}

const goal = stage("goal", 1, {});
const direct = {
  id: "direct",
  arrival: { referrer: "" },
  first: 1,
  thenBy: { direct: 1 },
  lands: { a: 1 },
  leaveFactor: 1,
} as const;

/** People who come once, by one channel, into stage a. */
function worldOf(change: Partial<World>): World {
  const { visits } = SHOP_WORLD;
  return { ...SHOP_WORLD, channels: [direct], campaigns: [], visits: { ...visits, max: 1 }, ...change };
}

/** A campaign at a stage that multiplies leaving by 0.5 for whoever is shown it. */
function halving(id: string, at: string): WorldCampaign {
  const campaign: Campaign = {
    ...(SHOP_WORLD.campaigns[0] as WorldCampaign).campaign,
    id,
    trigger: { kind: "stage", stage: at },
    holdout: 0.5,
  };
  const nothing = { share: 0, leaveFactor: 1 };
  return {
    campaign,
    channels: null,
    reactions: { acted: nothing, dismissed: nothing, none: { share: 1, leaveFactor: 0.5 } },
  };
}

test("of a straight way each drop-off is the probability to leave", () => {
  const stages = [stage("a", 0.5, { b: 1 }), stage("b", 0.4, { goal: 1 }), goal];
  expect(truthOf(worldOf({ stages }))).toMatchObject({
    dropOff: { a: close(0.5), b: close(0.4), goal: 1 },
    visitGoal: close(0.3),
    personGoal: close(0.3),
    removal: { stages: { a: close(1), b: close(1), goal: 1 } },
  });
});

test("of a loop a drop-off is e_s · N_ss: by hand, where a leads to b and b back to a", () => {
  // Visits to a: 1/(1 − 0.8·0.35) = 1/0.72. Ends at a: 0.2/0.72. b is come to with 0.8, and left from there with 0.3·0.8/0.72.
  const stages = [stage("a", 0.2, { b: 1 }), stage("b", 0.3, { a: 1, goal: 1 }), goal];
  expect(truthOf(worldOf({ stages }))).toMatchObject({
    dropOff: { a: close(0.2 / 0.72), b: close(0.3 / 0.72) },
    visitGoal: close((0.8 * 0.35) / 0.72),
  });
});

test("a stage beside the way takes away what came through it, and no more", () => {
  // Half of those who stay go by b, where half leave; the others go straight.
  const stages = [stage("a", 0.2, { b: 1, goal: 1 }), stage("b", 0.5, { goal: 1 }), goal];
  const { removal, visitGoal } = truthOf(worldOf({ stages }));
  expect(visitGoal).toEqual(close(0.4 + 0.2));
  expect(removal.stages).toEqual({ a: close(1), b: close(0.2 / 0.6), goal: 1 });
});

test("trouble and channel multiply what leaves, and a product above 0.97 is cut there", () => {
  const troubled = {
    ...stage("a", 0.3, { goal: 1 }),
    friction: { type: "rage_click", share: 0.5, leaveFactor: 2, dwellFactor: 1 },
  } as const;
  const hasty = [{ ...direct, leaveFactor: 1.5 }];
  expect(truthOf(worldOf({ stages: [troubled, goal] })).dropOff.a).toEqual(close(0.5 * 0.3 + 0.5 * 0.6));
  expect(truthOf(worldOf({ stages: [troubled, goal], channels: hasty })).dropOff.a).toEqual(
    close(0.5 * 0.45 + 0.5 * 0.9),
  );
  const lost = [{ ...direct, leaveFactor: 9 }];
  expect(truthOf(worldOf({ stages: [troubled, goal], channels: lost })).dropOff.a).toEqual(close(0.97));
});

test("people who come again add what their later visits bring, and a channel takes away what went by it", () => {
  // The first visit, direct, orders with 0.3; half of the others come again by search into b, and order with 0.6.
  const stages = [stage("a", 0.5, { b: 1 }), stage("b", 0.4, { goal: 1 }), goal];
  const search = {
    id: "search",
    arrival: { referrer: "www.google.com" },
    first: 0,
    thenBy: { search: 1 },
    lands: { b: 1 },
    leaveFactor: 1,
  } as const;
  const channels = [{ ...direct, thenBy: { search: 1 } }, search];
  const visits = { ...SHOP_WORLD.visits, max: 2, againShare: 0.5 };
  const truth = truthOf(worldOf({ stages, channels, visits }));
  const person = 0.3 + 0.7 * 0.5 * 0.6;
  expect(truth.personGoal).toEqual(close(person));
  expect(truth.removal.channels).toEqual({ direct: close(1), search: close(1 - 0.3 / person) });
  // Ends at b: 0.2 of the first visits, and 0.4 of the 0.35 second ones; of 0.5 and 0.35 that came.
  expect(truth.dropOff.b).toEqual(close((0.2 + 0.35 * 0.4) / (0.5 + 0.35)));
});

test("an uplift is what those who were shown it order more: then and later, and the drop-off is that of both arms", () => {
  const stages = [stage("a", 0.5, { b: 1 }), stage("b", 0.4, { goal: 1 }), goal];
  const once = truthOf(worldOf({ stages, campaigns: [halving("help", "b")] }));
  expect(once.uplift.help).toEqual({ shown: close(0.8), heldOut: close(0.6), uplift: close(0.2) });
  expect(once.dropOff.b).toEqual(close(0.3));
  // Who leaves comes again with 0.5. Those who have met the campaign order with 0.5·0.6 then; those who had left at a before
  // may have its moment then, the last time: 0.125 people beside the 0.5 of the first visit.
  const visits = { ...SHOP_WORLD.visits, max: 2, againShare: 0.5 };
  const twice = truthOf(worldOf({ stages, campaigns: [halving("help", "b")], visits }));
  const shown = (0.5 * (0.8 + 0.2 * 0.5 * 0.3) + 0.125 * 0.8) / 0.625;
  const heldOut = (0.5 * (0.6 + 0.4 * 0.5 * 0.3) + 0.125 * 0.6) / 0.625;
  expect(twice.uplift.help).toEqual({ shown: close(shown), heldOut: close(heldOut), uplift: close(shown - heldOut) });
});

test("a campaign has one moment with a person: who comes to its stage again in the visit is as if there were none", () => {
  // b leads back to itself with half of who stays. Shown: 0.2 leave once, then 0.4 each time.
  const stages = [stage("a", 0.5, { b: 1 }), stage("b", 0.4, { b: 1, goal: 1 }), goal];
  const after = 0.3 / (1 - 0.3);
  const { uplift } = truthOf(worldOf({ stages, campaigns: [halving("help", "b")] }));
  expect(uplift.help).toMatchObject({ shown: close(0.4 + 0.4 * after), heldOut: close(0.3 + 0.3 * after) });
});

test("the shop's world is whole, and one that nobody could walk through is named", () => {
  expect(worldFault(SHOP_WORLD)).toBeNull();
  const stages = [stage("a", 0.5, { b: 1 }), stage("b", 0.4, { goal: 1 }), goal];
  const fault = (change: Partial<World>) => worldFault(worldOf({ stages, ...change }));
  expect(fault({})).toBeNull();
  expect(fault({ channels: [] })).toBe("a world has two stages at least, and a channel.");
  expect(fault({ stages: [stage("a", 0.5, { away: 1 }), goal] })).toBe(
    "stages.a.next names “away”, which is no stage.",
  );
  expect(fault({ stages: [stage("a", 0, { goal: 1 }), goal] })).toBe(
    "stages.a.leave is 0: it must be between 0 and 1.",
  );
  expect(fault({ channels: [{ ...direct, id: "email" }] })).toBe("channels.email.arrival is read as “direct”.");
  expect(fault({ campaigns: [halving("x", "nowhere")] })).toBe("campaigns.x waits for no stage of the world.");
  expect(fault({ campaigns: [halving("x", "b"), halving("y", "b")] })).toBe(
    "campaigns.x shares its stage with another: only one of them would have the moment.",
  );
});
