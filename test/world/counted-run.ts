import { assign } from "../../models/assignment.ts";
import type { ChannelName } from "../../models/channel-table.ts";
import { Counting, type Counts, noCounts } from "./counts.ts";
import { secretOf } from "./messages.ts";
import { type Decided, personOf, type Step } from "./person.ts";
import { campaignAt, type World } from "./world.ts";

/** What an edge would call a browser's visitor, and a user. */
export interface Names {
  browser: (secret: string) => string;
  user: (userId: string) => string;
}

/**
 * Runs people without an edge, and counts what they did: hundreds of runs in seconds. Who is shown what is decided here as
 * the edge would decide it in this world: once a person and campaign, by the name that they have at that moment.
 */
export function countedRun(
  world: World,
  { seed, people, names }: { seed: number; people: number; names: Names },
): Counts {
  const counts = noCounts(world);
  for (let index = 0; index < people; index++) {
    const person = personOf(world, { seed, index });
    const counting = new Counting(counts, world);
    if (person.accepts) {
      const deciding = new Deciding(world, (device) =>
        device === null ? names.user(person.userId) : names.browser(secretOf(seed, index, device)),
      );
      const steps = person.steps();
      for (let next = steps.next(null); !next.done; ) {
        const decided = deciding.step(next.value);
        counting.step(next.value, decided);
        next = steps.next(decided);
      }
    }
    counting.end(person.accepts);
  }
  return counts;
}

class Deciding {
  readonly #world: World;
  readonly #nameOf: (device: number | null) => string;
  readonly #met = new Set<string>();
  #channel: ChannelName = "direct";
  #device = 0;
  #isUser = false;

  constructor(world: World, nameOf: (device: number | null) => string) {
    this.#world = world;
    this.#nameOf = nameOf;
  }

  step(step: Step): Decided | null {
    if (step.kind === "sign-in") this.#isUser = true;
    if (step.kind === "visit") {
      this.#channel = step.channel;
      this.#device = step.device;
    }
    if (step.kind !== "ask") return null;
    const campaign = campaignAt(this.#world, step.stage, this.#channel)?.campaign;
    if (!campaign || this.#met.has(campaign.id)) return null;
    this.#met.add(campaign.id);
    const name = this.#nameOf(this.#isUser ? null : this.#device);
    return { campaign: campaign.id, isShown: assign(name, campaign).variant === "treated" };
  }
}
