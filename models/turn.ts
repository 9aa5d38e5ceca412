import type { Agent } from "./agent.ts";
import { type AnswerContext, type Answered, answer, type Preview } from "./answer.ts";
import { contextOf } from "./attributes.ts";
import { permits } from "./consent.ts";
import { matchesEntry } from "./entry-match.ts";
import type { Excluded } from "./excluded.ts";
import { type Happened, happenedBy, withWaiting } from "./happened.ts";
import { progressOf } from "./journey.ts";
import {
  type Accepted,
  type DecisionRecord,
  type JourneyState,
  type Receipt,
  type Received,
  receive,
} from "./journey-state.ts";
import { withLately } from "./live.ts";
import { dueNow, withResults, withTally } from "./measure.ts";
import { isOutcome, type Lease, reported } from "./outcome.ts";
import { withTicked } from "./reaction.ts";
import type { WallClocks } from "./schedule.ts";
import type { Journey, SiteConfig } from "./site-config.ts";
import { skewOf, skewOfAsks } from "./streams.ts";
import { withTraits } from "./traits.ts";
import { utcDay } from "./visit.ts";
import { withoutWaiting } from "./waiting.ts";
import type { Ask } from "./wire.ts";

/** What asks were given of budgets, by ask and campaign; null: nothing is left. `others`: of asks that are not named. */
export interface Leases {
  asks: Record<string, Record<string, Lease | null>>;
  others: Record<string, null>;
}

export const NO_LEASES: Leases = { asks: {}, others: {} };

/** What a turn is taken with beside the batch. */
export interface TurnContext {
  config: SiteConfig;
  /** ms since 1970. */
  now: number;
  leases: Leases;
  /** See `Received`. */
  erasedAt: number;
  clocks: WallClocks;
  runners: AnswerContext["runners"];
  /** An id for each reservation. */
  reservationId: () => string;
}

/** A batch, and what the Worker says beside it. */
export interface TurnCall extends Pick<Received, "streams" | "stamp" | "sentAt" | "device" | "keeps"> {
  visitor: string;
  /** Version of the configuration. */
  config: number;
  minimums: Record<string, number>;
  asks: readonly Ask[];
  previews?: Record<string, Preview>;
  agent?: Agent | null;
  excluded?: Excluded | null;
  live?: boolean;
}

/** What a batch comes to. Nothing of the state before is changed. */
export interface Turn {
  state: JourneyState;
  receipt: Receipt;
  /** As in the receipt. */
  accepted: Accepted[];
  answered: Answered[];
}

/** Takes a batch: what it brings, what that makes wait, what it did for campaigns, and then what it asks. */
export function takeTurn(before: JourneyState, call: TurnCall, context: TurnContext): Turn {
  const { config, now, erasedAt, clocks, runners, reservationId } = context;
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
  state = withItems(state, accepted, config);
  // Who does not want to be addressed any more is not followed for it either (B33).
  if (permits(state.consent, "personalization")) {
    const entries = accepted.map(({ entry }) => entry);
    state = withResults(state, entries, { site: config, before: before.folded });
  }
  const answered = call.asks.map((ask) => {
    const one = answer(state, ask, {
      visitor: call.visitor,
      now,
      sentAt: call.sentAt,
      skewMs: skewOfAsks(state.streams, call.streams, skewOf(call.sentAt, now)),
      reservationId: reservationId(),
      config: call.config,
      site: config,
      minimums: call.minimums,
      runners,
      clocks,
      language: call.agent?.language ?? "",
      leases: { ...context.leases.others, ...context.leases.asks[ask.ask] },
      preview: call.previews?.[ask.ask],
    });
    state = one.state;
    return one;
  });
  const keys = [...outcomeKeys(accepted, before), ...answered.flatMap(({ record }) => reasonKeys(record))];
  const day = progressOf(state.folded, journey).visit?.day ?? utcDay(now);
  const tallied = withTally(state, keys, { day });
  return { state: accepted.length > 0 ? dueNow(tallied) : tallied, receipt, accepted, answered };
}

/** What is told of a batch to those who have no line at the moment, and what waits for a page to ask by it. */
function withWhatWaits(
  state: JourneyState,
  { before, accepted, isServer }: { before: JourneyState; accepted: readonly Accepted[]; isServer: boolean },
  { config, now }: TurnContext,
): JourneyState {
  if (accepted.length === 0) return state;
  const entries = accepted.map(({ entry }) => entry);
  const lately = withLately(state.lately ?? {}, entries, now);
  if (!permits(state.consent, "personalization")) {
    return { ...withoutWaiting(state, () => true), lately };
  }
  const [journey] = config.journeys as [Journey];
  const happened = happenedBy(
    accepted.map(({ touchpoint }) => touchpoint),
    isServer,
  );
  const came = isServer ? null : returned(before, state, journey);
  const all: Happened[] = came === null ? happened : [...happened, { kind: "returning", awayMs: came }];
  const waiting = withWaiting(state.waiting ?? [], all, { campaigns: config.campaigns, now });
  return {
    ...state,
    lately,
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

/** What is new in reports: one that comes again, under whatever seq, counts once (O1). */
function outcomeKeys(accepted: readonly Accepted[], { reservations }: JourneyState): string[] {
  const known = new Map(reservations.map((one) => [one.id, one]));
  return accepted.flatMap(({ touchpoint: { type, props } }) => {
    const { outcome } = props;
    const held = type === "outcome" ? known.get(String(props.reservation)) : undefined;
    if (!held || !isOutcome(outcome)) return [];
    const next = reported(held, outcome);
    known.set(held.id, next);
    const isReaction = outcome !== "shown" && outcome !== "withheld";
    const did = [
      ...(next.state === held.state ? [] : [next.state]),
      ...(isReaction && outcome !== held.reaction ? [outcome] : []),
    ];
    return did.map((one) => `${held.campaign}@${held.version}|${held.arm ?? "treated"}|${one}`);
  });
}
