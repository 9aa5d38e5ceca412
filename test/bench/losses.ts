import type { GuardedBrowser } from "../harness/browser.ts";
import type { Contender } from "./contenders.ts";
import { killTest } from "./kill.ts";
import { LOSSES, type Loss, lossTest, type Tally } from "./loss.ts";

/** Trials that may run at once: each has a host of its contender for itself. */
export const HOSTS_EACH = 5;

export type LossFigures = Record<Loss, Tally[]>;

/** The six loss tests of every contender, in their order. `trials`: at most, of each. */
export async function lossFigures(
  browser: GuardedBrowser,
  contenders: readonly Contender[],
  { trials, say }: { trials: number; say: (what: string) => void },
): Promise<LossFigures> {
  const figures: Partial<LossFigures> = {};
  for (const loss of Object.keys(LOSSES) as Loss[]) {
    const count = Math.min(trials, LOSSES[loss].trials);
    say(`events that may be lost: ${loss}, ${count} each`);
    if (loss === "killed after 300 ms") {
      figures[loss] = await Promise.all(contenders.map((contender) => killTest(contender, count)));
    } else {
      // Where the wait is long, all wait together.
      const atOnce = count <= HOSTS_EACH ? count * contenders.length : HOSTS_EACH;
      figures[loss] = await lossTest(browser, contenders, { loss, trials: count, atOnce });
    }
  }
  return figures as LossFigures;
}
