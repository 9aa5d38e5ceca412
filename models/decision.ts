import { assign } from "./assignment.ts";
import type { Campaign } from "./campaign.ts";
import { permits, type Stamp } from "./consent.ts";
import type { FeatureState } from "./features.ts";
import type { CampaignRecord, Reservation, Variant } from "./outcome.ts";
import { evaluate } from "./rules.ts";
import type { Score } from "./score.ts";
import type { Band, ScoreName } from "./site-config.ts";
import { triggerKey } from "./stage.ts";
import { EVERY_CAMPAIGN } from "./stops.ts";
import { isWaiting, type Waiting } from "./waiting.ts";
import { ASK_VALID_MS, type Considered, type DecisionReason, RESERVATION_COUNTED_MS } from "./wire.ts";

/** Everything that decides about one ask. Times in ms since 1970 by the edge's clock. */
export interface DecisionInput {
  on: string;
  /** How long ago the page asked, when it sent the ask, ms by its own clock. */
  askAgeMs: number;
  now: number;
  visitor: string;
  consent: Stamp;
  features: FeatureState;
  scores: Partial<Record<ScoreName, Score>>;
  campaigns: readonly Campaign[];
  /** Campaign id to the least version that may still be shown: the kill switch. */
  minimums: Record<string, number>;
  records: Record<string, CampaignRecord>;
  reservations: readonly Reservation[];
  /** What servers have told, and no page has asked by yet. */
  waiting: readonly Waiting[];
  /** What audiences speak of. */
  attributes: Record<string, unknown>;
}

export interface Verdict {
  /** The campaign whose moment this is: shown to the treated, only recorded for the held-out. */
  exposure: { campaign: Campaign; variant: Variant } | null;
  /** The answer's one reason: that of the exposure, else of the first campaign considered. */
  reason: DecisionReason;
  /** Every campaign that listens to this trigger, in declared order, with why it was chosen or not. */
  considered: Considered[];
}

/**
 * Decides about one ask. Campaigns are judged in declared order, and the first that passes has the moment, whether its
 * visitor is treated or held out: so both arms of one campaign meet the same world. Pure: the same input, the same answer.
 */
export function decide(input: DecisionInput): Verdict {
  if (input.askAgeMs > ASK_VALID_MS) return { exposure: null, reason: "stale-ask", considered: [] };
  const considered: Considered[] = [];
  let exposure: Verdict["exposure"] = null;
  for (const campaign of input.campaigns) {
    if (triggerKey(campaign.trigger) !== input.on) continue;
    let reason = whyNot(campaign, input) ?? (exposure ? "another-chosen" : null);
    if (reason === null) {
      const variant = input.records[campaign.id]?.assigned ?? assign(input.visitor, campaign).variant;
      exposure = { campaign, variant };
      reason = variant === "treated" ? "chosen" : "holdout";
    }
    considered.push({ campaign: campaign.id, version: campaign.version, reason });
  }
  const chosen = considered.find((c) => c.reason === "chosen" || c.reason === "holdout");
  return { exposure, reason: chosen?.reason ?? considered[0]?.reason ?? "no-campaign", considered };
}

/** The first bar that a campaign fails, or null. Consent first: without it nothing else about the visitor is read. */
function whyNot(campaign: Campaign, input: DecisionInput): DecisionReason | null {
  const { trigger, stages, audience } = campaign;
  if (!permits(input.consent, "personalization")) return "no-consent";
  if (trigger.kind === "score" && !permits(input.consent, "scoring")) return "no-consent";
  if (isStopped(campaign, input.minimums)) return "paused";
  if (input.features.goal) return "goal-reached";
  if (stages && !stages.includes(input.features.stage)) return "other-stage";
  if (trigger.kind === "stage" && trigger.stage !== input.features.stage) return "other-stage";
  if (trigger.kind === "touchpoint" && !isWaiting(campaign, input.waiting, input.now)) return "nothing-waits";
  if (trigger.kind === "score" && !reaches(input.scores[trigger.score]?.band, trigger.band)) return "band-not-reached";
  if (audience && !evaluate(audience, input.attributes)) return "not-in-audience";
  if (isCapped(campaign, input)) return "capped";
  return input.reservations.some((r) => isHeld(r, input.now)) ? "another-reserved" : null;
}

/** Whether a campaign may not be shown any more: paused, or below the least version of the kill switch. */
export function isStopped({ id, status, version }: Campaign, minimums: Record<string, number>): boolean {
  const isBelow = version < (minimums[id] ?? 0) || version < (minimums[EVERY_CAMPAIGN] ?? 0);
  return status === "paused" || isBelow;
}

function reaches(band: Band | undefined, wanted: "medium" | "high"): boolean {
  return band === "high" || band === wanted;
}

/** Whether a reservation is still waiting for its report. Silence for `RESERVATION_COUNTED_MS` gives it back. */
function isHeld(reservation: Reservation, now: number): boolean {
  return reservation.state === "open" && now - reservation.at < RESERVATION_COUNTED_MS;
}

/** Whether the cap leaves no showing. What is counted is in the record; an open reservation counts as a showing. */
function isCapped({ id, cap }: Campaign, { records, reservations, now }: DecisionInput): boolean {
  const counted = records[id]?.countedAt.filter((at) => now - at < cap.windowMs).length ?? 0;
  const held = reservations.filter((r) => r.campaign === id && isHeld(r, now)).length;
  return counted + held >= cap.count;
}
