import { setTimeout as wait } from "node:timers/promises";
import { messagesOf } from "../../test/world/messages.ts";
import type { World } from "../../test/world/world.ts";
import { SimulatedSite, type SiteTarget } from "./simulated-site.ts";

export interface Crowd {
  target: SiteTarget;
  world: World;
  seed: number;
  /** From one new visitor to the next, on average. */
  everyMs: number;
  /** Ends it. */
  signal: AbortSignal;
  /** Hears of the first visitor who could not go on, and why. */
  onFault: (error: Error) => void;
}

/**
 * Lets visitors come, one after the other, until the signal says so: in real time, so each page, silence and second visit
 * takes as long as it would. Those who cannot go on are given up; others come.
 */
export async function keepComing({ target, world, seed, everyMs, signal, onFault }: Crowd): Promise<void> {
  const site = await SimulatedSite.open(target, { world, stream: `simulation ${seed}`, signal });
  const visitors = new Set<Promise<void>>();
  let hasFault = false;
  for (let index = 0; !signal.aborted; index++) {
    const visitor = visit(site, { target, world, seed, index, signal })
      .catch((error: Error) => {
        if (!signal.aborted && !hasFault) onFault(error);
        hasFault ||= !signal.aborted;
      })
      .finally(() => visitors.delete(visitor));
    visitors.add(visitor);
    // Arrivals that know nothing of each other: times between them are exponential.
    await pause(-Math.log(1 - Math.random()) * everyMs, signal);
  }
  await Promise.all(visitors);
}

interface Visitor extends Pick<Crowd, "target" | "world" | "seed" | "signal"> {
  index: number;
}

async function visit(site: SimulatedSite, { target, world, seed, index, signal }: Visitor): Promise<void> {
  const beganAt = Date.now();
  const telling = { seed, index, origin: target.origin, beganAt, triggers: site.triggers, sends: "page" } as const;
  // They come now, whenever it is that the world's own people come.
  const messages = messagesOf({ ...world, arrivalSpanMs: 0 }, telling);
  for (let next = messages.next(); !next.done; ) {
    await pause(next.value.at - Date.now(), signal);
    if (signal.aborted) return;
    next = messages.next(await site.send(next.value));
  }
}

/** Waits, or until the signal says so. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(Math.max(0, ms), null, { signal }).catch(() => {});
}
