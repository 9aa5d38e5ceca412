import type { ChannelName } from "../../models/channel-table.ts";
import type { Outcome } from "../../models/outcome.ts";
import type { Props } from "../../models/touchpoint.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import { type Random, randomOf } from "./random.ts";
import { goalOf, leaveOf, type Reaction, type World, type WorldCampaign, type WorldStage } from "./world.ts";

/** What one person does next. `atMs` counts from the world's beginning and rises with every step. */
export type Step =
  /** A visit begins, on the person's n-th device. */
  | { kind: "visit"; atMs: number; device: number; channel: ChannelName }
  /** A page of a stage is opened; `arrival` on the first of a visit. */
  | { kind: "view"; atMs: number; stage: WorldStage; arrival: Props | null }
  /** The site's server tells who is on this device. */
  | { kind: "sign-in"; atMs: number }
  /** The stage's trigger has fired: whoever drives the person answers what was decided. */
  | { kind: "ask"; atMs: number; stage: string }
  /** What became of what was shown. */
  | { kind: "outcome"; atMs: number; outcome: Outcome }
  /** Something of the page beside its view. */
  | { kind: "noted"; atMs: number; type: TouchpointType; name: string; props: Props }
  /** A server tells of something, of another channel where one is named. */
  | { kind: "told"; atMs: number; channel: ToldChannel | null; name: string; props: Props }
  | { kind: "leave"; atMs: number };

/** Channels that the page sees nothing of. */
type ToldChannel = "email" | "support" | "store";

/** What was decided of an ask: the campaign whose moment it was, and whether it is shown; null where it was nobody's. */
export interface Decided {
  campaign: string;
  isShown: boolean;
}

/** One person of a seed. */
export interface Person {
  /** Whether they agree to be followed: who does not leaves no step. */
  accepts: boolean;
  userAgent: string;
  /** Their name where the site's servers know them. */
  userId: string;
  steps: () => Generator<Step, void, Decided | null>;
}

/** Browsers as they name themselves: whoever names none of them counts as a robot. */
const BROWSERS: Record<string, number> = {
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36": 38,
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1": 24,
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36": 26,
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15": 8,
  "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": 4,
};

/** How long a page takes from its view to its question, and from an answer to what is seen of it, ms. */
const ASKED_AFTER_MS = 150;
const SHOWN_AFTER_MS = 900;
/** Shorter than the silence that ends a visit: who stays has not gone. */
const STAY_MAX_MS = 20 * 60_000;

/** The person of a seed and index: the same wherever, whenever and in whatever order they are asked for. */
export function personOf(world: World, { seed, index }: { seed: number; index: number }): Person {
  const random = randomOf(seed, index);
  const accepts = random.happens(world.acceptShare);
  const userAgent = random.pick(BROWSERS);
  const life = new Life(world, random, `simulated-${seed}-${index}`);
  return { accepts, userAgent, userId: `user-${seed}-${index}`, steps: () => life.steps() };
}

/** Weights of the channels of first visits, by world: thousands of people begin by them. */
const firsts = new WeakMap<World, Record<string, number>>();

function firstChannels(world: World): Record<ChannelName, number> {
  const known = firsts.get(world) ?? Object.fromEntries(world.channels.map(({ id, first }) => [id, first]));
  firsts.set(world, known);
  return known as Record<ChannelName, number>;
}

/** A life is lived once: its draws go on. */
class Life {
  readonly #world: World;
  readonly #random: Random;
  /** Part of what a shop would number. */
  readonly #name: string;
  readonly #hasAccount: boolean;
  #now: number;
  /** Devices that the person has signed in on. */
  #signedIn: number[] = [];
  #device = 0;
  #orders = 0;

  constructor(world: World, random: Random, name: string) {
    this.#world = world;
    this.#random = random;
    this.#name = name;
    this.#hasAccount = random.happens(world.account.share);
    this.#now = Math.floor(random.share() * world.arrivalSpanMs);
  }

  *steps(): Generator<Step, void, Decided | null> {
    const { visits, account, channels } = this.#world;
    let channel = this.#random.pick(firstChannels(this.#world));
    for (let visit = 0; visit < visits.max; visit++) {
      if (visit > 0) {
        if (!this.#random.happens(visits.againShare)) return;
        this.#wait(this.#random.timeMs(visits.gap));
        const before = channels.find(({ id }) => id === channel);
        channel = this.#random.pick(before?.thenBy ?? {});
        const isKnown = this.#signedIn.length > 0;
        this.#device = isKnown && this.#random.happens(account.otherDeviceShare) ? 1 : 0;
      }
      const hasOrdered = yield* this.#visit(channel);
      if (hasOrdered) return;
    }
  }

  /** One visit; gives whether it ended with an order. */
  *#visit(channel: ChannelName): Generator<Step, boolean, Decided | null> {
    const { channels, stages, email, store } = this.#world;
    const random = this.#random;
    const by = channels.find(({ id }) => id === channel) as World["channels"][number];
    // Opened by who has an account alone: of others the site has no address.
    if (channel === "email" && this.#signedIn.length > 0 && random.happens(email.openedShare)) {
      yield this.#told("email", "Email Opened", { campaign: "week-48" });
      this.#wait(random.timeMs(email.before));
    }
    yield { kind: "visit", atMs: this.#tick(), device: this.#device, channel };
    let id: string | null = random.pick(by.lands);
    let hadTrouble = false;
    for (let isFirst = true; id !== null; isFirst = false) {
      const stage = stages.find((one) => one.id === id) as WorldStage;
      if (id === goalOf(this.#world)) {
        yield* this.#order(stage);
        return true;
      }
      const left = yield* this.#stay(stage, by, isFirst);
      hadTrouble ||= left.hadTrouble;
      id = left.next;
    }
    if (hadTrouble) yield* this.#complain();
    if (this.#signedIn.length > 0 && random.happens(store.purchaseShare)) {
      this.#wait(random.timeMs(store.after));
      yield this.#told("store", "Order Completed", this.#orderProps());
    }
    return false;
  }

  /** One stay in a stage: where it leads, null out of the shop. */
  *#stay(
    stage: WorldStage,
    { arrival, leaveFactor }: World["channels"][number],
    isFirst: boolean,
  ): Generator<Step, { next: string | null; hadTrouble: boolean }, Decided | null> {
    const random = this.#random;
    const { friction } = stage;
    yield { kind: "view", atMs: this.#tick(), stage, arrival: isFirst ? arrival : null };
    yield* this.#signIn(stage, isFirst);
    this.#wait(ASKED_AFTER_MS);
    const decided = yield { kind: "ask", atMs: this.#tick(), stage: stage.id };
    const campaign = this.#world.campaigns.find(({ campaign }) => campaign.id === decided?.campaign);
    const factor = decided?.isShown ? yield* this.#react(campaign) : 1;
    const hasTrouble = friction !== null && random.happens(friction.share);
    const dwellMs = Math.min(STAY_MAX_MS, random.timeMs(stage.dwell) * (hasTrouble ? friction.dwellFactor : 1));
    const troubledMs = hasTrouble ? dwellMs * random.share() : 0;
    if (hasTrouble) {
      this.#wait(troubledMs);
      yield { kind: "noted", atMs: this.#tick(), type: friction.type, name: "Continue", props: {} };
    }
    this.#wait(dwellMs - troubledMs);
    const leave = leaveOf(stage, [leaveFactor, factor, hasTrouble ? friction.leaveFactor : 1]);
    const leaves = random.happens(leave);
    if (!leaves) yield { kind: "noted", atMs: this.#tick(), type: "click", name: "On", props: {} };
    yield { kind: "leave", atMs: this.#tick() };
    return { next: leaves ? null : random.pick(stage.next), hadTrouble: hasTrouble };
  }

  /** On a device where they have not: where the shop asks for it, and on another one at once. */
  *#signIn({ id }: WorldStage, isFirst: boolean): Generator<Step, void, Decided | null> {
    const isAsked = this.#hasAccount && id === this.#world.account.signInAt;
    const isOther = isFirst && this.#device > 0;
    if (this.#signedIn.includes(this.#device) || !(isAsked || isOther)) return;
    this.#signedIn.push(this.#device);
    yield { kind: "sign-in", atMs: this.#tick() };
  }

  /** What is done with what is shown; gives what it multiplies the probability to leave by. */
  *#react(campaign: WorldCampaign | undefined): Generator<Step, number, Decided | null> {
    this.#wait(SHOWN_AFTER_MS);
    yield { kind: "outcome", atMs: this.#tick(), outcome: "shown" };
    if (!campaign) return 1;
    const { acted, dismissed, none } = campaign.reactions;
    const shares = { acted: acted.share, dismissed: dismissed.share, none: none.share };
    const reaction: Reaction = this.#random.pick(shares);
    if (reaction !== "none") {
      this.#wait(this.#random.share() * 3_000);
      yield { kind: "outcome", atMs: this.#tick(), outcome: reaction };
    }
    return campaign.reactions[reaction].leaveFactor;
  }

  *#order(stage: WorldStage): Generator<Step, void, Decided | null> {
    yield { kind: "view", atMs: this.#tick(), stage, arrival: null };
    const props = this.#orderProps();
    yield { kind: "noted", atMs: this.#tick(), type: "track", name: "Order Completed", props };
    // The shop's server tells of the same order, by the same number.
    if (this.#signedIn.length > 0) yield this.#told(null, "Order Completed", props);
    this.#wait(this.#random.timeMs(stage.dwell));
    yield { kind: "leave", atMs: this.#tick() };
  }

  *#complain(): Generator<Step, void, Decided | null> {
    const { ticketShare, after } = this.#world.support;
    if (!this.#random.happens(ticketShare)) return;
    this.#wait(this.#random.timeMs(after));
    yield this.#told("support", "Ticket Opened", { topic: "checkout" });
  }

  #told(channel: ToldChannel | null, name: string, props: Props): Step {
    return { kind: "told", atMs: this.#tick(), channel, name, props };
  }

  #orderProps(): Props {
    const { median, sigma, currency } = this.#world.order;
    const cents = { medianMs: median * 100, sigma, minMs: 100, maxMs: 1_000_000 };
    this.#orders++;
    return {
      order_id: `${this.#name}-${this.#orders}`,
      revenue: this.#random.timeMs(cents) / 100,
      currency,
    };
  }

  #wait(ms: number): void {
    this.#now += Math.round(ms);
  }

  /** A time later than all before, so that no two things of a person are at once, and their order needs no more than it. */
  #tick(): number {
    this.#now += 1;
    return this.#now;
  }
}
