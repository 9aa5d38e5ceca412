import { isHeldOut } from "./assignment.ts";
import { audienceOf } from "./audience.ts";
import { CAP_COUNT_MAX, type Campaign } from "./campaign.ts";
import { permits } from "./consent.ts";
import { filledContent } from "./content-text.ts";
import { type DecisionInput, decide, isStopped } from "./decision.ts";
import { type FeatureState, toVector } from "./features.ts";
import { progressOf } from "./journey.ts";
import type { DecisionRecord, JourneyState } from "./journey-state.ts";
import { withExposure } from "./measure.ts";
import { keptReservations, type Lease, rememberedRecords } from "./outcome.ts";
import { isOff } from "./reaction.ts";
import { RESERVATION_MS } from "./report-time.ts";
import type { WallClocks } from "./schedule.ts";
import { type Score, score } from "./score.ts";
import type { Journey, ScoreName, SiteConfig } from "./site-config.ts";
import { SKEW_MIN_MS } from "./streams.ts";
import { type Waiting, waitingOf, withoutWaiting } from "./waiting.ts";
import type { Ask, Decision } from "./wire.ts";

/** Decisions that stay in the state; all are in the history. */
const DECISIONS_KEPT = 20;
/** Campaigns whose reasons stay with a decision; all of those that listened are in the history. */
export const CONSIDERED_KEPT = 12;

/** A model that the edge can run: float32 vector in, probability-like number 0..1 out. */
export interface Runner {
  version: string;
  run: (x: Float32Array) => number;
}

/** One variant of a campaign, shown to whoever tries it out. */
export interface Preview {
  campaign: string;
  variant: string;
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
  site: SiteConfig;
  minimums: Record<string, number>;
  runners: Partial<Record<ScoreName, Runner>>;
  clocks: WallClocks;
  /** What the visitor reads, "" where that is not known. */
  language?: string;
  /** By campaign with a budget: what this ask was given of it, or null: nothing is left. */
  leases?: Record<string, Lease | null>;
  /** What the ask's link shows, where it is a genuine one. */
  preview?: Preview | undefined;
}

/** An answered ask, and the campaign whose moment it was. */
export interface Answered {
  state: JourneyState;
  decision: Decision;
  /** Everything that was considered; the state keeps the first of those that listened. */
  record: DecisionRecord | null;
  exposure: { campaign: Campaign; arm: string } | null;
}

/**
 * Answers one ask and records why. The same ask gets the same answer and the same reservation again, however often
 * it comes: its reply may have been lost.
 */
export function answer(state: JourneyState, ask: Ask, context: AnswerContext): Answered {
  const nothing = { state, record: null, exposure: null };
  const known = state.decisions.find((record) => record.ask === ask.ask);
  if (known) return { ...nothing, decision: replyOf(known, state, context) };
  // Who has withdrawn leaves no trace of having asked (B15).
  if (!permits(state.consent, "analytics") || state.restrictedAt) {
    return { ...nothing, decision: { ask: ask.ask, verdict: "none", reason: "no-consent" } };
  }
  if (ask.preview !== undefined) return { ...nothing, decision: previewOf(state, ask, context) };
  const { now, site } = context;
  const [journey] = site.journeys as [Journey];
  // Not cut to now: where the clocks differ by a travel time, that would shorten the silence that is being judged.
  const askedAt = Math.min(ask.at + context.skewMs, now + SKEW_MIN_MS);
  const progress = progressOf(state.folded, journey);
  const { features } = progress;
  const { scores, unverified } = scoresFor(ask, { state, features, askedAt, context });
  const input = decisionInput(state, { ...context, on: ask.on, askAgeMs: context.sentAt - ask.at, scores });
  const verdict = decide(input);
  const judged = Object.values(scores)[0];
  const isShown = verdict.exposure !== null && !isHeldOut(verdict.exposure.arm);
  const record: DecisionRecord = {
    ask: ask.ask,
    at: now,
    on: ask.on,
    config: context.config,
    score: judged ? { value: judged.value, model: judged.model, page: ask.score, unverified } : null,
    considered: verdict.considered.filter(({ reason }) => reason !== "other-trigger"),
    reason: verdict.reason,
    reservation: isShown ? context.reservationId : null,
    why: judged?.why ?? [],
  };
  // By the touchpoints' own clock, which a page's may lag behind by what is not told from a travel time.
  const at = Math.min(now, askedAt);
  const { exposure } = verdict;
  const next = withRecord(exposure ? exposed(state, { ...exposure, on: ask.on, at }, context) : state, record);
  return { state: next, decision: replyOf(record, next, context), record, exposure };
}

/** What is decided about, as of a moment. */
export function decisionInput(
  state: JourneyState,
  {
    site,
    clocks,
    now,
    visitor,
    minimums,
    leases = {},
    on,
    askAgeMs,
    scores,
  }: Pick<AnswerContext, "site" | "clocks" | "now" | "visitor" | "minimums" | "leases"> &
    Pick<DecisionInput, "on" | "askAgeMs" | "scores">,
): DecisionInput {
  const progress = progressOf(state.folded, site.journeys[0] as Journey);
  const values = Object.entries(scores).map(([name, { value }]) => [name, value]);
  return {
    on,
    askAgeMs,
    now,
    visitor,
    consent: state.consent,
    features: progress.features,
    scores,
    campaigns: site.campaigns,
    rules: { frequency: site.frequency, everywhere: site.holdout, timeZone: site.timeZone, clocks },
    minimums,
    records: state.records,
    reservations: state.reservations,
    waiting: waitingOf(state, now),
    spent: Object.keys(leases).filter((campaign) => leases[campaign] === null),
    isOff: isOff(state),
    attributes: { ...audienceOf(state, progress, { site, clocks, now }), scores: Object.fromEntries(values) },
  };
}

/** Whether something has waited for this campaign's moment. What is due later, or has met another's condition, is of another. */
function isOf(campaign: string, on: string): (one: Waiting) => boolean {
  return (one) => one.on === on && (one.for === undefined || one.for === campaign);
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
  const { journeys, thresholds } = context.site;
  const [journey] = journeys as [Journey];
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

/**
 * Reserves for the treated; counts for the held-out what would have been shown. All leave the same exposure, and what waited
 * for it has had its moment: whoever was not shown it for another reason may be yet.
 */
function exposed(
  before: JourneyState,
  { campaign, arm, on, at }: { campaign: Campaign; arm: string; on: string; at: number },
  { now, reservationId, site, leases = {} }: AnswerContext,
): JourneyState {
  const { id, version, kind } = campaign;
  const waited = waitingOf(before, now).findLast(isOf(id, on));
  const state = waited ? withoutWaiting(before, isOf(id, on)) : before;
  const known = state.records[id] ?? { variant: arm, countedAt: [], exposedAt: now };
  const countedAt = isHeldOut(arm) ? [...known.countedAt, now].slice(-CAP_COUNT_MAX) : known.countedAt;
  const records = rememberedRecords({ ...state.records, [id]: { ...known, kind, variant: arm, countedAt } });
  const measured = withExposure({ ...state, records }, { campaign, arm, site, at });
  if (isHeldOut(arm)) return measured;
  const lease = leases[id];
  const taken = { ...(lease ? { lease } : {}), ...(waited ? { waited } : {}) };
  const reservation = { id: reservationId, campaign: id, version, arm, ...taken, at: now, state: "open" } as const;
  return { ...measured, reservations: keptReservations([...state.reservations, reservation], now) };
}

function withRecord(state: JourneyState, record: DecisionRecord): JourneyState {
  const short = { ...record, considered: record.considered.slice(0, CONSIDERED_KEPT) };
  return { ...state, decisions: [...state.decisions, short].slice(-DECISIONS_KEPT) };
}

/**
 * The reply that a record stands for. Content comes from the configuration that is in force: what was stopped or
 * replaced since is not shown, even to an ask that was answered before.
 */
function replyOf(record: DecisionRecord, state: JourneyState, context: AnswerContext): Decision {
  const { site, minimums, now } = context;
  const { ask, reason, why } = record;
  const reservation = state.reservations.find((r) => r.id === record.reservation);
  const campaign = site.campaigns.find((c) => c.id === reservation?.campaign && c.version === reservation.version);
  if (!reservation) return { ask, verdict: "none", reason };
  if (!permits(state.consent, "personalization")) return { ask, verdict: "none", reason: "no-consent" };
  if (!campaign || isStopped(campaign, minimums)) return { ask, verdict: "none", reason: "paused" };
  const { arm = "treated", lease } = reservation;
  return {
    ask,
    verdict: "show",
    reason,
    reservation: reservation.id,
    ...shown(state, { campaign, arm, code: lease?.code }, context),
    expiresInMs: Math.max(0, RESERVATION_MS - (now - reservation.at)),
    why,
    ...(record.score?.unverified ? { unverified: true } : {}),
  };
}

/** What a page is to show of a campaign. */
function shown(
  state: JourneyState,
  { campaign, arm, code }: { campaign: Campaign; arm: string; code: string | undefined },
  { site, clocks, now, language = "" }: AnswerContext,
): Partial<Decision> {
  const { id, version, kind } = campaign;
  const attributes = audienceOf(state, progressOf(state.folded, site.journeys[0] as Journey), { site, clocks, now });
  const filled = filledContent(campaign, arm, { language, siteLanguage: site.consent.language, attributes, code });
  const done = kind === "checklist" ? { done: state.ticked?.[id] ?? [] } : {};
  return { campaign: id, version, variant: arm, kind, ...filled, ...done };
}

/** What stands in a preview where a visitor would get a code of the campaign's list. */
const PREVIEW_CODE = "PREVIEW";

/** Shows a variant to whoever tries it out, whatever holds for visitors: nothing is reserved, counted or remembered. */
function previewOf(state: JourneyState, { ask }: Ask, context: AnswerContext): Decision {
  const { preview, site } = context;
  const campaign = site.campaigns.find(({ id }) => id === preview?.campaign);
  if (!permits(state.consent, "personalization")) return { ask, verdict: "none", reason: "no-consent" };
  if (!campaign || !preview) return { ask, verdict: "none", reason: "no-campaign" };
  const what = shown(state, { campaign, arm: preview.variant, code: PREVIEW_CODE }, context);
  return { ask, verdict: "show", reason: "preview", ...what, expiresInMs: RESERVATION_MS, why: [] };
}
