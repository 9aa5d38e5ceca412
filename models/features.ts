import type { Journey } from "./site-config.ts";
import { depthOf, typicalDwellMs } from "./stage.ts";
import { isActivity, type TouchpointType } from "./touchpoint-type.ts";
import { beginsVisit } from "./visit.ts";

/** What the features need to know of a touchpoint. `stage` is the id of the stage it matched, or "". */
export interface FeatureInput {
  type: TouchpointType;
  at: number;
  stage: string;
}

/** Everything the features remember: fixed size, JSON, the same in page, edge and training. Times in ms since 1970. */
export interface FeatureState {
  /** Visits before this one. */
  visitsBefore: number;
  visitAt: number;
  lastAt: number;
  lastGapMs: number;
  longestGapMs: number;
  touchpoints: number;
  pages: number;
  clicks: number;
  submits: number;
  /** Stage of the last touchpoint that entered one, "" before that. */
  stage: string;
  stageAt: number;
  touchpointsInStage: number;
  /** Depth of the deepest stage of this visit, -1 before any. */
  deepest: number;
  /** Times a shallower stage followed a deeper one. */
  returns: number;
  /** Whether the goal was reached in this visit: it ends the visit's progress. */
  goal: boolean;
}

export const EMPTY_FEATURES: FeatureState = {
  visitsBefore: 0,
  visitAt: 0,
  lastAt: 0,
  lastGapMs: 0,
  longestGapMs: 0,
  touchpoints: 0,
  pages: 0,
  clicks: 0,
  submits: 0,
  stage: "",
  stageAt: 0,
  touchpointsInStage: 0,
  deepest: -1,
  returns: 0,
  goal: false,
};

export interface Feature {
  name: string;
  unit: string;
  range: readonly [number, number];
}

/** log1p of 24 h in seconds and of a million, rounded up: counts and times beyond are clamped. */
const LOG_SECONDS_MAX = 12;
const LOG_COUNT_MAX = 14;
const IDLE_RATIO_MAX = 100;
const DEPTH_MAX = 63;

/** The order of the vector that every model takes. Changing it means training every model again (DESIGN §1). */
export const FEATURES: readonly Feature[] = [
  { name: "touchpoints", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "pages", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "clicks", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "submits", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "returns", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "touchpointsInStage", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "visitsBefore", unit: "log1p count", range: [0, LOG_COUNT_MAX] },
  { name: "stageDepth", unit: "index, -1 none", range: [-1, DEPTH_MAX] },
  { name: "deepestStage", unit: "index, -1 none", range: [-1, DEPTH_MAX] },
  { name: "progress", unit: "deepest stage as a share of the goal's", range: [0, 1] },
  { name: "unfinished", unit: "1 in the second stage or deeper, goal not reached", range: [0, 1] },
  {
    name: "idleRatio",
    unit: "time since the last touchpoint / typical dwell of the stage",
    range: [0, IDLE_RATIO_MAX],
  },
  { name: "idleSeconds", unit: "log1p s", range: [0, LOG_SECONDS_MAX] },
  { name: "lastGapSeconds", unit: "log1p s", range: [0, LOG_SECONDS_MAX] },
  { name: "longestGapSeconds", unit: "log1p s", range: [0, LOG_SECONDS_MAX] },
  { name: "inStageSeconds", unit: "log1p s", range: [0, LOG_SECONDS_MAX] },
  { name: "elapsedSeconds", unit: "log1p s", range: [0, LOG_SECONDS_MAX] },
];

/**
 * The state after one more touchpoint, in O(1). Touchpoints come in order (`at` not falling). What is no activity
 * changes nothing: being shown a nudge, or an error of the page, is not something that the visitor did.
 */
export function addTouchpoint(before: FeatureState, input: FeatureInput, journey: Journey): FeatureState {
  const { type, at, stage } = input;
  if (!isActivity(type)) return before;
  const first = before.touchpoints === 0;
  const fresh = first || beginsVisit(before.visitAt, before.lastAt, at);
  const state: FeatureState = fresh
    ? { ...EMPTY_FEATURES, visitAt: at, lastAt: at, visitsBefore: first ? 0 : before.visitsBefore + 1 }
    : { ...before };
  state.lastGapMs = at - state.lastAt;
  state.longestGapMs = Math.max(state.longestGapMs, state.lastGapMs);
  state.lastAt = at;
  state.touchpoints++;
  if (type === "page") state.pages++;
  if (type === "click") state.clicks++;
  if (type === "form_submit") state.submits++;
  if (state.goal || stage === "" || stage === state.stage) {
    if (state.stage !== "") state.touchpointsInStage++;
    return state;
  }
  const depth = depthOf(journey, stage);
  if (depth < depthOf(journey, state.stage)) state.returns++;
  state.stage = stage;
  state.stageAt = at;
  state.touchpointsInStage = 1;
  state.deepest = Math.max(state.deepest, depth);
  state.goal = stage === journey.goal;
  return state;
}

/** The same features by a clock that shows `byMs` more: how the edge speaks of them to a page whose clock is wrong. */
export function shifted(state: FeatureState, byMs: number): FeatureState {
  const { visitAt, lastAt, stageAt } = state;
  return { ...state, visitAt: visitAt + byMs, lastAt: lastAt + byMs, stageAt: stageAt + byMs };
}

/**
 * The vector at a moment, `FEATURES.length` float32 values in their order. `now` in ms since 1970 UTC, clamped to not
 * before the last touchpoint. Rounded to float32 because models compare in float32: at a threshold, one bit decides.
 */
export function toVector(state: FeatureState, journey: Journey, now: number): Float32Array {
  const idleMs = Math.max(0, now - state.lastAt);
  const depth = depthOf(journey, state.stage);
  const goalDepth = depthOf(journey, journey.goal);
  const values = [
    Math.log1p(state.touchpoints),
    Math.log1p(state.pages),
    Math.log1p(state.clicks),
    Math.log1p(state.submits),
    Math.log1p(state.returns),
    Math.log1p(state.touchpointsInStage),
    Math.log1p(state.visitsBefore),
    depth,
    state.deepest,
    goalDepth > 0 ? Math.max(0, state.deepest) / goalDepth : 0,
    depth >= 1 && !state.goal ? 1 : 0,
    idleMs / typicalDwellMs(journey, state.stage),
    seconds(idleMs),
    seconds(state.lastGapMs),
    seconds(state.longestGapMs),
    state.stage === "" ? 0 : seconds(now - state.stageAt),
    state.touchpoints === 0 ? 0 : seconds(now - state.visitAt),
  ];
  return Float32Array.from(values, (value, i) => clamp(value, FEATURES[i] as Feature));
}

function seconds(ms: number): number {
  return Math.log1p(Math.max(0, ms) / 1000);
}

function clamp(value: number, { range }: Feature): number {
  return Math.min(range[1], Math.max(range[0], value));
}
