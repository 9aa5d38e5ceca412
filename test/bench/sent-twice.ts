import { setTimeout as sleep } from "node:timers/promises";
import type { GuardedBrowser } from "../harness/browser.ts";
import { journeysOnDisk } from "../harness/disk.ts";
import type { Edge } from "../harness/edge.ts";
import { waitFor } from "../harness/wait-for.ts";
import type { Contender } from "./contenders.ts";
import { openReady, trackIn } from "./loss.ts";

/** How often our events were sent, and how often the edge counted them, summed over all trials. */
export interface SentTwice {
  events: number;
  sent: number;
  counted: number;
}

/**
 * The edge gets each event, its answer is lost on the way back, page and browser send again: what does the journey hold?
 * One event on each host.
 */
export async function sentTwice(browser: GuardedBrowser, edge: Edge, { hosts, asks }: Contender): Promise<SentTwice> {
  const names = hosts.map((_, i) => `Twice ${i}.`);
  const sent = await Promise.all(
    hosts.map(async (host, i) => {
      const name = names[i] as string;
      const context = await browser.newContext();
      const page = await context.newPage();
      await openReady(page, host, asks);
      host.fault = "lose-reply";
      await trackIn(page, name);
      await waitFor(
        () => host.times(name),
        (times) => times > 0,
      );
      host.fault = "none";
      await waitFor(
        () => host.times(name),
        (times) => times > 1,
        30_000,
      );
      await sleep(500);
      await context.close();
      return host.times(name);
    }),
  );
  const counted = journeysOnDisk(edge.persist).flatMap(({ folded }) =>
    folded.ring.filter(({ name }) => names.includes(name)),
  );
  return { events: names.length, sent: sent.reduce((sum, times) => sum + times, 0), counted: counted.length };
}
