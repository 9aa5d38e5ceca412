import type { SiteConfig } from "../../models/site-config.ts";
import { triggerKey } from "../../models/stage.ts";
import type { Names } from "./counted-run.ts";
import { Counting, type Counts, noCounts } from "./counts.ts";
import { messagesOf, type Telling } from "./messages.ts";
import { personOf } from "./person.ts";
import { PureEdge } from "./pure-edge.ts";
import type { World } from "./world.ts";

export interface PureRun {
  seed: number;
  /** Their indices, in the order in which they are run. */
  people: Iterable<number>;
  config: SiteConfig;
  names: Names;
  origin: string;
  /** When the world began, ms since 1970. */
  beganAt: number;
}

/** Everybody of a seed, one after the other, by models/ alone: the edge that they leave, and what they did. */
export function pureRun(
  world: World,
  { seed, people, config, names, origin, beganAt }: PureRun,
): { edge: PureEdge; counts: Counts } {
  const edge = new PureEdge({ config, names, now: beganAt + world.horizonMs });
  const counts = noCounts(world);
  const triggers = triggersOf(config);
  for (const index of people) {
    const counting = new Counting(counts, world);
    const onStep: Telling["onStep"] = (step, decided) => counting.step(step, decided);
    const messages = messagesOf(world, { seed, index, origin, beganAt, triggers, sends: "visit", onStep });
    for (let next = messages.next(); !next.done; ) next = messages.next(edge.answer(next.value));
    counting.end(personOf(world, { seed, index }).accepts);
  }
  return { edge, counts };
}

/** The triggers that a configuration's pages ask for. */
function triggersOf({ campaigns }: SiteConfig): string[] {
  return campaigns.filter(({ status }) => status === "live").map(({ trigger }) => triggerKey(trigger));
}
