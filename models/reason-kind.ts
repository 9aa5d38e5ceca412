import type { DecisionReason } from "./wire.ts";

/** What a reason comes to for the visitor: the team's word for it would say nothing to them. */
export const REASON_KINDS = ["fits", "none", "elsewhere", "enough", "yours", "consent", "compared", "reached"] as const;
export type ReasonKind = (typeof REASON_KINDS)[number];

/**
 * fits: it fitted; none: nothing is on at the moment; elsewhere: what there is is for another moment or for others;
 * enough: enough was shown already; yours: the visitor closed it, asked for less or turned all off; consent: the visitor has
 * not agreed; compared: the visitor is in a group that is shown nothing, so that it can be told whether it helps; reached: the
 * visitor had what they came for.
 */
export function reasonKind(reason: DecisionReason): ReasonKind {
  switch (reason) {
    case "chosen":
    case "preview":
      return "fits";
    case "no-campaign":
    case "draft":
    case "paused":
    case "ended":
    case "not-scheduled":
    case "quiet-hours":
    case "no-budget":
      return "none";
    case "other-trigger":
    case "stale-ask":
    case "other-stage":
    case "nothing-waits":
    case "band-not-reached":
    case "not-in-audience":
    case "other-group":
      return "elsewhere";
    case "capped":
    case "too-frequent":
    case "too-soon":
    case "another-chosen":
    case "another-reserved":
      return "enough";
    case "turned-off":
    case "dismissed":
    case "less-wanted":
      return "yours";
    case "no-consent":
      return "consent";
    case "holdout":
    case "global-holdout":
      return "compared";
    case "goal-reached":
      return "reached";
  }
}
