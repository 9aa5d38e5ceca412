import { addTouchpoint, EMPTY_FEATURES, type FeatureState, toVector } from "../../models/features.ts";
import { bandOf } from "../../models/score.ts";
import type { PublishedConfig, ScoreName, ScoringEngine } from "../../models/site-config.ts";
import { stageOf, triggerKey } from "../../models/stage.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";

/** Looks are a second apart; more than this between two, and a band has not been seen to hold. */
const GAP_MAX_MS = 5_000;

/** What the engine needs of the configuration. */
export type ScoringConfig = Pick<PublishedConfig, "journey" | "triggers" | "thresholds">;

/** A score that rose into a band which a trigger listens to. */
export interface Crossing {
  /** Key of the trigger: `stall.high`. */
  on: string;
  /** 0..1 */
  score: number;
  model: string;
  engine: ScoringEngine;
}

/** What one touchpoint or tick led to. */
export interface Step {
  features: FeatureState;
  crossed: Crossing[];
}

/** The score of one row of features; what is no number counts as 0. */
export type Run = (vector: Float32Array) => number | Promise<number>;

export interface LoadedModel {
  version: string;
  engine: ScoringEngine;
  run: Run;
}
export type LoadedModels = Partial<Record<ScoreName, LoadedModel>>;

/**
 * Keeps the features of one visitor and scores them. It has no clock: `now` (page clock, ms since 1970) comes with
 * every call, so it is the same in a worker and on the main thread.
 */
export class Scorer {
  readonly #config: ScoringConfig;
  readonly #models: LoadedModels;
  #features: FeatureState;
  /**
   * Triggers whose band holds now, with the time from which on it does; null once that has fired: each fires once per
   * entering, and again only after the score fell below.
   */
  readonly #holding = new Map<string, number | null>();
  /** When the score was looked at last. */
  #lookedAt = 0;
  /** What an earlier page left is not scored before this page adds to it: the visitor has just come, not stalled. */
  #begun = false;

  constructor(config: ScoringConfig, models: LoadedModels, features: FeatureState = EMPTY_FEATURES) {
    this.#config = config;
    this.#models = models;
    this.#features = features;
  }

  add(touchpoints: readonly Touchpoint[], now: number): Promise<Step> {
    const { journey } = this.#config;
    for (const touchpoint of touchpoints) {
      const { type } = touchpoint;
      const at = Math.max(touchpoint.at, this.#features.lastAt);
      this.#features = addTouchpoint(this.#features, { type, at, stage: stageOf(journey, touchpoint) }, journey);
      this.#begun = true;
    }
    return this.tick(now);
  }

  replace(features: FeatureState, later: readonly Touchpoint[], now: number): Promise<Step> {
    this.#features = features;
    return this.add(later, now);
  }

  /** A step that waits for an engine tells of the features as they were when it began. */
  async tick(now: number): Promise<Step> {
    const features = this.#features;
    return { features, crossed: this.#begun ? await this.#crossed(now) : [] };
  }

  async #crossed(now: number): Promise<Crossing[]> {
    const { journey, triggers, thresholds } = this.#config;
    const vector = toVector(this.#features, journey, now);
    const values = new Map<ScoreName, number>();
    for (const [name, { run }] of Object.entries(this.#models)) values.set(name as ScoreName, clamp(await run(vector)));
    const crossed: Crossing[] = [];
    // Nobody looked meanwhile: the page was hidden, or the device asleep, and what was held then counts anew.
    const isAnew = now - this.#lookedAt > GAP_MAX_MS;
    this.#lookedAt = now;
    for (const trigger of triggers) {
      if (trigger.kind !== "score") continue;
      const loaded = this.#models[trigger.score];
      const value = values.get(trigger.score);
      if (!loaded || value === undefined) continue;
      const on = triggerKey(trigger);
      const band = bandOf(value, thresholds[trigger.score]);
      const held = this.#holding.get(on);
      if (band !== trigger.band && band !== "high") this.#holding.delete(on);
      else if (held !== null) {
        const since = isAnew ? now : (held ?? now);
        const fires = now - since >= (trigger.forMs ?? 0);
        this.#holding.set(on, fires ? null : since);
        if (fires) crossed.push({ on, score: value, model: loaded.version, engine: loaded.engine });
      }
    }
    return crossed;
  }
}

/** A probability, also where a model answers something else; what is no number is nothing to act on. */
function clamp(value: number): number {
  return value > 0 ? Math.min(1, value) : 0;
}
