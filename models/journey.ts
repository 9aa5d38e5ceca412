import { addTouchpoint, EMPTY_FEATURES, type FeatureState } from "./features.ts";
import type { Journey } from "./site-config.ts";
import { isActivity, type TouchpointType } from "./touchpoint-type.ts";
import { utcDay } from "./visit.ts";

/** Touchpoints that stay open to being put in order; the rest is folded into the checkpoint (DESIGN §4). */
export const RING_MAX = 128;

/** One touchpoint as a journey keeps it. `at` is corrected for the producer's clock; `stage` is "" for none. */
export interface Entry {
  at: number;
  stream: string;
  seq: number;
  type: TouchpointType;
  stage: string;
  name: string;
  path: string;
}

/** Negative where `a` comes first. Order is (at, stream, seq), never arrival. */
export function compareEntries(a: Entry, b: Entry): number {
  return a.at - b.at || (a.stream === b.stream ? a.seq - b.seq : a.stream < b.stream ? -1 : 1);
}

/** Different edges of one person's day: a journey has 32 KB, and who walks more ways than these is lost, or a machine. */
const EDGES_MAX = 64;
/** No stage can have this id. */
const OTHER_EDGE = "*>*";

/**
 * What one person adds to the map for the visits that began on one UTC day. Absolute, so that pushing it again
 * changes nothing. Edges are keyed `from>to` by stage id (ids hold no `>`); zero counts are left out.
 */
export interface Contribution {
  visits: number;
  touchpoints: number;
  /** Touchpoints that came below the watermark: in the totals, in no visit and no edge. */
  late: number;
  /** Visits that reached the goal. */
  goals: number;
  /** Visits by their first stage. */
  starts: Record<string, number>;
  /** Visits by their last stage so far: an open visit ends where it is. */
  ends: Record<string, number>;
  stages: Record<string, { touchpoints: number; visits: number }>;
  /**
   * Adjacent pairs of staged touchpoints within a visit; `sumMs` is the time between, summed. The first `EDGES_MAX`
   * different ones stand alone, the rest is summed as `OTHER_EDGE`.
   */
  edges: Record<string, { count: number; sumMs: number }>;
}

export const EMPTY_CONTRIBUTION: Contribution = {
  visits: 0,
  touchpoints: 0,
  late: 0,
  goals: 0,
  starts: {},
  ends: {},
  stages: {},
  edges: {},
};

/** Where a visit stands on the map. */
interface VisitState {
  /** UTC day it began, days since 1970: its touchpoints all count for that day. */
  day: number;
  /** Stage of its last staged touchpoint, "" before one, and that touchpoint's time. */
  stage: string;
  stagedAt: number;
  /** Stages it has been in. */
  seen: string[];
  goal: boolean;
}

/** The fold of touchpoints in order: everything that is known of the past without the touchpoints themselves. */
export interface Progress {
  features: FeatureState;
  visit: VisitState | null;
  /** Of the day that is not over: `visit.day`. */
  open: Contribution;
}

const EMPTY_PROGRESS: Progress = { features: EMPTY_FEATURES, visit: null, open: EMPTY_CONTRIBUTION };

/** A journey's memory of its touchpoints: a function of the distinct ones, whatever way they came. */
export interface Folded {
  /** The greatest `RING_MAX` touchpoints, in order. */
  ring: Entry[];
  /** The fold of all before the ring. */
  checkpoint: Progress;
  /** The greatest entry in the checkpoint: one that is not after it comes too late to be put in order. */
  watermark: Pick<Entry, "at" | "stream" | "seq"> | null;
  /** Distinct touchpoints, late ones included. */
  touchpoints: number;
  late: number;
}

export const EMPTY_FOLDED: Folded = {
  ring: [],
  checkpoint: EMPTY_PROGRESS,
  watermark: null,
  touchpoints: 0,
  late: 0,
};

/** The row of a person's late touchpoints, which are of no visit and so of no day. */
export const LATE_DAY = -1;

/** Contributions by UTC day, days since 1970, or `LATE_DAY`. */
export type Days = Map<number, Contribution>;

/**
 * Puts new touchpoints (distinct from all before) into a journey. A batch is merged whole before anything leaves the
 * ring. `changed` holds the absolute contribution of each day that is different now, also where it became empty.
 */
export function merge(folded: Folded, entries: readonly Entry[], journey: Journey): { folded: Folded; changed: Days } {
  const { watermark } = folded;
  const timely = watermark ? entries.filter((e) => compareEntries(e, watermark as Entry) > 0) : [...entries];
  const before = contributions(folded, journey);
  const all = [...folded.ring, ...timely].sort(compareEntries);
  const after = foldAll(folded.checkpoint, all, journey).days;
  const leaving = Math.max(0, all.length - RING_MAX);
  const last = all[leaving - 1];
  const merged: Folded = {
    ring: all.slice(leaving),
    checkpoint: foldAll(folded.checkpoint, all.slice(0, leaving), journey).progress,
    watermark: last ? { at: last.at, stream: last.stream, seq: last.seq } : watermark,
    touchpoints: folded.touchpoints + entries.length,
    late: folded.late + entries.length - timely.length,
  };
  const changed = differences(before, after);
  const { late } = merged;
  if (late > folded.late) changed.set(LATE_DAY, { ...EMPTY_CONTRIBUTION, touchpoints: late, late });
  return { folded: merged, changed };
}

/** The state after the last touchpoint: what features and stage are judged by. */
export function progressOf(folded: Folded, journey: Journey): Progress {
  return foldAll(folded.checkpoint, folded.ring, journey).progress;
}

/** The contribution of every day that can still change: those with touchpoints in the ring, and the open one. */
export function contributions(folded: Folded, journey: Journey): Days {
  return foldAll(folded.checkpoint, folded.ring, journey).days;
}

function foldAll(from: Progress, entries: readonly Entry[], journey: Journey): { progress: Progress; days: Days } {
  const progress = structuredCopy(from);
  const days: Days = new Map();
  for (const entry of entries) {
    const visit = advance(progress, entry, journey);
    if (visit) days.set(visit.day, progress.open);
  }
  if (progress.visit) days.set(progress.visit.day, progress.open);
  return { progress, days };
}

/** A deep copy of plain data; `structuredClone` is not ECMAScript. */
function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Folds one entry into `progress` in place; returns the visit that it counts for, null for what is no activity before any. */
function advance(progress: Progress, entry: Entry, journey: Journey): VisitState | null {
  const { features } = progress;
  progress.features = addTouchpoint(features, entry, journey);
  if (isActivity(entry.type) && progress.features.touchpoints === 1) beginVisit(progress, entry);
  const { visit, open } = progress;
  if (!visit) return null;
  open.touchpoints++;
  if (entry.stage !== "" && !visit.goal) enterStage(visit, open, entry, journey.goal);
  return visit;
}

function beginVisit(progress: Progress, entry: Entry): void {
  const day = utcDay(entry.at);
  if (progress.visit?.day !== day) progress.open = structuredCopy(EMPTY_CONTRIBUTION);
  progress.visit = { day, stage: "", stagedAt: 0, seen: [], goal: false };
  progress.open.visits++;
}

function enterStage(visit: VisitState, open: Contribution, { stage, at }: Entry, goal: string): void {
  if (visit.stage === "") {
    add(open.starts, stage, 1);
  } else {
    add(open.ends, visit.stage, -1);
    const own = `${visit.stage}>${stage}`;
    const key = own in open.edges || Object.keys(open.edges).length < EDGES_MAX ? own : OTHER_EDGE;
    const edge = open.edges[key] ?? { count: 0, sumMs: 0 };
    open.edges[key] = { count: edge.count + 1, sumMs: edge.sumMs + at - visit.stagedAt };
  }
  add(open.ends, stage, 1);
  const counts = open.stages[stage] ?? { touchpoints: 0, visits: 0 };
  const again = visit.seen.includes(stage);
  open.stages[stage] = { touchpoints: counts.touchpoints + 1, visits: counts.visits + (again ? 0 : 1) };
  if (!again) visit.seen.push(stage);
  visit.stage = stage;
  visit.stagedAt = at;
  if (stage === goal) {
    visit.goal = true;
    open.goals++;
  }
}

/** Adds to a count; a count of zero is left out, so that equal contributions look equal. */
function add(counts: Record<string, number>, key: string, by: number): void {
  const count = (counts[key] ?? 0) + by;
  if (count === 0) delete counts[key];
  else counts[key] = count;
}

/** Days whose contributions differ. Keys in another order look different, too: that costs one push that changes nothing. */
function differences(before: Days, after: Days): Days {
  const changed: Days = new Map();
  for (const day of new Set([...before.keys(), ...after.keys()])) {
    const now = after.get(day) ?? EMPTY_CONTRIBUTION;
    if (JSON.stringify(now) !== JSON.stringify(before.get(day))) changed.set(day, now);
  }
  return changed;
}
