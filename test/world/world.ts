import { channelOf } from "../../models/acquisition.ts";
import { arrivalOf } from "../../models/arrival.ts";
import type { Campaign } from "../../models/campaign.ts";
import type { ChannelName } from "../../models/channel-table.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Props } from "../../models/touchpoint.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import type { Times } from "./random.ts";

/**
 * A world of visitors: a semi-Markov process over the stages of a journey. Where a visitor goes from a stage depends on the
 * stage, on the channel of the visit, on whether the page gave trouble, and on what was shown there; on nothing else. So
 * every truth about it can be worked out exactly (truth.ts). Shares and probabilities are 0..1.
 */
export interface World {
  /** The journey's stages in its order; the last is the goal. */
  stages: WorldStage[];
  channels: WorldChannel[];
  campaigns: WorldCampaign[];
  /** Who agrees to be followed; of all others nothing is sent but that they refused. */
  acceptShare: number;
  visits: {
    /** Of one person at most. */
    max: number;
    /** Who comes again after a visit without an order. Who has ordered does not. */
    againShare: number;
    /** From the end of everything of one visit to the next; at least 40 minutes, so that it is one. */
    gap: Times;
  };
  account: {
    share: number;
    /** The stage where who has an account signs in, if they have not before. */
    signInAt: string;
    /** Of the visits of who has signed in: those on another device, where they sign in at once. */
    otherDeviceShare: number;
  };
  /** What happens in other channels is told by the site's servers. None of it enters a stage. */
  email: { openedShare: number; before: Times };
  support: { ticketShare: number; after: Times };
  store: { purchaseShare: number; after: Times };
  /** What an order is worth, in `currency`: log-normal. */
  order: { median: number; sigma: number; currency: string };
  /** People come for the first time evenly over this time, ms. */
  arrivalSpanMs: number;
  /** Everything of everybody is over after this, ms. */
  horizonMs: number;
}

export interface WorldStage {
  id: string;
  /** Of a page that the journey's configuration matches to the stage, and its title. */
  path: string;
  title: string;
  dwell: Times;
  /** The probability to leave from here, where nothing adds to it. */
  leave: number;
  /** Where those who stay go, by weight; a stage may lead to itself. Of the goal: nowhere. */
  next: Record<string, number>;
  friction: {
    type: Extract<TouchpointType, "rage_click" | "dead_click" | "error_click" | "form_struggle">;
    share: number;
    /** What trouble multiplies the probability to leave by, and the dwell. */
    leaveFactor: number;
    dwellFactor: number;
  } | null;
}

export interface WorldChannel {
  id: ChannelName;
  /** What the first page of such a visit says of its arrival. */
  arrival: Props;
  /** Weight among first visits. */
  first: number;
  /** The channel of the next visit after one of this, by weight. */
  thenBy: Partial<Record<ChannelName, number>>;
  /** The stages that such a visit begins in, by weight. */
  lands: Record<string, number>;
  /** Multiplies the probability to leave, from every stage. */
  leaveFactor: number;
}

/** What a campaign does. It decides by a stage, so that no clock has a part in it, and shows once to a person. */
export interface WorldCampaign {
  campaign: Campaign;
  /** Those that its audience names; null where it names none. */
  channels: ChannelName[] | null;
  /** What those who were shown it do, and what that multiplies the probability to leave from the stage by, this time. */
  reactions: Record<Reaction, { share: number; leaveFactor: number }>;
}

/** `none`: it was shown, and they did nothing with it. */
export type Reaction = "acted" | "dismissed" | "none";

/** However much adds to it, some stay: a probability of 1 would end a chain before it is absorbed. */
const LEAVE_MAX = 0.97;

/** The probability to leave from a stage, with all that multiplies it. */
export function leaveOf(stage: WorldStage, factors: readonly number[]): number {
  return Math.min(
    LEAVE_MAX,
    factors.reduce((product, factor) => product * factor, stage.leave),
  );
}

/** The id of the stage that everybody comes for. */
export function goalOf({ stages }: Pick<World, "stages">): string {
  return (stages.at(-1) as WorldStage).id;
}

/** The campaign that decides about whoever enters a stage by a channel; null for none. */
export function campaignAt(
  { campaigns }: Pick<World, "campaigns">,
  stage: string,
  channel: ChannelName,
): WorldCampaign | null {
  return (
    campaigns.find(
      ({ campaign: { trigger }, channels }) =>
        trigger.kind === "stage" && trigger.stage === stage && (channels?.includes(channel) ?? true),
    ) ?? null
  );
}

/** A site's configuration with the world's campaigns, which decide after its own. */
export function withCampaigns(config: SiteConfig, { campaigns }: Pick<World, "campaigns">): SiteConfig {
  return { ...config, campaigns: [...config.campaigns, ...campaigns.map(({ campaign }) => campaign)] };
}

/** What is wrong with a world, in one sentence, or null: everybody has to come, to go, and to be somewhere meanwhile. */
export function worldFault(world: World): string | null {
  if (world.stages.length < 2 || world.channels.length === 0) return "a world has two stages at least, and a channel.";
  const ids = world.stages.map(({ id }) => id);
  const channels: string[] = world.channels.map(({ id }) => id);
  const foreign = (of: object, known: string[]) => Object.keys(of).find((key) => !known.includes(key));
  for (const { id, next, leave } of world.stages) {
    const unknown = foreign(next, ids);
    if (unknown !== undefined) return `stages.${id}.next names “${unknown}”, which is no stage.`;
    if (id === goalOf(world)) continue;
    if (!(leave > 0 && leave < 1)) return `stages.${id}.leave is ${leave}: it must be between 0 and 1.`;
    if (Object.keys(next).length === 0) return `stages.${id}.next is empty: whoever stays goes somewhere.`;
  }
  for (const { id, arrival, thenBy, lands } of world.channels) {
    const read = arrivalOf({ seq: 0, type: "page", name: "", at: 0, url: "https://shop.example/", props: arrival });
    const told = read && channelOf(read)?.channel;
    if (told !== id) return `channels.${id}.arrival is read as “${told ?? "no arrival"}”.`;
    const unknown = foreign(thenBy, channels) ?? foreign(lands, ids);
    if (unknown !== undefined) return `channels.${id} leads to “${unknown}”, which is not in the world.`;
    if (goalOf(world) in lands) return `channels.${id} lands at the goal: nobody begins there.`;
  }
  for (const { campaign, reactions } of world.campaigns) {
    const { id, trigger, cap, holdout } = campaign;
    if (trigger.kind !== "stage" || !ids.includes(trigger.stage))
      return `campaigns.${id} waits for no stage of the world.`;
    if (cap.count !== 1 || cap.windowMs <= world.horizonMs)
      return `campaigns.${id} shows more than once to one person.`;
    if (!(holdout > 0 && holdout < 1))
      return `campaigns.${id}.holdout is ${holdout}: it must be between 0 and 1, to compare.`;
    const twice = world.campaigns.some((other) => {
      const of = other.campaign;
      return of !== campaign && of.trigger.kind === "stage" && of.trigger.stage === trigger.stage;
    });
    if (twice) return `campaigns.${id} shares its stage with another: only one of them would have the moment.`;
    const sum = Object.values(reactions).reduce((shares, { share }) => shares + share, 0);
    if (Math.abs(sum - 1) > 1e-9) return `campaigns.${id}.reactions have shares that sum to ${sum}, and not to 1.`;
  }
  return null;
}
