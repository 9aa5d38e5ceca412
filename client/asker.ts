import { permits } from "../models/consent.ts";
import { stageOf, triggerKey } from "../models/stage.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import type { Ask } from "../models/wire.ts";
import type { PageClock } from "./clock.ts";
import type { PageContext } from "./context.ts";
import { randomId } from "./random-id.ts";

/** A score that rose into a band which a trigger listens to. */
export interface Crossing {
  /** Key of the trigger: `stall.high`. */
  on: string;
  /** 0..1 */
  score: number;
  model: string;
}

export interface Asker {
  /** Asks where a touchpoint entered a stage which a trigger listens to: that needs no score. */
  see: (touchpoint: Touchpoint) => void;
  cross: (crossing: Crossing) => void;
}

/** Turns what fires into asks: only with `personalization`, and only while the page is in sight. */
export function createAsker(context: PageContext, clock: PageClock, send: (ask: Ask) => void): Asker {
  const { journey, triggers } = context.config;
  let stage = "";
  const ask = (on: string, score: number | null, model: string | null) => {
    if (!permits(context.stamp(), "personalization") || document.visibilityState === "hidden") return;
    context.log("ask", on, score);
    send({ ask: randomId(16), at: clock.at(), on, score, model });
  };
  return {
    cross: ({ on, score, model }) => ask(on, score, model),
    see(touchpoint) {
      const entered = stageOf(journey, touchpoint);
      if (entered === "" || entered === stage) return;
      stage = entered;
      const trigger = triggers.find((one) => one.kind === "stage" && one.stage === entered);
      if (trigger) ask(triggerKey(trigger), null, null);
    },
  };
}
