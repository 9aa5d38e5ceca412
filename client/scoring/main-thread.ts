/** The same engine without a worker, for sites whose policy allows none: it works when the page has nothing else to do. */
import { loadModels } from "./models.ts";
import { Scorer } from "./scorer.ts";
import type { Start } from "./worker.ts";

/** Runs late rather than never: a band that is crossed is asked about within this time, ms. */
const IDLE_TIMEOUT_MS = 500;

export async function startOnMainThread({ base, config, features }: Start) {
  const scorer = new Scorer(config, await loadModels(base, config, null), features);
  const idle = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise((resolve) => {
      // Safari has no requestIdleCallback, and an element of the page can have that name (S7).
      if (typeof window.requestIdleCallback === "function")
        requestIdleCallback(() => resolve(work()), { timeout: IDLE_TIMEOUT_MS });
      else setTimeout(() => resolve(work()));
    });
  return {
    add: (...args: Parameters<Scorer["add"]>) => idle(() => scorer.add(...args)),
    replace: (...args: Parameters<Scorer["replace"]>) => idle(() => scorer.replace(...args)),
    tick: (...args: Parameters<Scorer["tick"]>) => idle(() => scorer.tick(...args)),
    end: () => {},
  };
}
