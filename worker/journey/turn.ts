import { visitsOf } from "../../models/about.ts";
import { answer } from "../../models/answer.ts";
import { historyOf, historyOfDecision } from "../../models/history-of.ts";
import { isLate } from "../../models/journey.ts";
import type { Accepted, JourneyState } from "../../models/journey-state.ts";
import { withLately } from "../../models/live.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { skewOf, skewOfAsks } from "../../models/streams.ts";
import { withWaiting } from "../../models/waiting.ts";
import type { Decision } from "../../models/wire.ts";
import { base64url } from "../keys.ts";
import { RUNNERS } from "../models.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { Unheard } from "./store.ts";

/** Answers the asks of a batch, one after the other. */
export function answerAll(
  received: JourneyState,
  call: CollectCall,
  { config, now }: { config: SiteConfig; now: number },
): { state: JourneyState; decisions: Decision[] } {
  let state = received;
  const decisions = call.asks.map((ask) => {
    const answered = answer(state, ask, {
      visitor: call.visitor,
      now,
      sentAt: call.sentAt,
      skewMs: skewOfAsks(state.streams, call.streams, skewOf(call.sentAt, now)),
      reservationId: base64url(crypto.getRandomValues(new Uint8Array(16))),
      config: call.config,
      journey: config.journeys[0] as Journey,
      campaigns: config.campaigns,
      minimums: call.minimums,
      thresholds: config.thresholds,
      runners: RUNNERS,
    });
    state = answered.state;
    return answered.decision;
  });
  return { state, decisions };
}

/** What pages are told of a turn that have no line at the moment; and what servers have told, until a page asks by it. */
export function toldLater(
  { lately = {}, waiting = [] }: JourneyState,
  { accepted, isServer }: { accepted: readonly Accepted[]; isServer: boolean },
  { config: { campaigns }, now }: { config: SiteConfig; now: number },
): Pick<JourneyState, "lately" | "waiting"> {
  if (accepted.length === 0) return {};
  const entries = accepted.map(({ entry }) => entry);
  const names = isServer ? accepted.map(({ touchpoint }) => touchpoint.name) : [];
  const waits = withWaiting(waiting, names, { campaigns, now });
  return { lately: withLately(lately, entries, now), ...(waits.length > 0 ? { waiting: waits } : {}) };
}

/** What a site counts of a turn, beside what its page is answered. */
export function countsOf(
  accepted: readonly Accepted[],
  { before, after }: { before: JourneyState; after: JourneyState },
  journey: Journey,
): Required<Pick<CollectResult, "late" | "visits" | "visitors">> {
  const late = accepted.filter(({ entry }) => isLate(before.folded, entry));
  return {
    late: late.map(({ entry: { stream, seq } }) => ({ stream, seq })),
    visits: visitsOf(after, journey) - visitsOf(before, journey),
    visitors: before.bornAt === 0 && accepted.length > 0 ? 1 : 0,
  };
}

/** What the history has not heard of a turn, by the number of the push that brings it. */
export function newsOf(
  accepted: readonly Accepted[],
  { before, after }: { before: JourneyState; after: JourneyState },
  { journey, now }: { journey: Journey; now: number },
): Unheard {
  const { home, push } = after;
  if (!home) return [];
  const place = { person: home.person, journey: journey.id, config: home.config, receivedAt: now };
  const decided = after.decisions.filter((record) => !before.decisions.includes(record));
  const rows = [...historyOf(accepted, place), ...decided.map((record) => historyOfDecision(record, place))];
  // A decision alone waits for the next push.
  return rows.length > 0 ? [[accepted.length > 0 ? push.no : push.no + 1, rows]] : [];
}
