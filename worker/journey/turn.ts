import { visitsOf } from "../../models/about.ts";
import { announced } from "../../models/announce.ts";
import type { Entry } from "../../models/entry.ts";
import { shifted } from "../../models/features.ts";
import { historyOf, historyOfDecision } from "../../models/history-of.ts";
import { isLate, progressOf } from "../../models/journey.ts";
import type { Accepted, JourneyState } from "../../models/journey-state.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { skewOfAsks } from "../../models/streams.ts";
import { type Leases, type Turn, takeTurn } from "../../models/turn.ts";
import { wallClocks } from "../clocks.ts";
import { base64url } from "../keys.ts";
import { RUNNERS } from "../models.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { Unheard } from "./store.ts";

/** One turn with this edge's clocks, models and dice. */
export function turnAt(
  now: number,
  { before, call, config }: { before: JourneyState; call: CollectCall; config: SiteConfig },
  { leases, erasedAt }: { leases: Leases; erasedAt: number },
): Turn {
  const reservationId = () => base64url(crypto.getRandomValues(new Uint8Array(16)));
  const clocks = wallClocks(config, now);
  return takeTurn(before, call, { config, now, leases, erasedAt, clocks, runners: RUNNERS, reservationId });
}

/** Of what open pages hear at once: what has just happened, and no history. */
export function liveEntries({ stamp, live }: CollectCall, { accepted }: Turn): Entry[] {
  return stamp !== null || live === true ? accepted.map(({ entry }) => entry) : [];
}

/** What a site counts of a turn, beside what its page is answered. */
function countsOf(
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
  { accepted, answered }: Turn,
  { home, push }: JourneyState,
  { config, now }: { config: SiteConfig; now: number },
): Unheard {
  if (!home) return [];
  const [journey] = config.journeys as [Journey];
  const decided = answered.flatMap(({ record }) => (record ? [record] : []));
  const place = { person: home.person, journey: journey.id, config: home.config, receivedAt: now };
  const rows = [...historyOf(accepted, place), ...decided.map((record) => historyOfDecision(record, place))];
  // A decision alone waits for the next push.
  return rows.length > 0 ? [[accepted.length > 0 ? push.no : push.no + 1, rows]] : [];
}

/** What the Worker is told of a turn. `after`: what is kept now, which may know more than the turn does. */
export function resultOf(
  { state, receipt, answered }: Turn,
  call: CollectCall,
  { before, after, config, now }: { before: JourneyState; after: JourneyState; config: SiteConfig; now: number },
): CollectResult {
  const { acked, refused, duplicates, accepted, consent } = receipt;
  const [journey] = config.journeys as [Journey];
  const hasOthers = Object.keys(state.streams).length > call.streams.length || state.messages !== undefined;
  const skewMs = skewOfAsks(state.streams, call.streams, 0);
  return {
    acked,
    refused,
    duplicates,
    decisions: answered.map(({ decision }) => decision),
    consent,
    features: hasOthers ? shifted(progressOf(state.folded, journey).features, -skewMs) : null,
    bornAt: after.bornAt,
    ...countsOf(accepted, { before, after: state }, journey),
    ...(call.stamp ? waitsOf(after, { config, visitor: call.visitor, now }) : {}),
  };
}

/** What a reply says of what waits: what a page of the visitor is to ask by, and in how long. */
export function waitsOf(
  state: JourneyState,
  { config, visitor, now }: { config: SiteConfig; visitor: string; now: number },
): Pick<CollectResult, "on" | "onInMs"> {
  if (!state.waiting?.length) return {};
  const next = announced(state, { visitor, now, site: config, clocks: wallClocks(config, now) });
  if (!next) return {};
  return { on: next.on, ...(next.inMs > 0 ? { onInMs: next.inMs } : {}) };
}
