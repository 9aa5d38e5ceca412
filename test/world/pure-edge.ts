import { type MapView, mapView } from "../../models/analysis/graph.ts";
import { total } from "../../models/analysis/map-sum.ts";
import { answer as answerAsk } from "../../models/answer.ts";
import { fnv1a32 } from "../../models/assignment.ts";
import type { Contribution } from "../../models/contribution.ts";
import { browserName, userName } from "../../models/identity.ts";
import { acknowledged, duePush } from "../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState, type Received, receive } from "../../models/journey-state.ts";
import { unite } from "../../models/journey-union.ts";
import { parseBatch } from "../../models/segment.ts";
import { byVisitor } from "../../models/server-item.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { withTraits } from "../../models/traits.ts";
import { parseCollect } from "../../models/wire.ts";
import type { Names } from "./counted-run.ts";
import type { Answer, Message } from "./messages.ts";
import { randomOf } from "./random.ts";

/** Names for a run without an edge: texts of the length of a visitor's id, which nobody's key has made. */
export function pureNames(site: string): Names {
  const named = (text: string) => randomOf(fnv1a32(text), fnv1a32(`${text}\0`)).id(43);
  return {
    browser: (secret) => named(browserName(site, secret)),
    user: (userId) => named(userName(site, userId)),
  };
}

export interface PureEdgeOptions {
  config: SiteConfig;
  names: Names;
  /** When everything is received, ms since 1970: after all that happens in the world. */
  now: number;
}

/** What its visitors agree to: all that the site offers. */
function grantedBy({ consent }: Pick<SiteConfig, "consent">) {
  return { rev: 1, purposes: consent.purposes };
}

/**
 * The edge in one thread and by models/ alone: what stands between a message and the map, without HTTP, objects, storage
 * or clocks. It answers as the real one does, and has the same map, or one of both is wrong.
 */
export class PureEdge {
  readonly #options: PureEdgeOptions;
  readonly #journey: Journey;
  /** By visitor. */
  readonly states = new Map<string, JourneyState>();
  /** The journey that a browser's has become part of. */
  readonly #moved = new Map<string, string>();
  /** What the map has of each person and day. */
  readonly #rows = new Map<string, Contribution>();
  /** Choices that grant nothing: they name nobody. */
  refusals = 0;

  constructor(options: PureEdgeOptions) {
    this.#options = options;
    this.#journey = options.config.journeys[0] as Journey;
  }

  answer(message: Message): Answer {
    switch (message.to) {
      case "consent":
        if (!message.isGranted) this.refusals++;
        return { visitor: "", decision: null };
      case "collect":
        return this.#collect(message);
      case "batch":
        this.#batch(message);
        return { visitor: "", decision: null };
    }
  }

  /** The journeys that go on: of a browser that has become a user's, the user's. */
  journeys(): JourneyState[] {
    return [...this.states].flatMap(([visitor, state]) => (this.#moved.has(visitor) ? [] : [state]));
  }

  map(): MapView {
    return mapView({ sum: total(this.#rows.values()), beside: {}, sets: {} }, this.#journey);
  }

  #collect({ browser, streams, ask }: Extract<Message, { to: "collect" }>): Answer {
    const { now, config, names } = this.#options;
    const { secret } = browser;
    const asks = ask ? [{ ...ask, at: now, score: null, model: null }] : [];
    const body = { v: 1, site: "pure", secret, sentAt: now, consent: grantedBy(config), streams, asks };
    const parsed = parseCollect(body);
    if (!parsed.ok || parsed.value.refused.length > 0)
      throw new Error(`a page's batch is refused: ${JSON.stringify(parsed)}`);
    const visitor = names.browser(secret);
    const at = this.#moved.get(visitor) ?? visitor;
    const { streams: read, consent: stamp } = parsed.value;
    let state = this.#receive(at, {
      streams: read,
      stamp,
      sentAt: now,
      receivedAt: now,
      device: at === visitor ? null : visitor,
    });
    let decision: Answer["decision"] = null;
    for (const one of parsed.value.asks) {
      const context = {
        visitor: at,
        now,
        sentAt: now,
        skewMs: 0,
        reservationId: `${one.ask}`,
        config: 1,
        minimums: {},
        runners: {},
        clocks: {},
      };
      const answered = answerAsk(state, one, { ...context, site: config });
      state = answered.state;
      const { verdict, reason, reservation = "", campaign = "" } = answered.decision;
      decision = { isShown: verdict === "show", isHeldOut: reason === "holdout", campaign, reservation };
    }
    this.#keep(at, state);
    return { visitor: at, decision };
  }

  #batch({ items }: Extract<Message, { to: "batch" }>): void {
    const { now, names } = this.#options;
    const parsed = parseBatch({ historical: false, stream: "simulated", batch: items }, now);
    if (!parsed.ok || parsed.value.refused.length > 0)
      throw new Error(`a server's batch is refused: ${JSON.stringify(parsed)}`);
    for (const { name, isUser, counted } of byVisitor(parsed.value.items).flat()) {
      const visitor = "userId" in name ? names.user(name.userId) : name.anonymousId;
      if (isUser !== undefined) this.#join(visitor, names.user(isUser));
      const at = this.#moved.get(visitor) ?? visitor;
      const streams = counted.map((own) => ({
        stream: streamOf(own.countedBy),
        touchpoints: own.items.map(({ touchpoint }) => touchpoint),
      }));
      this.#keep(at, this.#receive(at, { streams, stamp: null, sentAt: 0, receivedAt: now, device: null }));
    }
  }

  #join(visitor: string, user: string): void {
    if (this.#moved.has(visitor)) return;
    const { now } = this.#options;
    const joining = { visitor, merge: visitor, now };
    const both = unite(this.#stateOf(user), this.#stateOf(visitor), this.#journey, joining);
    this.#moved.set(visitor, user);
    this.#keep(visitor, both.from);
    this.#keep(user, both.into);
  }

  #receive(visitor: string, batch: Received): JourneyState {
    const receipt = receive(this.#stateOf(visitor), batch, this.#journey);
    if (receipt.refused.length > 0) throw new Error(`a touchpoint is refused: ${JSON.stringify(receipt.refused)}`);
    return withTraits(receipt.state, receipt.accepted, this.#options.config.traits ?? []);
  }

  #stateOf(visitor: string): JourneyState {
    return this.states.get(visitor) ?? EMPTY_STATE;
  }

  /** Keeps a state and tells the map of it, which acknowledges at once. */
  #keep(visitor: string, state: JourneyState): void {
    const push = duePush(state, this.#journey);
    for (const [day, { contribution }] of push?.days ?? []) this.#rows.set(`${visitor} ${day}`, contribution);
    this.states.set(visitor, push ? acknowledged(state, push.no) : state);
  }
}

/** A stream's id of 11 characters, as the edge makes one of the name that counts it. */
function streamOf(countedBy: string): string {
  return randomOf(fnv1a32(countedBy), fnv1a32(`${countedBy}\0`)).id(11);
}
