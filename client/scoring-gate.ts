import { permits } from "../models/consent.ts";
import type { FeatureState } from "../models/features.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import type { Crossing } from "./asker.ts";
import type { PageClock } from "./clock.ts";
import type { PageContext } from "./context.ts";
import type { Outbox } from "./outbox.ts";
import type { Scoring } from "./scoring/index.ts";

export interface ScoringParts {
  context: PageContext;
  clock: PageClock;
  outbox: Outbox;
  cross: (crossing: Crossing) => void;
}

/**
 * Stands before the scoring chunk: it is loaded, and its worker started, only while `scoring` is granted and a live
 * campaign listens to a score (B2). What happens until it is there waits here.
 */
export class ScoringGate {
  readonly #parts: ScoringParts;
  #scoring: Scoring | null = null;
  /** Present while scoring is wanted and not yet there; an object of its own per start. */
  #waiting: Touchpoint[] | null = null;

  constructor(parts: ScoringParts) {
    this.#parts = parts;
  }

  consentChanged(): void {
    const { context, outbox } = this.#parts;
    const granted = permits(context.stamp(), "scoring");
    if (!granted) {
      this.stop();
      outbox.keep("features", null);
    } else if (!this.#scoring && !this.#waiting && context.config.triggers.some(({ kind }) => kind === "score")) {
      void this.#start();
    }
  }

  add(touchpoint: Touchpoint): void {
    if (this.#waiting) this.#waiting.push(touchpoint);
    else this.#scoring?.add(touchpoint);
  }

  /** Takes the edge's state, and on top of it what the edge has not seen. */
  replace(features: FeatureState, later: Touchpoint[]): void {
    this.#scoring?.replace(features, later);
  }

  stop(): void {
    this.#waiting = null;
    this.#scoring?.stop();
    this.#scoring = null;
  }

  async #start(): Promise<void> {
    const { context, outbox } = this.#parts;
    const mine: Touchpoint[] = [];
    this.#waiting = mine;
    try {
      const [{ startScoring }, features] = await Promise.all([import("./scoring/index.ts"), outbox.read("features")]);
      const scoring = await startScoring(this.#parts, features);
      if (this.#waiting !== mine) return scoring.stop();
      this.#waiting = null;
      this.#scoring = scoring;
      for (const touchpoint of mine) scoring.add(touchpoint);
    } catch (error) {
      // Without scores everything else goes on.
      context.log("no scoring:", error);
    }
  }
}
