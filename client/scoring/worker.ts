/** The scoring worker: a thread of its own for the engine, so that scoring never delays the page. */
import { expose } from "comlink";
import type { FeatureState } from "../../models/features.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { loadModels, type ModelSource } from "./models.ts";
import { Scorer, type ScoringConfig, type Step } from "./scorer.ts";

export interface Start {
  base: string;
  config: ScoringConfig & ModelSource;
  features?: FeatureState;
}

let scorer: Scorer | null = null;

const engine = {
  async start({ base, config, features }: Start): Promise<void> {
    scorer = new Scorer(config, await loadModels(base, config), features);
  },
  add: (touchpoints: Touchpoint[], now: number): Step | undefined => scorer?.add(touchpoints, now),
  replace: (features: FeatureState, later: Touchpoint[], now: number): Step | undefined =>
    scorer?.replace(features, later, now),
  tick: (now: number): Step | undefined => scorer?.tick(now),
};
export type Engine = typeof engine;

expose(engine);
