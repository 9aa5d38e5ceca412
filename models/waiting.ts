import type { Campaign, Trigger } from "./campaign.ts";
import type { JourneyState } from "./journey-state.ts";
import { isHeld } from "./outcome.ts";
import { triggerKey } from "./stage.ts";

/** How long what a server has told waits for its visitor, ms, where the campaign does not say; and what became of another campaign. */
export const WAITS_MS = 7 * 86_400_000;
/** The same of what a page has told: it asks at once, and the next one after a step to it. */
export const PAGE_WAITS_MS = 60_000;
/** And of a visit that has begun. */
const VISIT_WAITS_MS = 10 * 60_000;
/** Triggers that wait for one visitor; the first to come gives way. */
const WAITING_MAX = 8;

/** Something that a campaign is to answer, as soon as a page asks. */
export interface Waiting {
  /** Key of the trigger: `touchpoint.Payment Failed`. */
  on: string;
  /** When the edge heard of it, or when it is due, ms since 1970. */
  at: number;
  /** The one campaign whose condition it has met; absent: any with this trigger. */
  for?: string;
  /** Told by a page. */
  page?: true;
}

/** Whether a trigger waits for a page to ask by it. */
export function waits({ kind }: Pick<Trigger, "kind">): boolean {
  return kind === "touchpoint" || kind === "returning" || kind === "outcome";
}

/**
 * What waits at `now`, ms since 1970: what was told and not asked by yet, and what a page asked by and gave back, by its word
 * or by its silence.
 */
export function waitingOf(
  { waiting = [], reservations }: Pick<JourneyState, "waiting" | "reservations">,
  now: number,
): readonly Waiting[] {
  const back = reservations.flatMap((one) =>
    one.waited && one.state !== "shown" && !isHeld(one, now) ? one.waited : [],
  );
  return back.length > 0 ? bothWaiting(waiting, back, now) : waiting;
}

/** The state in which that waits no more, given back or not. */
export function withoutWaiting(state: JourneyState, isOver: (one: Waiting) => boolean): JourneyState {
  const { waiting: told = [], reservations, ...rest } = state;
  const waiting = told.filter((one) => !isOver(one));
  return {
    ...rest,
    ...(waiting.length > 0 ? { waiting } : {}),
    reservations: reservations.map((one) => {
      const { waited, ...reservation } = one;
      return waited && isOver(waited) ? reservation : one;
    }),
  };
}

/** What waits for one person by two journeys of theirs. `now`: ms since 1970. */
export function bothWaiting(a: readonly Waiting[], b: readonly Waiting[], now: number): Waiting[] {
  const byKey = new Map<string, Waiting>();
  for (const one of [...a, ...b]) {
    const known = byKey.get(keyOf(one));
    const later = !known || one.at > known.at ? one : known;
    // What a server has told as well waits as long as that does.
    const { page: _, ...told } = later;
    byKey.set(keyOf(one), known && !(known.page && one.page) ? told : later);
  }
  const all = [...byKey.values()].sort((x, y) => x.at - y.at || (keyOf(x) < keyOf(y) ? -1 : 1));
  if (all.length <= WAITING_MAX) return all;
  // What is due much later can be told again by then; of what is due, the first to come gives way.
  const due = all.filter((one) => one.at <= now);
  return [...due, ...all.filter((one) => one.at > now)].slice(0, Math.max(WAITING_MAX, due.length)).slice(-WAITING_MAX);
}

function keyOf(one: Waiting): string {
  return `${one.on} ${one.for ?? ""}`;
}

/** Whether campaigns of one trigger may be told apart by more than its key: each then waits by itself. */
export function isConditional(trigger: Trigger): boolean {
  return (
    (trigger.kind === "touchpoint" && trigger.where !== undefined) ||
    (trigger.kind === "returning" && trigger.awayMs !== undefined) ||
    (trigger.kind === "outcome" && (trigger.afterMs ?? 0) > 0)
  );
}

/** Whether what a campaign answers waits now. */
export function isWaiting({ id, trigger }: Campaign, waiting: readonly Waiting[], now: number): boolean {
  const key = triggerKey(trigger);
  return waiting.some((one) => {
    const { on, at, page } = one;
    const waitsMs = ("waitsMs" in trigger ? trigger.waitsMs : undefined) ?? defaultMs(trigger, page);
    // What met no condition is for those that have none.
    const isFor = one.for === undefined ? !isConditional(trigger) : one.for === id;
    return on === key && isFor && at <= now && now - at < waitsMs;
  });
}

function defaultMs({ kind }: Trigger, page: boolean | undefined): number {
  if (kind === "returning") return VISIT_WAITS_MS;
  return page ? PAGE_WAITS_MS : WAITS_MS;
}
