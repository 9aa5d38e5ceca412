import { visitsOf } from "../../models/about.ts";
import { announced } from "../../models/announce.ts";
import { type Answered, answer } from "../../models/answer.ts";
import { contextOf } from "../../models/attributes.ts";
import type { Entry } from "../../models/entry.ts";
import { matchesEntry } from "../../models/entry-match.ts";
import { shifted } from "../../models/features.ts";
import { type Happened, happenedBy, withWaiting } from "../../models/happened.ts";
import { historyOf, historyOfDecision } from "../../models/history-of.ts";
import { isLate, progressOf } from "../../models/journey.ts";
import {
  type Accepted,
  type DecisionRecord,
  type JourneyState,
  type Receipt,
  receive,
  withTicked,
} from "../../models/journey-state.ts";
import { withLately } from "../../models/live.ts";
import { withResults, withTally } from "../../models/measure.ts";
import type { Lease } from "../../models/outcome.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { skewOf, skewOfAsks } from "../../models/streams.ts";
import { withTraits } from "../../models/traits.ts";
import { utcDay } from "../../models/visit.ts";
import { wallClocks } from "../clocks.ts";
import { base64url } from "../keys.ts";
import { RUNNERS } from "../models.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { Unheard } from "./store.ts";

/** What asks were given of budgets, by ask and campaign; null: nothing is left. `others`: of asks that are not named. */
export interface Leases {
  asks: Record<string, Record<string, Lease | null>>;
  others: Record<string, null>;
}

export const NO_LEASES: Leases = { asks: {}, others: {} };

export interface TurnContext {
  config: SiteConfig;
  /** ms since 1970. */
  now: number;
  leases: Leases;
  /** See `Received`. */
  erasedAt: number;
}

/** What a batch comes to. Nothing of the state before is changed. */
export interface Turn {
  state: JourneyState;
  receipt: Receipt;
  /** As in the receipt. */
  accepted: Accepted[];
  answered: Answered[];
}

/** Of what open pages hear at once: what has just happened, and no history. */
export function liveEntries({ stamp, live }: CollectCall, { accepted }: Turn): Entry[] {
  return stamp !== null || live === true ? accepted.map(({ entry }) => entry) : [];
}

/** Takes a batch: what it brings, what that makes wait, what it did for campaigns, and then what it asks. */
export function takeTurn(before: JourneyState, call: CollectCall, context: TurnContext): Turn {
  const { config, now, erasedAt } = context;
  const [journey] = config.journeys as [Journey];
  const received = {
    ...call,
    receivedAt: now,
    context: call.agent ? contextOf(call.agent) : "",
    excluded: call.excluded ?? ("" as const),
    erasedAt,
  };
  const receipt = receive(before, received, journey);
  const { accepted } = receipt;
  const isServer = call.stamp === null;
  const isLive = !isServer || call.live === true;
  let state = withTraits(receipt.state, accepted, config.traits ?? []);
  if (isLive) state = withWhatWaits(state, { before, accepted, isServer }, context);
  state = withResults(
    withItems(state, accepted, config),
    accepted.map(({ entry }) => entry),
    config,
  );
  const clocks = wallClocks(config, now);
  const answered = call.asks.map((ask) => {
    const one = answer(state, ask, {
      visitor: call.visitor,
      now,
      sentAt: call.sentAt,
      skewMs: skewOfAsks(state.streams, call.streams, skewOf(call.sentAt, now)),
      reservationId: base64url(crypto.getRandomValues(new Uint8Array(16))),
      config: call.config,
      site: config,
      minimums: call.minimums,
      runners: RUNNERS,
      clocks,
      language: call.agent?.language ?? "",
      leases: { ...context.leases.others, ...context.leases.asks[ask.ask] },
      preview: call.previews?.[ask.ask],
    });
    state = one.state;
    return one;
  });
  const keys = [...outcomeKeys(accepted, state), ...answered.flatMap(({ record }) => reasonKeys(record))];
  const day = progressOf(state.folded, journey).visit?.day ?? utcDay(now);
  return { state: withTally(state, keys, { day }), receipt, accepted, answered };
}

/** What is told of a batch to those who have no line at the moment, and what waits for a page to ask by it. */
function withWhatWaits(
  state: JourneyState,
  { before, accepted, isServer }: { before: JourneyState; accepted: readonly Accepted[]; isServer: boolean },
  { config, now }: TurnContext,
): JourneyState {
  if (accepted.length === 0) return state;
  const [journey] = config.journeys as [Journey];
  const happened = happenedBy(
    accepted.map(({ touchpoint }) => touchpoint),
    isServer,
  );
  const came = isServer ? null : returned(before, state, journey);
  const all: Happened[] = came === null ? happened : [...happened, { kind: "returning", awayMs: came }];
  const waiting = withWaiting(state.waiting ?? [], all, { campaigns: config.campaigns, now });
  const entries = accepted.map(({ entry }) => entry);
  return {
    ...state,
    lately: withLately(state.lately ?? {}, entries, now),
    ...(waiting.length > 0 ? { waiting } : {}),
  };
}

/** How long the visitor was away whose visit has begun with a batch, ms; null where none has, or it is the first. */
function returned(before: JourneyState, after: JourneyState, journey: Journey): number | null {
  const { features: was } = progressOf(before.folded, journey);
  const { features: is } = progressOf(after.folded, journey);
  return was.touchpoints > 0 && is.visitsBefore > was.visitsBefore ? is.visitAt - was.lastAt : null;
}

/** The state with the items of checklists that touchpoints have done, shown or not: who has done it need not do it again. */
function withItems(state: JourneyState, accepted: readonly Accepted[], { campaigns }: SiteConfig): JourneyState {
  return campaigns.reduce((next, campaign) => {
    if (campaign.kind !== "checklist" || campaign.status !== "live") return next;
    const done = campaign.content.items.filter(
      ({ match }) => match && accepted.some(({ entry }) => matchesEntry(match, entry)),
    );
    return done.length > 0
      ? withTicked(
          next,
          campaign.id,
          done.map(({ id }) => id),
        )
      : next;
  }, state);
}

function reasonKeys(record: DecisionRecord | null): string[] {
  return (record?.considered ?? []).map(({ campaign, version, reason }) => `${campaign}@${version}|${reason}`);
}

function outcomeKeys(accepted: readonly Accepted[], { reservations }: JourneyState): string[] {
  return accepted.flatMap(({ touchpoint: { type, props } }) => {
    const held = type === "outcome" ? reservations.find(({ id }) => id === props.reservation) : undefined;
    return held ? [`${held.campaign}@${held.version}|${held.arm ?? "treated"}|${props.outcome}`] : [];
  });
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
