import type { ChannelName } from "./channel-table.ts";
import {
  addCount,
  type Contribution,
  countEdge,
  countMoney,
  countPath,
  EMPTY_CONTRIBUTION,
  longer,
} from "./contribution.ts";
import type { Entry, Exclusion, OrderEntry } from "./entry.ts";
import { addTouchpoint, EMPTY_FEATURES, type FeatureState } from "./features.ts";
import type { Journey } from "./site-config.ts";
import { isActivity } from "./touchpoint-type.ts";
import { utcDay } from "./visit.ts";

/** Where a visit stands on the map. */
interface VisitState {
  /** UTC day it began, days since 1970: its touchpoints all count for that day. */
  day: number;
  /** Stage of its last staged touchpoint, "" before one, and that touchpoint's time. */
  stage: string;
  stagedAt: number;
  /** Stages it has been in. */
  seen: string[];
  /** All of them in order, joined by `>`, and the name that this path is counted under. */
  path: string;
  countedAs: string;
  goal: boolean;
  /** Of its first arrival, and of its first touchpoint that has one. */
  channel: ChannelName | "";
  context: string;
}

/** The fold of touchpoints in order: everything that is known of the past without the touchpoints themselves. */
export interface Progress {
  features: FeatureState;
  visit: VisitState | null;
  /** Of the day that is not over: `visit.day`. */
  open: Contribution;
  /** Whether that day counts beside the map: one touchpoint is enough. */
  excluded: Exclusion | "";
  /** Of the first arrival, and of the last that was not direct. */
  firstChannel: ChannelName | "";
  lastChannel: ChannelName | "";
  /** Orders and refunds that were counted, the latest `ORDERS_KEPT`. */
  orders: string[];
}

export const EMPTY_PROGRESS: Progress = {
  features: EMPTY_FEATURES,
  visit: null,
  open: EMPTY_CONTRIBUTION,
  excluded: "",
  firstChannel: "",
  lastChannel: "",
  orders: [],
};

/** An order is told by the page and by the shop's server within minutes: nobody has placed this many in between. */
const ORDERS_KEPT = 32;

/** What segments and the people index may speak of: a person as of the last touchpoint of one visit day. */
export interface Subject extends Pick<Progress, "features" | "excluded" | "firstChannel" | "lastChannel"> {
  channel: ChannelName | "";
  context: string;
}

/** One person's day on the map. */
export interface VisitDay {
  contribution: Contribution;
  subject: Subject;
}

/** The row of a person's late touchpoints, which are of no visit and so of no day. */
export const LATE_DAY = -1;

/** What one person adds by UTC day, days since 1970, or `LATE_DAY`. */
export type Days = Map<number, VisitDay>;

/** What touchpoints in order come to. */
export interface Fold {
  progress: Progress;
  days: Days;
}

/** Goes on from `from` with entries in order. Nothing of the argument is changed. */
export function foldAll(from: Progress, entries: readonly Entry[], journey: Journey): Fold {
  const progress = structuredCopy(from);
  const days: Days = new Map();
  for (const entry of entries) {
    if (advance(progress, entry, journey)) days.set(dayOf(progress), visitDay(progress));
  }
  if (progress.visit) days.set(dayOf(progress), visitDay(progress));
  return { progress, days };
}

function dayOf({ visit }: Progress): number {
  return visit?.day ?? LATE_DAY;
}

function visitDay(progress: Progress): VisitDay {
  return { contribution: progress.open, subject: subjectOf(progress) };
}

export function subjectOf({ features, excluded, firstChannel, lastChannel, visit }: Progress): Subject {
  return {
    features,
    excluded,
    firstChannel,
    lastChannel,
    channel: visit?.channel ?? "",
    context: visit?.context ?? "",
  };
}

/** A deep copy of plain data; `structuredClone` is not ECMAScript. */
function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Folds one entry into `progress` in place. False for what is no activity before any visit: it counts nowhere. */
function advance(progress: Progress, entry: Entry, journey: Journey): boolean {
  const { features } = progress;
  progress.features = addTouchpoint(features, entry, journey);
  if (isActivity(entry.type) && progress.features.touchpoints === 1) beginVisit(progress, entry);
  const { visit, open } = progress;
  if (!visit) return false;
  open.touchpoints++;
  progress.excluded ||= entry.excluded;
  visit.context ||= entry.context;
  if (entry.channel !== "") arrive(progress, visit, entry.channel);
  if (entry.order) countOrder(progress, entry.order);
  if (entry.stage !== "" && !visit.goal) enterStage(visit, open, entry, journey.goal);
  return true;
}

function beginVisit(progress: Progress, entry: Entry): void {
  const day = utcDay(entry.at);
  if (progress.visit?.day !== day) {
    progress.open = structuredCopy(EMPTY_CONTRIBUTION);
    progress.excluded = "";
  }
  const empty = { stage: "", stagedAt: 0, seen: [], path: "", countedAs: "", goal: false } as const;
  progress.visit = { ...empty, day, seen: [], channel: "", context: "" };
  progress.open.visits++;
}

function arrive(progress: Progress, visit: VisitState, channel: ChannelName): void {
  visit.channel ||= channel;
  progress.firstChannel ||= channel;
  if (channel !== "direct" || progress.lastChannel === "") progress.lastChannel = channel;
}

/** Counts what an order tells of, once, into the open day. */
export function countOrder(progress: Progress, { kind, id, milli, currency }: OrderEntry): void {
  const told = `${kind} ${id}`;
  if (id !== "" && progress.orders.includes(told)) return;
  if (id !== "") progress.orders = [...progress.orders, told].slice(-ORDERS_KEPT);
  countMoney(kind === "completed" ? progress.open.orders : progress.open.refunds, milli, currency);
}

function enterStage(visit: VisitState, open: Contribution, { stage, at }: Entry, goal: string): void {
  if (visit.stage === "") {
    addCount(open.starts, stage, 1);
  } else {
    addCount(open.ends, visit.stage, -1);
    countEdge(open, `${visit.stage}>${stage}`, at - visit.stagedAt);
  }
  addCount(open.ends, stage, 1);
  visit.path = longer(visit.path, stage);
  visit.countedAs = countPath(open, visit.countedAs, visit.path);
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
