import type { FeatureState } from "../models/features.ts";
import type { Proof } from "../models/identity.ts";
import { RESERVATION_MS } from "../models/report-time.ts";
import {
  ASK_VALID_MS,
  ASKS_MAX,
  type Ask,
  COLLECT_BYTES_MAX,
  type CollectReply,
  type CollectRequest,
  type Decision,
  KEEPALIVE_BYTES_MAX,
  WIRE_VERSION,
} from "../models/wire.ts";
import { type Batch, settledBy, takeBatch } from "./batch.ts";
import type { PageClock } from "./clock.ts";
import type { PageContext } from "./context.ts";
import type { Outbox } from "./outbox.ts";
import { afterStatus, parseRetryAfter, retryDelayMs } from "./retry.ts";

/**
 * A batch goes as soon as it has this many, or this long after its first. Fewer until the edge has answered this page
 * once, so that it soon has the token and what the edge knows; more then, because each request costs page and owner.
 */
const FLUSH_AT = 10;
const FLUSH_KNOWN_AT = 30;
const FLUSH_AFTER_MS = 5_000;
/** A request that nobody answers must not hold up those behind it. */
const ANSWER_WITHIN_MS = 30_000;

/** What fired, as an ask names it. */
export type Reason = Omit<Ask, "ask" | "at">;

export interface Heard {
  /** `leftMs` says how long it may still be shown, ms; 0 or below: not any more. */
  decision: (decision: Decision, leftMs: () => number) => unknown;
  /** The edge has seen more of this visitor than this page. */
  features: (features: FeatureState) => unknown;
}

interface PendingAsk {
  ask: Ask;
  /**
   * When it was first sent, by both clocks of the page: a reservation runs from then. Null again once its decision was
   * heard: two requests may have carried it.
   */
  sent: { perfMs: number; wallMs: number } | null;
}

/** What came back: a reply, or what to do without one. "introduce": send the secret, the token is not known. */
type Answer = CollectReply | { next: "again" | "stop" | "introduce"; retryAfterMs: number };

/** Sends the outbox to `POST v1/collect` and takes in the replies. */
export class Sync {
  readonly #context: PageContext;
  readonly #outbox: Outbox;
  readonly #clock: PageClock;
  readonly #heard: Heard;
  /** The edge's token for this visitor, "" before it has answered. */
  person = "";
  /** Who the visitor is, by the site's word: sent until the edge has answered to it. */
  proof: Proof | undefined;
  #asks: PendingAsk[] = [];
  #inFlight = new Set<Batch>();
  #failures = 0;
  /** `performance.now()` before which the server asked not to be called. */
  #notBeforeMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #backingOff = false;
  /** Whether a full batch is waiting for the next task. */
  #full = false;
  #stopped = false;
  #answered = false;
  readonly #flying = new Set<Promise<unknown>>();
  /** Already travelling in a request that outlives the page. */
  #leaving = new Set<Batch>();

  constructor(context: PageContext, outbox: Outbox, clock: PageClock, heard: Heard) {
    this.#context = context;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#heard = heard;
  }

  /** Takes up what earlier pages left: the person token, and touchpoints that nobody acknowledged. */
  async start(): Promise<void> {
    // Read after the wait: the edge may have answered meanwhile.
    this.person = (await this.#outbox.read("person")) ?? this.person;
    await this.#outbox.recover();
    if (this.#outbox.dropped) this.#context.log("dropped:", this.#outbox.dropped);
    this.wake();
  }

  /** Something was added: sends a full batch in the next task, a smaller one a little later. */
  wake(): void {
    if (this.#stopped || this.#backingOff || this.#inFlight.size > 0) return;
    const count = this.#outbox.entries.length;
    const full = this.#asks.length > 0 || count >= (this.#answered ? FLUSH_KNOWN_AT : FLUSH_AT);
    // Not in this task: it is the page's own, in the middle of a call of `track`.
    if (full && !this.#full) this.#flushAfter(0);
    else if (count > 0 && this.#timer === undefined) this.#flushAfter(FLUSH_AFTER_MS);
    this.#full = full;
  }

  /** Asks for a decision, with the outbox before it: beside a request that is already on its way. */
  ask(why: Reason): void {
    // A list of its own: a request that is on its way has the one before.
    const ask = { ask: this.#context.randomId(16), at: this.#clock(), ...why };
    this.#asks = this.#asks.concat({ ask, sent: null }).slice(-ASKS_MAX);
    this.flush();
  }

  /** Sends one batch now, unless the server asked for patience. */
  flush(): void {
    if (this.#stopped || this.#backingOff) return;
    this.#clearTimer();
    this.#asks = this.#asks.filter(({ ask }) => this.#clock() - ask.at < ASK_VALID_MS);
    const { entries } = this.#outbox;
    // An ask is judged under what holds now, so the batch that carries it is of this rev.
    const stamp = this.#asks.length > 0 ? this.#context.gate.stamp : entries[0]?.stamp;
    if (stamp) void this.#send(takeBatch(entries, stamp, COLLECT_BYTES_MAX), this.#asks, this.#inFlight);
  }

  /** The page may be gone in the next task: sends what fits into requests that outlive it. */
  flushLeaving(): void {
    this.#outbox.write();
    if (this.#stopped || performance.now() < this.#notBeforeMs) return;
    let unsent = this.#outbox.ownFirst();
    let bytesLeft = KEEPALIVE_BYTES_MAX;
    for (const { entries, bytes } of this.#leaving) {
      unsent = unsent.filter((entry) => !entries.has(entry));
      bytesLeft -= bytes;
    }
    while (unsent[0]) {
      const batch = takeBatch(unsent, unsent[0].stamp, bytesLeft);
      if (batch.entries.size === 0) return;
      void this.#send(batch, [], this.#leaving);
      unsent = unsent.filter((entry) => !batch.entries.has(entry));
      bytesLeft -= batch.bytes;
    }
  }

  /** The network is back: what waited for a failed connection does not wait on. */
  resume(): void {
    if (!this.#backingOff || performance.now() < this.#notBeforeMs) return;
    this.#clearTimer();
    this.flush();
  }

  /** Gives what is still on its way, or null: its answer may bring the cookie back. */
  stop(): Promise<unknown> | null {
    this.#stopped = true;
    this.#clearTimer();
    this.#asks = [];
    this.person = "";
    return this.#flying.size > 0 ? Promise.allSettled(this.#flying) : null;
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#backingOff = false;
    this.#full = false;
  }

  async #send(batch: Batch, asks: readonly PendingAsk[], flights: Set<Batch>): Promise<void> {
    const sent = { perfMs: performance.now(), wallMs: Date.now() };
    // Of an ask that is sent again the first time counts: the edge may have reserved then.
    for (const pending of asks) pending.sent ??= sent;
    const { proof } = this;
    const body = this.#body(batch, asks);
    flights.add(batch);
    const flying = this.#post(body, flights === this.#leaving);
    this.#flying.add(flying);
    const answer = await flying;
    this.#flying.delete(flying);
    flights.delete(batch);
    if (this.#stopped) return;
    if ("next" in answer) this.#recover(answer.next, answer.retryAfterMs);
    else {
      // Another may have been given meanwhile.
      if (this.proof === proof) this.proof = undefined;
      this.#settle(batch, asks, answer);
    }
  }

  #body({ stamp, streams }: Batch, asks: readonly PendingAsk[]): string {
    const { site, debug } = this.#context.setting;
    const request: CollectRequest = {
      v: WIRE_VERSION,
      site,
      ...(this.person ? { person: this.person } : { secret: this.#context.gate.secret as string }),
      sentAt: this.#clock(),
      consent: stamp,
      streams,
      asks: asks.map(({ ask }) => ask),
      debug: debug || undefined,
      identity: this.proof,
    };
    return JSON.stringify(request);
  }

  async #post(body: string, keepalive: boolean): Promise<Answer> {
    const { base, credentials } = this.#context.setting;
    try {
      const response = await fetch(`${base}v1/collect`, {
        method: "POST",
        body,
        keepalive,
        referrerPolicy: "origin",
        headers: { "content-type": "text/plain" },
        credentials,
        ...(keepalive ? {} : { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }),
      });
      const retryAfterMs = parseRetryAfter(response.headers.get("retry-after") ?? "", Date.now());
      const next = afterStatus(response.status);
      if (next === "settle") return readReply(await response.json());
      // The last word of the problem's type: nothing else of the body matters, whatever it is.
      const unknown = next === "stop" && this.person && (await response.text()).includes('/unknown-person"');
      return { next: unknown ? "introduce" : next, retryAfterMs };
    } catch {
      // No connection, no answer in time, or an answer that is not ours: sent again, and counted once.
      return { next: "again", retryAfterMs: 0 };
    }
  }

  #settle({ entries, stamp }: Batch, asks: readonly PendingAsk[], reply: CollectReply): void {
    this.#answered = true;
    const settled = settledBy(entries, reply);
    if (reply.refused.length > 0) this.#context.log("refused:", reply.refused);
    this.#outbox.remove(settled);
    if (reply.person && reply.person !== this.person) {
      this.person = reply.person;
      this.#outbox.keep("person", reply.person);
    }
    this.#asks = this.#asks.filter((pending) => !asks.includes(pending));
    this.#context.told(reply);
    if (reply.features) this.#heard.features(reply.features);
    const { consent, erased } = reply;
    if (consent) {
      // To be erased is no refusal: the visitor is asked again, and what they objected to they object to still.
      const told = erased
        ? { ...this.#context.gate.stamp, ...consent, policy: "" }
        : { objects: undefined, ...consent };
      this.#context.hear(told, stamp);
    }
    if (this.#stopped) return;
    for (const pending of asks) {
      const { ask, sent } = pending;
      const decision = reply.decisions.find((candidate) => candidate.ask === ask.ask);
      if (decision && sent) {
        this.#heard.decision(decision, () => leftMs(decision, sent));
        pending.sent = null;
      }
    }
    if (entries.size > 0 && settled.size === 0) {
      // An answer that settles nothing is a failure in good clothes: it is not asked again at once.
      this.#backOff(0);
      return;
    }
    this.#failures = 0;
    this.#notBeforeMs = 0;
    if (stamp.rev !== this.#context.gate.stamp.rev && this.#outbox.entries.length > 0) this.flush();
    else this.wake();
  }

  #recover(next: "again" | "stop" | "introduce", retryAfterMs: number): void {
    if (next === "again") this.#backOff(retryAfterMs);
    else if (next === "stop") {
      this.#context.log("the edge refuses this page");
      void this.stop();
    } else {
      this.person = "";
      this.#outbox.keep("person", null);
      this.flush();
    }
  }

  #backOff(retryAfterMs: number): void {
    this.#failures++;
    const delayMs = retryDelayMs(this.#failures, retryAfterMs, Math.random());
    if (retryAfterMs > 0) this.#notBeforeMs = performance.now() + retryAfterMs;
    this.#flushAfter(delayMs);
    this.#backingOff = true;
  }

  #flushAfter(delayMs: number): void {
    this.#clearTimer();
    this.#timer = setTimeout(() => {
      this.#clearTimer();
      this.flush();
    }, delayMs);
  }
}

/** By the clock that has run further: one stops while the device sleeps, the other can be set back. */
function leftMs(
  { expiresInMs = RESERVATION_MS }: Decision,
  { perfMs, wallMs }: { perfMs: number; wallMs: number },
): number {
  const elapsedMs = Math.max(performance.now() - perfMs, Date.now() - wallMs);
  return Math.min(expiresInMs, RESERVATION_MS) - elapsedMs;
}

/** A reply has lists; whatever lacks them came from something that is not the edge. Throws. */
function readReply(value: unknown): CollectReply {
  const reply = value as CollectReply;
  if (![reply.acked, reply.refused, reply.decisions].every(Array.isArray)) throw new TypeError("not a reply");
  return reply;
}
