import type { Share } from "../../models/analysis/interval.ts";
import type { Decided, Step } from "./person.ts";
import { goalOf, type World } from "./world.ts";

/** What a run came to, counted by what people did; shares have what they are of. */
export interface Counts {
  /** Those who agreed, and those who did not. */
  people: number;
  refused: number;
  visits: number;
  /** Visits that ended in a stage, of those that came there: of each stage in the world's order. */
  stages: Record<string, Share>;
  /** People who ordered, of all who agreed. */
  goals: Share;
  /** Those who ordered afterwards, of those whose turn a campaign's moment was, by campaign. */
  arms: Record<string, { shown: Share; heldOut: Share }>;
  /** Of the visits that ended with an order, those that came through a stage; of the people who ordered, those by a channel. */
  through: { stages: Record<string, Share>; channels: Record<string, Share> };
}

/** Counts of nobody, to count into. */
export function noCounts(world: World): Counts {
  const nothing = (): Share => ({ of: 0, count: 0 });
  const each = <T>(ids: string[], make: () => T) => Object.fromEntries(ids.map((id) => [id, make()]));
  const stages = world.stages.map(({ id }) => id);
  const channels = world.channels.map(({ id }) => id);
  const campaigns = world.campaigns.map(({ campaign }) => campaign.id);
  return {
    people: 0,
    refused: 0,
    visits: 0,
    stages: each(stages, nothing),
    goals: nothing(),
    arms: each(campaigns, () => ({ shown: nothing(), heldOut: nothing() })),
    through: { stages: each(stages, nothing), channels: each(channels, nothing) },
  };
}

/** Counts one person's steps into `counts`, in place. */
export class Counting {
  readonly #counts: Counts;
  readonly #goal: string;
  readonly #arms = new Map<string, boolean>();
  readonly #channels = new Set<string>();
  readonly #seen = new Set<string>();
  #last = "";

  constructor(counts: Counts, world: World) {
    this.#counts = counts;
    this.#goal = goalOf(world);
  }

  step(step: Step, decided: Decided | null): void {
    if (step.kind === "visit") {
      this.#endVisit();
      this.#counts.visits++;
      this.#channels.add(step.channel);
    } else if (step.kind === "view") {
      this.#seen.add(step.stage.id);
      this.#last = step.stage.id;
    } else if (step.kind === "ask" && decided && !this.#arms.has(decided.campaign)) {
      this.#arms.set(decided.campaign, decided.isShown);
    }
  }

  /** After a person's last step; `accepts`: whether they had any. */
  end(accepts: boolean): void {
    const { goals, arms, through } = this.#counts;
    if (!accepts) {
      this.#counts.refused++;
      return;
    }
    this.#counts.people++;
    const hasOrdered = this.#last === this.#goal;
    this.#endVisit();
    add(goals, hasOrdered);
    for (const [campaign, isShown] of this.#arms) {
      const of = arms[campaign];
      // A campaign of the site's that the world knows nothing of.
      if (of) add(isShown ? of.shown : of.heldOut, hasOrdered);
    }
    if (!hasOrdered) return;
    for (const [id, share] of Object.entries(through.channels)) add(share, this.#channels.has(id));
  }

  #endVisit(): void {
    const { stages, through } = this.#counts;
    for (const id of this.#seen) add(stages[id] as Share, id === this.#last);
    if (this.#last === this.#goal) {
      for (const [id, share] of Object.entries(through.stages)) add(share, this.#seen.has(id));
    }
    this.#seen.clear();
    this.#last = "";
  }
}

function add(share: Share, holds: boolean): void {
  share.of++;
  if (holds) share.count++;
}
