import { armOf, inNamespace, isHeldOut } from "./assignment.ts";
import { ARMS, type Campaign, type Exclusion, type Frequency } from "./campaign.ts";
import { permits, type Stamp } from "./consent.ts";
import type { CampaignKind } from "./content.ts";
import type { FeatureState } from "./features.ts";
import { type CampaignRecord, isHeld, type Reservation } from "./outcome.ts";
import { evaluate } from "./rules.ts";
import { isWithin, restsBy, SITE_ZONE, type WallClocks } from "./schedule.ts";
import type { Score } from "./score.ts";
import type { Band, ScoreName } from "./site-config.ts";
import { triggerKey } from "./stage.ts";
import { EVERY_CAMPAIGN } from "./stops.ts";
import { DAY_MS } from "./visit.ts";
import { isWaiting, type Waiting, waits } from "./waiting.ts";
import { ASK_VALID_MS, type Considered, type DecisionReason } from "./wire.ts";

/** How long “less like this” keeps the other campaigns of its kind away. */
export const LESS_MS = 30 * DAY_MS;

/** What a site says of all its campaigns. */
export interface CampaignRules {
  frequency?: Frequency | undefined;
  /** Share of the visitors who are never shown any campaign. */
  everywhere?: number | undefined;
  /** The site's own zone. */
  timeZone?: string | undefined;
  clocks: WallClocks;
}

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
  rules: CampaignRules;
  /** Campaign id to the least version that may still be shown: the kill switch. */
  minimums: Record<string, number>;
  records: Record<string, CampaignRecord>;
  reservations: readonly Reservation[];
  /** What was told, and no page has asked by yet. */
  waiting: readonly Waiting[];
  /** Campaigns with a budget of which nothing is left for this visitor. */
  spent: readonly string[];
  /** Whether the visitor turned all campaigns off, and has not agreed to them since. */
  isOff: boolean;
  /** What audiences speak of. */
  attributes: Record<string, unknown>;
}

export interface Verdict {
  /** The campaign whose moment this is: shown to the arms that are shown something, only recorded for the held-out. */
  exposure: { campaign: Campaign; arm: string } | null;
  /** The answer's one reason: that of the exposure, else of the first campaign that listens. */
  reason: DecisionReason;
  /** Every campaign, in the order in which they were judged, with why it was chosen or not. */
  considered: Considered[];
}

/**
 * Decides about one ask. Campaigns are judged by priority and then in declared order, and the first that passes has the
 * moment, whether its visitor is treated or held out: so all arms of one campaign meet the same world. Pure: the same
 * input, the same answer.
 */
export function decide(input: DecisionInput): Verdict {
  if (input.askAgeMs > ASK_VALID_MS) return { exposure: null, reason: "stale-ask", considered: [] };
  const considered: Considered[] = [];
  let exposure: Verdict["exposure"] = null;
  let made: Past | undefined;
  const past = () => {
    made ??= pastOf(input);
    return made;
  };
  for (const campaign of inOrder(input.campaigns)) {
    let reason = whyNot(campaign, input, past) ?? (exposure ? "another-chosen" : null);
    if (reason === null) {
      const arm = armFor(campaign, input);
      exposure = { campaign, arm };
      reason = arm === "holdout" || arm === "global-holdout" ? arm : "chosen";
    }
    considered.push({ campaign: campaign.id, version: campaign.version, reason });
  }
  const chosen = considered.find(({ reason }) => CHOSEN.includes(reason));
  const listening = considered.find(({ reason }) => reason !== "other-trigger");
  return { exposure, reason: chosen?.reason ?? listening?.reason ?? "no-campaign", considered };
}

/** By the list that they are of: a configuration is asked about thousands of times. */
const orders = new WeakMap<readonly Campaign[], readonly Campaign[]>();

/** Campaigns by priority, and then as they are declared. */
function inOrder(campaigns: readonly Campaign[]): readonly Campaign[] {
  const known = orders.get(campaigns);
  if (known) return known;
  const ordered = campaigns.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
  orders.set(campaigns, ordered);
  return ordered;
}

/** Reasons of the one campaign whose moment it is. */
const CHOSEN: readonly DecisionReason[] = ["chosen", "holdout", "global-holdout"];

/**
 * The arm of a campaign that a person is in. One whose journeys became one keeps the arm that came first, and whoever was
 * shown a variant goes on with it, also where weights have changed, as long as there is such an arm. Held out of all
 * campaigns once is held out of all, under whatever name the person is known by then.
 */
function armFor(campaign: Campaign, { records, visitor, rules }: DecisionInput): string {
  const { assigned, variant } = records[campaign.id] ?? {};
  const arms = campaign.variants?.map(({ id }) => id) ?? [ARMS.treated];
  if (assigned && (isHeldOut(assigned) || arms.includes(assigned))) return assigned;
  const isOut = rules.everywhere && Object.values(records).some((one) => one.variant === ARMS.everywhere);
  const arm = isOut ? ARMS.everywhere : armOf(visitor, campaign, rules.everywhere);
  return !isHeldOut(arm) && variant && arms.includes(variant) ? variant : arm;
}

/**
 * The first bar that a campaign fails, or null. Consent first: without it nothing else about the visitor is read. Then
 * what the team says of it, then what the visitor does, then what was shown before.
 */
function whyNot(campaign: Campaign, input: DecisionInput, past: () => Past): DecisionReason | null {
  const { trigger } = campaign;
  if (triggerKey(trigger) !== input.on) return "other-trigger";
  if (!permits(input.consent, "personalization")) return "no-consent";
  if (trigger.kind === "score" && !permits(input.consent, "scoring")) return "no-consent";
  return (
    (input.isOff ? "turned-off" : null) ??
    whyRests(campaign, input) ??
    whyElsewhere(campaign, input) ??
    whyEnough(campaign, input, past)
  );
}

/** What the team says: its life, the kill switch, its times. */
function whyRests(campaign: Campaign, { minimums, rules }: DecisionInput): DecisionReason | null {
  const { status, schedule } = campaign;
  if (status === "draft" || status === "ended") return status;
  if (isStopped(campaign, minimums)) return "paused";
  const { timeZone = SITE_ZONE, frequency, clocks } = rules;
  const clockOf = (zone: string) => clocks[zone] ?? "";
  if (isWithin(frequency?.quiet ?? [], clockOf(timeZone))) return "quiet-hours";
  return schedule ? restsBy(schedule, clockOf(schedule.timeZone ?? timeZone)) : null;
}

/** Where the visitor is, and who they are. */
function whyElsewhere(campaign: Campaign, input: DecisionInput): DecisionReason | null {
  const { trigger, stages, audience, exclusion } = campaign;
  const { features, scores, waiting, now } = input;
  if (features.goal && !AFTER_GOAL.includes(trigger.kind)) return "goal-reached";
  if (stages && !stages.includes(features.stage)) return "other-stage";
  if (trigger.kind === "stage" && trigger.stage !== features.stage) return "other-stage";
  if (waits(trigger) && !isWaiting(campaign, waiting, now)) return "nothing-waits";
  if (trigger.kind === "score" && !reaches(scores[trigger.score]?.band, trigger.band)) return "band-not-reached";
  if (exclusion && !isInGroup(campaign, exclusion, input)) return "other-group";
  return audience && !evaluate(audience, input.attributes) ? "not-in-audience" : null;
}

/** What leads to the goal has nothing to say once that is reached; what answers something, and the goal's own stage, has. */
const AFTER_GOAL: readonly string[] = ["touchpoint", "returning", "outcome", "stage"];

/** Whoever has met one campaign of a group stays with that, under whatever name they are known by then. */
function isInGroup(
  { id }: Campaign,
  { group, from, to }: Exclusion,
  { campaigns, records, visitor }: DecisionInput,
): boolean {
  if (records[id]) return true;
  const hasOther = campaigns.some((other) => other.exclusion?.group === group && records[other.id]);
  return !hasOther && inNamespace(visitor, [group, from, to]);
}

/** What was shown before, and what the visitor said of it. */
function whyEnough(campaign: Campaign, input: DecisionInput, past: () => Past): DecisionReason | null {
  const { id, kind, againAfterMs = Number.POSITIVE_INFINITY } = campaign;
  const { now, records, reservations, spent } = input;
  const { dismissedAt, lessAt } = records[id] ?? {};
  if (lessAt !== undefined) return "less-wanted";
  if (dismissedAt !== undefined && now - dismissedAt < againAfterMs) return "dismissed";
  if (past().less.has(kind)) return "less-wanted";
  return (
    capped(campaign, input, past) ??
    (spent.includes(id) ? "no-budget" : null) ??
    (reservations.some((r) => isHeld(r, now)) ? "another-reserved" : null)
  );
}

/** What the records say of all campaigns together: made once a decision, and only where it comes to that. */
interface Past {
  /** Kinds of which the visitor wants less at the moment. */
  less: Set<CampaignKind>;
  /** Showings by kind, "" where that is not known any more, ms since 1970. */
  shown: { kind: CampaignKind | ""; times: number[] }[];
  all: number[];
}

function pastOf(input: DecisionInput): Past {
  const { campaigns, records, reservations, now } = input;
  const kinds = new Map<string, CampaignKind>(campaigns.map(({ id, kind }) => [id, kind]));
  const kindOf = (id: string): CampaignKind | "" => records[id]?.kind ?? kinds.get(id) ?? "";
  const less = Object.entries(records).flatMap(([id, { lessAt }]) =>
    lessAt !== undefined && now - lessAt < LESS_MS ? [kindOf(id)] : [],
  );
  const every = new Set([...Object.keys(records), ...reservations.map(({ campaign }) => campaign)]);
  const shown = [...every].map((id) => ({ kind: kindOf(id), times: timesOf(id, input) }));
  return {
    less: new Set(less.filter((kind) => kind !== "")),
    shown,
    all: shown.flatMap(({ times }) => times),
  };
}

/**
 * Whether a cap leaves no showing: its own, the site's, or the gap between two. What is counted is in the records: the
 * held-out count as if they had been shown. An open reservation counts as a showing.
 */
function capped({ id, kind, cap }: Campaign, input: DecisionInput, past: () => Past): DecisionReason | null {
  const { now, features, rules } = input;
  const own = timesOf(id, input);
  const visitFrom = features.visitAt - 1;
  if (since(own, now - cap.windowMs) >= cap.count) return "capped";
  if (cap.perVisit !== undefined && since(own, visitFrom) >= cap.perVisit) return "capped";
  if (!rules.frequency) return null;
  const { caps = [], perVisit, minGapMs } = rules.frequency;
  const { shown, all } = past();
  if (perVisit !== undefined && since(all, visitFrom) >= perVisit) return "too-frequent";
  for (const { count, windowMs, kinds } of caps) {
    if (kinds && !kinds.includes(kind)) continue;
    const counted = kinds ? shown.filter((one) => one.kind !== "" && kinds.includes(one.kind)) : shown;
    if (counted.reduce((sum, { times }) => sum + since(times, now - windowMs), 0) >= count) return "too-frequent";
  }
  return minGapMs !== undefined && since(all, now - minGapMs) > 0 ? "too-soon" : null;
}

/** How many times lie after one, ms since 1970. */
function since(times: readonly number[], from: number): number {
  return times.filter((at) => at > from).length;
}

/** When a campaign was shown, ms since 1970; what may be shown any moment counts as of now. */
function timesOf(campaign: string, { records, reservations, now }: DecisionInput): number[] {
  const held = reservations.filter((r) => r.campaign === campaign && isHeld(r, now)).map(() => now);
  return [...(records[campaign]?.countedAt ?? []), ...held];
}

/** Whether a campaign may not be shown any more: not live, or below the least version of the kill switch. */
export function isStopped({ id, status, version }: Campaign, minimums: Record<string, number>): boolean {
  const isBelow = version < (minimums[id] ?? 0) || version < (minimums[EVERY_CAMPAIGN] ?? 0);
  return status !== "live" || isBelow;
}

function reaches(band: Band | undefined, wanted: "medium" | "high"): boolean {
  return band === "high" || band === wanted;
}
