import type { Campaign, Trigger } from "./campaign.ts";
import { isOutcome, type Outcome } from "./outcome.ts";
import { evaluate } from "./rules.ts";
import { triggerKey } from "./stage.ts";
import type { Props, Touchpoint } from "./touchpoint.ts";
import { bothWaiting, isConditional, type Waiting } from "./waiting.ts";

/** What has happened that campaigns may wait for. */
export type Happened =
  | { kind: "touchpoint"; name: string; props: Props; page: boolean }
  | { kind: "returning"; awayMs: number }
  | { kind: "outcome"; campaign: string; outcome: Outcome };

/** What touchpoints that were just accepted come to. `isServer`: who told them. */
export function happenedBy(touchpoints: readonly Touchpoint[], isServer: boolean): Happened[] {
  return touchpoints.map(({ type, name, props }): Happened => {
    const { outcome, campaign } = props;
    return type === "outcome" && isOutcome(outcome)
      ? { kind: "outcome", campaign: typeof campaign === "string" ? campaign : name, outcome }
      : { kind: "touchpoint", name, props, page: !isServer };
  });
}

/** What waits after what has happened just now: each once, as of its last time. */
export function withWaiting(
  waiting: readonly Waiting[],
  happened: readonly Happened[],
  { campaigns, now }: { campaigns: readonly Campaign[]; now: number },
): Waiting[] {
  const told = campaigns.flatMap(({ id, status, trigger }) => {
    const last = status === "live" ? happened.findLast((one) => fires(trigger, one)) : undefined;
    return last ? [waitingFor(id, trigger, { last, now })] : [];
  });
  return told.length > 0 ? bothWaiting(waiting, told, now) : [...waiting];
}

function fires(trigger: Trigger, happened: Happened): boolean {
  if (trigger.kind === "touchpoint" && happened.kind === "touchpoint") {
    return trigger.name === happened.name && (!trigger.where || evaluate(trigger.where, happened.props));
  }
  if (trigger.kind === "returning" && happened.kind === "returning") return happened.awayMs >= (trigger.awayMs ?? 0);
  return (
    trigger.kind === "outcome" &&
    happened.kind === "outcome" &&
    trigger.campaign === happened.campaign &&
    trigger.outcome === happened.outcome
  );
}

function waitingFor(id: string, trigger: Trigger, { last, now }: { last: Happened; now: number }): Waiting {
  const afterMs = trigger.kind === "outcome" ? (trigger.afterMs ?? 0) : 0;
  return {
    on: triggerKey(trigger),
    at: now + afterMs,
    ...(isConditional(trigger) ? { for: id } : {}),
    ...(last.kind === "touchpoint" && last.page ? { page: true } : {}),
  };
}
