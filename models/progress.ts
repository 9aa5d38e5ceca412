import type { ChannelName } from "./channel-table.ts";
import {
  addCount,
  type Contribution,
  copied,
  countEdge,
  countMoney,
  countPath,
  EMPTY_CONTRIBUTION,
  longer,
} from "./contribution.ts";
import type { Entry, OrderEntry } from "./entry.ts";
import type { Excluded } from "./excluded.ts";
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
  /** All of them in order, each time it was entered, joined by `>`. */
  path: string;
  goal: boolean;
  /** Of its first arrival, and of its first touchpoint that has one. */
  channel: ChannelName | "";
  context: string;
}

/** The fold of touchpoints in order: everything that is known of the past without the touchpoints themselves. */
export interface Progress {
  features: FeatureState;
  visit: VisitState | null;
  /** Of the day that is not over, `visit.day`; without end and path of the visit that is not over. */
  open: Contribution;
  /** Whether that day counts beside the map: one touchpoint is enough. */
  excluded: Excluded | "";
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
  const { visit: before } = from;
  // All else is replaced, and never changed in place.
  const progress = { ...from, open: copied(from.open), visit: before && { ...before, seen: [...before.seen] } };
  const days: Days = new Map();
  for (const entry of entries) advance(progress, entry, { journey, days });
  const { visit, open } = progress;
  if (visit) days.set(visit.day, { contribution: closed(open, visit), subject: subjectOf(progress) });
  return { progress, days };
}

/** A visit ends where it is, and its path is that far, until another touchpoint follows. */
function closed(open: Contribution, { stage, path }: VisitState): Contribution {
  if (stage === "") return open;
  const contribution = { ...open, ends: { ...open.ends }, paths: { ...open.paths } };
  addCount(contribution.ends, stage, 1);
  countPath(contribution, path);
  return contribution;
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

/** Folds one entry into `progress` in place; a day that it ends goes into `days`. What is no activity before any visit counts nowhere. */
function advance(progress: Progress, entry: Entry, { journey, days }: { journey: Journey; days: Days }): void {
  const features = addTouchpoint(progress.features, entry, journey);
  if (isActivity(entry.type) && features.touchpoints === 1) beginVisit(progress, entry, days);
  progress.features = features;
  const { visit, open } = progress;
  if (!visit) return;
  open.touchpoints++;
  progress.excluded ||= entry.excluded;
  visit.context ||= entry.context;
  if (entry.type === "page" && entry.channel !== "") arrive(progress, visit, entry.channel);
  if (entry.order) countOrder(progress, entry.order);
  if (entry.stage !== "" && !visit.goal) enterStage(visit, open, entry, journey.goal);
}

/** `progress` still has the features of the visit before. */
function beginVisit(progress: Progress, entry: Entry, days: Days): void {
  const { visit } = progress;
  const day = utcDay(entry.at);
  if (visit) progress.open = closed(progress.open, visit);
  if (visit && visit.day !== day) days.set(visit.day, { contribution: progress.open, subject: subjectOf(progress) });
  if (visit?.day !== day) {
    progress.open = copied(EMPTY_CONTRIBUTION);
    progress.excluded = "";
  }
  const nowhere = { stage: "", stagedAt: 0, path: "", goal: false, channel: "", context: "" } as const;
  progress.visit = { ...nowhere, day, seen: [] };
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
  if (visit.stage === "") addCount(open.starts, stage, 1);
  else countEdge(open, `${visit.stage}>${stage}`, at - visit.stagedAt);
  visit.path = longer(visit.path, stage);
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
