import { attributesOf } from "./attributes.ts";
import type { Campaign } from "./campaign.ts";
import { permits } from "./consent.ts";
import type { NudgeContent } from "./content.ts";
import { decide, isStopped } from "./decision.ts";
import type { FeatureState } from "./features.ts";
import { toVector } from "./features.ts";
import { progressOf } from "./journey.ts";
import type { DecisionRecord, JourneyState } from "./journey-state.ts";
import { subjectOf } from "./progress.ts";
import { type Score, score } from "./score.ts";
import type { Journey, ScoreName, Thresholds } from "./site-config.ts";
import { SKEW_MIN_MS } from "./streams.ts";
import { type Ask, type Decision, RESERVATION_MS } from "./wire.ts";

/** Decisions that stay in the state; all are in the history. */
const DECISIONS_KEPT = 20;
/** Reservations that stay in the state: later reports of older ones change nothing. */
const RESERVATIONS_KEPT = 20;

/** A model that the edge can run: float32 vector in, probability-like number 0..1 out. */
export interface Runner {
  version: string;
  run: (x: Float32Array) => number;
}

/** What a journey is judged with. Times in ms since 1970 by the edge's clock. */
export interface AnswerContext {
  visitor: string;
  now: number;
  /** When the page sent the batch, by its own clock: an ask's age needs no other. */
  sentAt: number;
  /** Added to the page's clock. */
  skewMs: number;
  /** Id that a reservation made now takes. */
  reservationId: string;
  config: number;
  journey: Journey;
  campaigns: readonly Campaign[];
  minimums: Record<string, number>;
  thresholds: Record<ScoreName, Thresholds>;
  runners: Partial<Record<ScoreName, Runner>>;
}

/**
 * Answers one ask and records why. The same ask gets the same answer and the same reservation again, however often
 * it comes: its reply may have been lost.
 */
export function answer(
  state: JourneyState,
  ask: Ask,
  context: AnswerContext,
): { state: JourneyState; decision: Decision } {
  const known = state.decisions.find((record) => record.ask === ask.ask);
  if (known) return { state, decision: replyOf(known, state, context) };
  // Who has withdrawn leaves no trace of having asked (B15).
  if (!permits(state.consent, "analytics") || state.restrictedAt) {
    return { state, decision: { ask: ask.ask, verdict: "none", reason: "no-consent" } };
  }
  const { now } = context;
  // Not cut to now: where the clocks differ by a travel time, that would shorten the silence that is being judged.
  const askedAt = Math.min(ask.at + context.skewMs, now + SKEW_MIN_MS);
  const progress = progressOf(state.folded, context.journey);
  const { features } = progress;
  const { scores, unverified } = scoresFor(ask, { state, features, askedAt, context });
  const { journey, campaigns, minimums, visitor } = context;
  const verdict = decide({
    on: ask.on,
    askAgeMs: context.sentAt - ask.at,
    now,
    visitor,
    consent: state.consent,
    features,
    scores,
    campaigns,
    minimums,
    records: state.records,
    reservations: state.reservations,
    waiting: state.waiting ?? [],
    attributes: {
      ...attributesOf(subjectOf(progress), journey),
      scores: Object.fromEntries(Object.entries(scores).map(([name, { value }]) => [name, value])),
    },
  });
  const judged = Object.values(scores)[0];
  const record: DecisionRecord = {
    ask: ask.ask,
    at: now,
    on: ask.on,
    config: context.config,
    score: judged ? { value: judged.value, model: judged.model, page: ask.score, unverified } : null,
    considered: verdict.considered,
    reason: verdict.reason,
    reservation: verdict.exposure?.variant === "treated" ? context.reservationId : null,
    why: judged?.why ?? [],
  };
  const next = withRecord(verdict.exposure ? exposed(state, verdict.exposure, context) : state, record);
  const left = verdict.exposure ? withoutAsked(next, ask) : next;
  return { state: left, decision: replyOf(record, left, context) };
}

/** What waited has had its moment, in either arm. Whoever was not shown it for another reason may be yet. */
function withoutAsked(state: JourneyState, { on }: Ask): JourneyState {
  const { waiting } = state;
  if (!waiting?.some((one) => one.on === on)) return state;
  return { ...state, waiting: waiting.filter((one) => one.on !== on) };
}

/** What a journey is judged with before anybody has asked. */
export type Announcing = Pick<AnswerContext, "visitor" | "now" | "journey" | "campaigns">;

/**
 * The trigger that a page of the visitor is to ask by now, because a server has told something: the one that has waited longest
 * of those whose campaign would have its moment here and now; null for none.
 */
export function announced(state: JourneyState, { visitor, now, journey, campaigns }: Announcing): string | null {
  const { waiting = [], consent, records, reservations } = state;
  if (waiting.length === 0) return null;
  const progress = progressOf(state.folded, journey);
  const attributes = { ...attributesOf(subjectOf(progress), journey), scores: {} };
  const { features } = progress;
  const input = {
    askAgeMs: 0,
    now,
    visitor,
    consent,
    features,
    scores: {},
    campaigns,
    minimums: {},
    records,
    reservations,
    waiting,
    attributes,
  };
  return waiting.find(({ on }) => decide({ ...input, on }).exposure !== null)?.on ?? null;
}

/**
 * The score that the trigger speaks of, by the object's own model at the moment of the ask. Where the edge cannot run
 * it, the page's own, marked unverified. Empty where the trigger is no score, or `scoring` is not granted.
 */
function scoresFor(
  ask: Ask,
  {
    state,
    features,
    askedAt,
    context,
  }: { state: JourneyState; features: FeatureState; askedAt: number; context: AnswerContext },
): { scores: Partial<Record<ScoreName, Score>>; unverified: boolean } {
  const name = (["stall", "intent"] as const).find((n) => ask.on.startsWith(`${n}.`));
  if (!name || !permits(state.consent, "scoring")) return { scores: {}, unverified: false };
  const { journey, thresholds } = context;
  const runner = context.runners[name];
  const value = runner ? runner.run(toVector(features, journey, askedAt)) : ask.score;
  if (value === null) return { scores: {}, unverified: true };
  const judged = score(
    { name, value, model: runner?.version ?? ask.model ?? "", engine: runner ? "compact" : "page" },
    thresholds[name],
    { state: features, journey, now: askedAt },
  );
  return { scores: { [name]: judged }, unverified: !runner };
}

/** Reserves for the treated; counts for the held-out what would have been shown. Both leave the same exposure. */
function exposed(
  state: JourneyState,
  { campaign, variant }: { campaign: Campaign; variant: "treated" | "holdout" },
  { now, reservationId }: AnswerContext,
): JourneyState {
  const { id, version, cap } = campaign;
  const before = state.records[id] ?? { variant, countedAt: [], exposedAt: now };
  const countedAt = variant === "holdout" ? [...before.countedAt, now].slice(-cap.count) : before.countedAt;
  const records = { ...state.records, [id]: { ...before, variant, countedAt } };
  if (variant === "holdout") return { ...state, records };
  const reservation = { id: reservationId, campaign: id, version, at: now, state: "open" } as const;
  return { ...state, records, reservations: [...state.reservations, reservation].slice(-RESERVATIONS_KEPT) };
}

function withRecord(state: JourneyState, record: DecisionRecord): JourneyState {
  return { ...state, decisions: [...state.decisions, record].slice(-DECISIONS_KEPT) };
}

/**
 * The reply that a record stands for. Content comes from the configuration that is in force: what was stopped or
 * replaced since is not shown, even to an ask that was answered before.
 */
function replyOf(record: DecisionRecord, state: JourneyState, context: AnswerContext): Decision {
  const { campaigns, minimums, now } = context;
  const { ask, reason, why } = record;
  const reservation = state.reservations.find((r) => r.id === record.reservation);
  const campaign = campaigns.find((c) => c.id === reservation?.campaign && c.version === reservation.version);
  if (!reservation) return { ask, verdict: "none", reason };
  if (!permits(state.consent, "personalization")) return { ask, verdict: "none", reason: "no-consent" };
  if (!campaign || isStopped(campaign, minimums)) return { ask, verdict: "none", reason: "paused" };
  return {
    ask,
    verdict: "show",
    reason,
    reservation: reservation.id,
    campaign: campaign.id,
    version: campaign.version,
    variant: "treated",
    expiresInMs: Math.max(0, RESERVATION_MS - (now - reservation.at)),
    content: campaign.content as NudgeContent,
    why,
    ...(record.score?.unverified ? { unverified: true } : {}),
  };
}
