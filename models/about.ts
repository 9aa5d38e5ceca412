import { permits, type Stamp } from "./consent.ts";
import { type FeatureState, toVector } from "./features.ts";
import { progressOf } from "./journey.ts";
import type { JourneyState } from "./journey-state.ts";
import { subjectOf } from "./progress.ts";
import { bandOf } from "./score.ts";
import type { Band, Journey, ScoreName, Thresholds } from "./site-config.ts";

/** What the people index says of a person: as of their last push. */
export interface About {
  /** Last touchpoint, ms since 1970. */
  seenAt: number;
  /** "" before the first. */
  stage: string;
  goal: boolean;
  visits: number;
  channel: string;
  context: string;
  /** By the object's own models, at the time of the push; null without `scoring`. */
  bands: { stall: Band; intent: Band } | null;
  /** As declared by the site, where `personalization` permits. */
  traits: Record<string, string | number | boolean>;
}

/** What scores are read with. `run` takes the float32 vector of `toVector`. */
export interface Scoring {
  runners: Partial<Record<ScoreName, { run: (x: Float32Array) => number }>>;
  thresholds: Record<ScoreName, Thresholds>;
}

/** Whether a choice takes something out of what the people index says: then it has to be told anew. */
export function tellsLess(before: Stamp, after: Stamp): boolean {
  return (["scoring", "personalization"] as const).some(
    (purpose) => permits(before, purpose) && !permits(after, purpose),
  );
}

/** What is known of a person at `now`, ms since 1970, as far as their choices permit. */
export function aboutOf(
  state: JourneyState,
  journey: Journey,
  { scoring, now }: { scoring: Scoring; now: number },
): About {
  const progress = progressOf(state.folded, journey);
  const { features } = progress;
  const { channel, context } = subjectOf(progress);
  return {
    seenAt: features.lastAt,
    stage: features.stage,
    goal: features.goal,
    visits: visitsOf(state, journey),
    channel,
    context,
    bands: permits(state.consent, "scoring") ? bandsAt(features, journey, { scoring, now }) : null,
    traits: state.traits?.values ?? {},
  };
}

/** How many visits a journey has had. */
export function visitsOf({ folded }: Pick<JourneyState, "folded">, journey: Journey): number {
  const { features } = progressOf(folded, journey);
  return features.touchpoints === 0 ? 0 : features.visitsBefore + 1;
}

function bandsAt(
  features: FeatureState,
  journey: Journey,
  { scoring, now }: { scoring: Scoring; now: number },
): About["bands"] {
  const x = toVector(features, journey, now);
  const band = (name: ScoreName): Band => bandOf(scoring.runners[name]?.run(x) ?? 0, scoring.thresholds[name]);
  return { stall: band("stall"), intent: band("intent") };
}
