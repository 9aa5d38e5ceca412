import {
  campaignAt,
  goalOf,
  leaveOf,
  type World,
  type WorldCampaign,
  type WorldChannel,
  type WorldStage,
} from "./world.ts";

/**
 * A stay in a stage, as far as what comes next depends on it: which campaigns have had their moment with this person
 * (bit i of `met`: the i-th of the world), and which one is shown here, if any.
 */
interface Stay {
  stage: WorldStage;
  met: number;
  shown: WorldCampaign | null;
}

/** The chain of one visit by one channel: an absorbing one, whose ends are the goal and the way out of each stage. */
export interface VisitChain {
  stays: Stay[];
  /** From one stay to the next. */
  moves: number[][];
  toGoal: number[];
  out: number[];
  /** Where a visit begins, given which campaigns the person has met. */
  startOf: (met: number) => number[];
  /** The stays that follow on a campaign's moment: of those shown it and of those held out. Both have met it. */
  moments: { campaign: WorldCampaign; shown: number; heldOut: number }[];
}

/** The chain of visits by a channel. Trouble and reactions are summed over: nothing later depends on them. */
export function visitChain(world: World, channel: WorldChannel): VisitChain {
  const stays = staysOf(world, channel);
  const indexOf = (id: string, met: number, shown: WorldCampaign | null) =>
    stays.findIndex((stay) => stay.stage.id === id && stay.met === met && stay.shown === shown);
  const entry = (id: string, met: number): [index: number, share: number][] => {
    const own = campaignAt(world, id, channel.id);
    const bit = own ? 1 << world.campaigns.indexOf(own) : 0;
    if (!own || met & bit) return [[indexOf(id, met, null), 1]];
    const { holdout } = own.campaign;
    return [
      [indexOf(id, met | bit, own), 1 - holdout],
      [indexOf(id, met | bit, null), holdout],
    ];
  };
  const goal = goalOf(world);
  const out = stays.map(({ stage, shown }) => leaveShare(stage, channel, shown));
  const moves = stays.map(() => stays.map(() => 0));
  const toGoal = stays.map(() => 0);
  for (const [i, { stage, met }] of stays.entries()) {
    for (const [id, share] of Object.entries(shares(stage.next))) {
      const goes = (1 - (out[i] as number)) * share;
      if (id === goal) toGoal[i] = (toGoal[i] as number) + goes;
      else for (const [j, part] of entry(id, met)) addTo(moves[i] as number[], j, goes * part);
    }
  }
  const startOf = (met: number) => {
    const start = stays.map(() => 0);
    for (const [id, share] of Object.entries(shares(channel.lands))) {
      for (const [j, part] of entry(id, met)) addTo(start, j, share * part);
    }
    return start;
  };
  return { stays, moves, toGoal, out, startOf, moments: momentsOf(stays) };
}

function staysOf(world: World, channel: WorldChannel): Stay[] {
  const sets = Array.from({ length: 1 << world.campaigns.length }, (_, met) => met);
  return world.stages
    .filter(({ id }) => id !== goalOf(world))
    .flatMap((stage) =>
      sets.flatMap((met): Stay[] => {
        const own = campaignAt(world, stage.id, channel.id);
        const isMet = own && met & (1 << world.campaigns.indexOf(own));
        return [{ stage, met, shown: null }, ...(own && isMet ? [{ stage, met, shown: own }] : [])];
      }),
    );
}

function momentsOf(stays: readonly Stay[]): VisitChain["moments"] {
  return stays.flatMap(({ stage, met, shown: campaign }, shown) => {
    if (!campaign) return [];
    const heldOut = stays.findIndex((stay) => stay.stage === stage && stay.met === met && stay.shown === null);
    return [{ campaign, shown, heldOut }];
  });
}

/** The probability to leave from a stay, over trouble or none and over all reactions. */
function leaveShare(stage: WorldStage, channel: WorldChannel, shown: WorldCampaign | null): number {
  const { friction } = stage;
  const troubles = friction
    ? [
        [friction.share, friction.leaveFactor],
        [1 - friction.share, 1],
      ]
    : [[1, 1]];
  const reactions = shown ? Object.values(shown.reactions) : [{ share: 1, leaveFactor: 1 }];
  let sum = 0;
  for (const [share, factor] of troubles as [number, number][]) {
    for (const reaction of reactions) {
      sum += share * reaction.share * leaveOf(stage, [channel.leaveFactor, reaction.leaveFactor, factor]);
    }
  }
  return sum;
}

/** Weights as shares that sum to 1. */
export function shares<K extends string>(weights: Readonly<Partial<Record<K, number>>>): Record<K, number> {
  const entries = Object.entries(weights) as [K, number][];
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  return Object.fromEntries(entries.map(([key, weight]) => [key, weight / sum])) as Record<K, number>;
}

function addTo(row: number[], i: number, share: number): void {
  row[i] = (row[i] as number) + share;
}
