import { expectedGains, expectedVisits } from "./linear.ts";
import { shares, type VisitChain, visitChain } from "./visit-chain.ts";
import { goalOf, type World } from "./world.ts";

/** What is so in a world, worked out from its parameters: nothing is simulated, so nothing is off by chance. */
export interface Truth {
  /** P(a visit ends here | it came here), by stage. At the goal 1. */
  dropOff: Record<string, number>;
  /** P(a visit ends with an order), and P(a person who agrees orders in one of theirs). */
  visitGoal: number;
  personGoal: number;
  /**
   * What part of the orders is lost where a stage, or every visit by a channel, leads nowhere: 1 − P(goal | → null)/P(goal),
   * of a visit's goal for a stage and of a person's for a channel.
   */
  removal: { stages: Record<string, number>; channels: Record<string, number> };
  /** Of each campaign: P(order | shown) − P(order | held out) of a person whose moment it was, then or in a later visit. */
  uplift: Record<string, { shown: number; heldOut: number; uplift: number }>;
}

/** One kind of visit: the n-th of a person, by a channel, of who has met these campaigns; and how many of a person's are it. */
interface Begun {
  channel: string;
  met: number;
  weight: number;
}

/** Works everything out that a world's parameters say. */
export function truthOf(world: World): Truth {
  const chains = new Map(world.channels.map((channel) => [channel.id as string, visitChain(world, channel)]));
  const begun = allBegun(world, chains);
  const visits = begun.flat();
  const weight = sum(visits.map((one) => one.weight));
  const goals = (without: string | null) =>
    sum(visits.map((one) => one.weight * visitGoal(chains.get(one.channel) as VisitChain, one.met, without)));
  const person = (without: string | null) => {
    const [first] = valuesOf(world, chains, without);
    return sum((begun[0] as Begun[]).map((one) => one.weight * (first?.get(`${one.channel} ${one.met}`) as number)));
  };
  const [allGoals, personGoal] = [goals(null), person(null)];
  const stages = world.stages.map(({ id }) => id).filter((id) => id !== goalOf(world));
  const byStage = (of: (id: string) => number) => Object.fromEntries(stages.map((id) => [id, of(id)]));
  return {
    dropOff: { ...byStage((id) => dropOff(visits, chains, id)), [goalOf(world)]: 1 },
    visitGoal: allGoals / weight,
    personGoal,
    removal: {
      stages: { ...byStage((id) => 1 - goals(id) / allGoals), [goalOf(world)]: 1 },
      channels: Object.fromEntries(world.channels.map(({ id }) => [id, 1 - person(id) / personGoal])),
    },
    uplift: upliftsOf(world, chains, begun),
  };
}

/** The kinds of a person's first, second … visit, with how often they are. */
function allBegun(world: World, chains: Map<string, VisitChain>): Begun[][] {
  const first = shares(Object.fromEntries(world.channels.map(({ id, first }) => [id, first])));
  let now: Begun[] = Object.entries(first).map(([channel, weight]) => ({ channel, met: 0, weight }));
  const all = [now];
  while (all.length < world.visits.max) {
    const next = new Map<string, Begun>();
    for (const { channel, met, weight } of now) {
      const chain = chains.get(channel) as VisitChain;
      const stays = expectedVisits(chain.moves, chain.startOf(met));
      for (const [i, { met: after }] of chain.stays.entries()) {
        const again = weight * (stays[i] as number) * (chain.out[i] as number) * world.visits.againShare;
        for (const [then, share] of thenOf(world, channel)) {
          const key = `${then} ${after}`;
          const known = next.get(key) ?? { channel: then, met: after, weight: 0 };
          next.set(key, { ...known, weight: known.weight + again * share });
        }
      }
    }
    now = [...next.values()];
    all.push(now);
  }
  return all;
}

function thenOf(world: World, channel: string): [string, number][] {
  const { thenBy } = world.channels.find(({ id }) => id === channel) as World["channels"][number];
  return Object.entries(shares(thenBy));
}

/** P(goal in this visit), where `without`, a stage, leads nowhere. */
function visitGoal({ stays, moves, toGoal, startOf }: VisitChain, met: number, without: string | null): number {
  const open = moves.map((row, i) => (stays[i]?.stage.id === without ? row.map(() => 0) : row));
  const visits = expectedVisits(open, startOf(met));
  return sum(visits.map((visit, i) => (stays[i]?.stage.id === without ? 0 : visit * (toGoal[i] as number))));
}

/** Ends in a stage over visits that came there: the first arrival there is counted by leaving the chain at it. */
function dropOff(visits: readonly Begun[], chains: Map<string, VisitChain>, id: string): number {
  let [ends, came] = [0, 0];
  for (const { channel, met, weight } of visits) {
    const { stays, moves, out, startOf } = chains.get(channel) as VisitChain;
    const of = (counts: number[], each: (i: number) => number) =>
      sum(counts.map((count, i) => (stays[i]?.stage.id === id ? count * each(i) : 0)));
    ends += weight * of(expectedVisits(moves, startOf(met)), (i) => out[i] as number);
    const until = moves.map((row, i) => (stays[i]?.stage.id === id ? row.map(() => 0) : row));
    came += weight * of(expectedVisits(until, startOf(met)), () => 1);
  }
  return ends / came;
}

/** P(order in this visit or a later one) at the start of the n-th visit, from 0, by `channel met`. `without`: a channel that leads nowhere. */
function valuesOf(world: World, chains: Map<string, VisitChain>, without: string | null): Map<string, number>[] {
  let later = new Map<string, number>();
  const all: Map<string, number>[] = [];
  for (let n = world.visits.max; n > 0; n--) {
    const values = new Map<string, number>();
    for (const [channel, chain] of chains) {
      const stays = stayValues(world, { channel, chain }, later);
      for (let met = 0; met < 1 << world.campaigns.length; met++) {
        const value = sum(chain.startOf(met).map((share, i) => share * (stays[i] as number)));
        values.set(`${channel} ${met}`, channel === without ? 0 : value);
      }
    }
    all.unshift(values);
    later = values;
  }
  return all;
}

/** P(order from here on) of each stay of a visit, where `later` has what the next visit is worth. */
function stayValues(
  world: World,
  { channel, chain }: { channel: string; chain: VisitChain },
  later: ReadonlyMap<string, number>,
): number[] {
  const again = chain.stays.map(({ met }) =>
    sum(thenOf(world, channel).map(([then, share]) => share * (later.get(`${then} ${met}`) ?? 0))),
  );
  const gains = chain.toGoal.map(
    (goal, i) => goal + (chain.out[i] as number) * world.visits.againShare * (again[i] as number),
  );
  return expectedGains(chain.moves, gains);
}

function upliftsOf(world: World, chains: Map<string, VisitChain>, begun: Begun[][]): Truth["uplift"] {
  const values = valuesOf(world, chains, null);
  const sums = new Map(world.campaigns.map(({ campaign }) => [campaign.id, { weight: 0, shown: 0, heldOut: 0 }]));
  for (const [n, kinds] of begun.entries()) {
    for (const { channel, met, weight } of kinds) {
      const chain = chains.get(channel) as VisitChain;
      const stays = expectedVisits(chain.moves, chain.startOf(met));
      const worth = stayValues(world, { channel, chain }, values[n + 1] ?? new Map());
      for (const { campaign, shown, heldOut } of chain.moments) {
        const of = sums.get(campaign.campaign.id) as { weight: number; shown: number; heldOut: number };
        // Of those whose moment it was a known share is shown it.
        const moments = (weight * (stays[shown] as number)) / (1 - campaign.campaign.holdout);
        of.weight += moments;
        of.shown += moments * (worth[shown] as number);
        of.heldOut += moments * (worth[heldOut] as number);
      }
    }
  }
  return Object.fromEntries(
    [...sums].map(([id, { weight, shown, heldOut }]) => {
      const [treated, control] = [shown / weight, heldOut / weight];
      return [id, { shown: treated, heldOut: control, uplift: treated - control }];
    }),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
