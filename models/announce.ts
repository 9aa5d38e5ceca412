import { type AnswerContext, decisionInput } from "./answer.ts";
import { decide } from "./decision.ts";
import type { JourneyState } from "./journey-state.ts";

/** What a journey is judged with before anybody has asked. */
export type Announcing = Pick<AnswerContext, "visitor" | "now" | "site" | "clocks">;

/** A trigger that a page of the visitor is to ask by, and in how long. */
export interface Announced {
  on: string;
  inMs: number;
}

/** What is due later than this a page hears of with another reply. */
const AHEAD_MAX_MS = 30 * 60_000;
/** What was asked by, and came to nothing (a budget that is spent, a campaign that was stopped), is left alone so long. */
const ASKED_MS = 10 * 60_000;

/**
 * The trigger that a page of the visitor is to ask by, because of what was told: the one that has waited longest of those
 * whose campaign would have its moment here and now; else the next that would when it is due; null for none.
 */
export function announced(state: JourneyState, context: Announcing): Announced | null {
  const { now } = context;
  const { decisions } = state;
  const input = decisionInput(state, { ...context, minimums: {}, on: "", askAgeMs: 0, scores: {} });
  for (const { on, at } of input.waiting) {
    if (at - now > AHEAD_MAX_MS) continue;
    const isAsked = decisions.some((one) => one.on === on && one.at >= at && now - one.at < ASKED_MS);
    const then = Math.max(at, now);
    if (!isAsked && decide({ ...input, on, now: then }).exposure) return { on, inMs: then - now };
  }
  return null;
}
