import { copiedMoney, EMPTY_CONTRIBUTION, type Money } from "./contribution.ts";
import { compareEntries, type Entry } from "./entry.ts";
import type { Excluded } from "./excluded.ts";
import {
  countOrder,
  type Days,
  EMPTY_PROGRESS,
  type Fold,
  foldAll,
  LATE_DAY,
  type Progress,
  subjectOf,
  type VisitDay,
} from "./progress.ts";
import type { Journey } from "./site-config.ts";

/** Touchpoints that stay open to being put in order; the rest is folded into the checkpoint (DESIGN §4). */
export const RING_MAX = 128;

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
  /** Money that late touchpoints told of: it counts, whatever day it was. */
  lateMoney: { orders: Money; refunds: Money };
  /** Why late touchpoints count beside the map; absent where they count in it. As of a day, one is enough (J30). */
  lateExcluded?: Excluded;
}

export const EMPTY_FOLDED: Folded = {
  ring: [],
  checkpoint: EMPTY_PROGRESS,
  watermark: null,
  touchpoints: 0,
  late: 0,
  lateMoney: { orders: EMPTY_CONTRIBUTION.orders, refunds: EMPTY_CONTRIBUTION.refunds },
};

/**
 * Puts new touchpoints (distinct from all before) into a journey. A batch is merged whole before anything leaves the
 * ring. `changed` holds each day that is different now, also where it became empty.
 */
export function merge(folded: Folded, entries: readonly Entry[], journey: Journey): { folded: Folded; changed: Days } {
  const { watermark } = folded;
  const timely = entries.filter((entry) => !isLate(folded, entry));
  const late = entries.filter((entry) => isLate(folded, entry));
  const paid = withLateMoney(folded, late);
  const lateExcluded = folded.lateExcluded ?? late.flatMap(({ excluded }) => (excluded === "" ? [] : [excluded]))[0];
  const all = [...folded.ring, ...timely].sort(compareEntries);
  const leaving = Math.max(0, all.length - RING_MAX);
  const last = all[leaving - 1];
  const none: Fold = { progress: paid.checkpoint, days: new Map() };
  const sealed = leaving > 0 ? foldAll(paid.checkpoint, all.slice(0, leaving), journey) : none;
  const merged: Folded = {
    ring: all.slice(leaving),
    checkpoint: sealed.progress,
    watermark: last ? { at: last.at, stream: last.stream, seq: last.seq } : watermark,
    touchpoints: folded.touchpoints + entries.length,
    late: folded.late + late.length,
    lateMoney: paid.lateMoney,
    ...(lateExcluded ? { lateExcluded } : {}),
  };
  const after = new Map([...sealed.days, ...contributions(merged, journey)]);
  const changed = differences(contributions(folded, journey), after);
  if (merged.late > folded.late) changed.set(LATE_DAY, lateDay(merged));
  return { folded: merged, changed };
}

/** Whether a touchpoint comes too late to be put in order: then it counts in totals alone. */
export function isLate({ watermark }: Pick<Folded, "watermark">, entry: Entry): boolean {
  return watermark !== null && compareEntries(entry, watermark as Entry) <= 0;
}

/** An order that comes too late for its day is money all the same, and is not counted again where it is told once more. */
function withLateMoney({ checkpoint, lateMoney }: Folded, late: Entry[]): Pick<Folded, "checkpoint" | "lateMoney"> {
  const told = late.flatMap(({ order }) => (order ? [order] : []));
  if (told.length === 0) return { checkpoint, lateMoney };
  const { orders, refunds } = lateMoney;
  const open = { ...EMPTY_CONTRIBUTION, orders: copiedMoney(orders), refunds: copiedMoney(refunds) };
  const counting: Progress = { ...checkpoint, open };
  for (const order of told) countOrder(counting, order);
  return {
    checkpoint: { ...checkpoint, orders: counting.orders },
    lateMoney: { orders: open.orders, refunds: open.refunds },
  };
}

/** What of a journey counts for no day. */
export function lateDay({ late, lateMoney, lateExcluded }: Folded): VisitDay {
  const contribution = { ...EMPTY_CONTRIBUTION, touchpoints: late, late, ...lateMoney };
  return { contribution, subject: { ...subjectOf(EMPTY_PROGRESS), excluded: lateExcluded ?? "" } };
}

/** The state after the last touchpoint: what features and stage are judged by. Not to be changed by who reads it. */
export function progressOf(folded: Folded, journey: Journey): Progress {
  return foldOf(folded, journey).progress;
}

/** Every day that can still change: those with touchpoints in the ring, and the open one. */
export function contributions(folded: Folded, journey: Journey): Days {
  return foldOf(folded, journey).days;
}

/** Folds by what they are of: a batch reads the same one up to six times, and it is most of what a batch costs. */
const folds = new WeakMap<Folded, { journey: Journey; fold: Fold }>();

function foldOf(folded: Folded, journey: Journey): Fold {
  const known = folds.get(folded);
  if (known?.journey === journey) return known.fold;
  const fold = foldAll(folded.checkpoint, folded.ring, journey);
  folds.set(folded, { journey, fold });
  return fold;
}

/** Days that differ. Keys in another order look different, too: that costs one push that changes nothing. */
export function differences(before: Days, after: Days): Days {
  const changed: Days = new Map();
  for (const day of new Set([...before.keys(), ...after.keys()])) {
    const now = after.get(day) ?? { contribution: EMPTY_CONTRIBUTION, subject: subjectOf(EMPTY_PROGRESS) };
    if (!isSame(now, before.get(day))) changed.set(day, now);
  }
  return changed;
}

/** Nearly always it is the number of touchpoints that differs, and nothing else has to be looked at. */
function isSame(a: VisitDay, b: VisitDay | undefined): boolean {
  return a.contribution.touchpoints === b?.contribution.touchpoints && JSON.stringify(a) === JSON.stringify(b);
}
