import type { FeatureState } from "./features.ts";
import type { Band, Journey, ScoreName, Thresholds } from "./site-config.ts";
import { depthOf, typicalDwellMs } from "./stage.ts";

/** compact: models/onnx.ts; onnxruntime-web: the same file in that engine; page: what the page said, unverified. */
type Engine = "compact" | "onnxruntime-web" | "page";

/** What a model answered, before anything is made of it. */
export interface Answer {
  name: ScoreName;
  /** As the model gave it; clamped to 0..1 below, and 0 where it is not a number. */
  value: number;
  /** Version of the model that gave it, e.g. "stall-rule-1". */
  model: string;
  engine: Engine;
}

export interface Score extends Answer {
  band: Band;
  /** For the visitor, in plain words, most important first. */
  why: string[];
}

/** When a score is read: the features then, and `now` in ms since 1970 UTC. */
export interface Moment {
  state: FeatureState;
  journey: Journey;
  now: number;
}

/** The band of a value 0..1: the highest whose lower bound it reaches. NaN is low: nothing is done on no number. */
export function bandOf(value: number, { medium, high }: Thresholds): Band {
  if (value >= high) return "high";
  return value >= medium ? "medium" : "low";
}

/** A model's answer as the product uses it: clamped, in its band, with its reasons. */
export function score(answer: Answer, thresholds: Thresholds, moment: Moment): Score {
  const value = answer.value > 0 ? Math.min(1, answer.value) : 0;
  const why = answer.name === "stall" ? whyStall(moment) : whyIntent(moment);
  return { ...answer, value, band: bandOf(value, thresholds), why };
}

/**
 * Says only what is so. The model reads the time since the last touchpoint; where the visitor has been longer in the
 * stage than that, the two times are two sentences, since one would claim a false stay.
 */
function whyStall({ state, journey, now }: Moment): string[] {
  const idleMs = Math.max(0, now - state.lastAt);
  const typicalMs = typicalDwellMs(journey, state.stage);
  const idle = inWords(idleMs);
  const stay = inWords(now - state.stageAt);
  const typical = idleMs > typicalMs ? `; most people take about ${inWords(typicalMs)}` : "";
  const place = stageName(journey, depthOf(journey, state.stage));
  if (place === null) return [`Nothing has happened here for ${idle}.`];
  if (idle === stay) return [`You have been at “${place}” for ${idle} without going on${typical}.`];
  return [`Nothing has happened at “${place}” for ${idle}${typical}.`, `You came to “${place}” ${stay} ago.`];
}

function whyIntent({ state, journey }: Moment): string[] {
  const { deepest, touchpoints } = state;
  const name = stageName(journey, deepest);
  const reached = name === null ? [] : [`You have come to “${name}”, step ${deepest + 1} of ${journey.stages.length}.`];
  const done = touchpoints === 1 ? "one thing" : `${touchpoints} things`;
  return [...reached, `You have done ${done} in this visit.`];
}

function stageName(journey: Journey, depth: number): string | null {
  return journey.stages[depth]?.name ?? null;
}

/** A duration as people say it, rounded to one unit: seconds below 90 s, minutes below 90 min, then hours. */
function inWords(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return counted(seconds, "second");
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? counted(minutes, "minute") : counted(Math.round(minutes / 60), "hour");
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
