import { DurableObject } from "cloudflare:workers";
import { answer } from "../../models/answer.ts";
import { type Bucket, take } from "../../models/bucket.ts";
import { latest, type Stamp } from "../../models/consent.ts";
import type { Excluded } from "../../models/excluded.ts";
import { type FeatureState, shifted } from "../../models/features.ts";
import { progressOf } from "../../models/journey.ts";
import {
  acknowledged,
  duePush,
  type Home,
  type JourneyState,
  type Received,
  receive,
} from "../../models/journey-state.ts";
import { VISITOR_RATE } from "../../models/limits.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { skewOf, skewOfAsks } from "../../models/streams.ts";
import type { AckedStream, Ask, Decision, RefusedTouchpoint } from "../../models/wire.ts";
import type { Agent } from "../agent.ts";
import type { Env } from "../env.ts";
import { base64url } from "../keys.ts";
import { mapPlace, pushToShard } from "../map/shards.ts";
import { RUNNERS } from "../models.ts";
import { mapObject } from "../objects.ts";
import { configVersion, type Site } from "../sites.ts";
import { JourneyStore } from "./store.ts";

/** A journey is kept this long after its last batch: 13 months, as the measurement exemption has it (B32). */
const KEPT_MS = 395 * 86_400_000;
/** A push that a crash swallowed is found by the alarm this long after; the next batch finds it sooner. */
const LEFTOVER_MS = 5 * 60_000;
/** After a push that failed: doubled with each failure in a row, up to `LEFTOVER_MS`. */
const PUSH_RETRY_MS = 1_000;

/** What the Worker tells the object with each batch: who it is for, and which configuration is in force. */
export interface CollectCall {
  site: Pick<Site, "id" | "epoch" | "shards">;
  visitor: string;
  config: number;
  minimums: Record<string, number>;
  streams: Received["streams"];
  /** Null for an import: see `Received`. */
  stamp: Stamp | null;
  sentAt: number;
  asks: Ask[];
  /** What sent it; null for an import. */
  agent: Agent | null;
  /** Why it is kept out of the map's sums, if it is. */
  excluded: Excluded | null;
}

export interface CollectResult {
  acked: AckedStream[];
  refused: RefusedTouchpoint[];
  duplicates: { stream: string; seq: number }[];
  decisions: Decision[];
  consent: Stamp;
  /** Where the journey has touchpoints of other streams too. */
  features: FeatureState | null;
  /** Present where the visitor sends too fast: nothing was taken, and nothing written. */
  waitMs?: number;
}

const NOTHING_TAKEN = { acked: [], refused: [], duplicates: [], decisions: [], features: null };

/** One a person and site. A shell: what a batch means is decided in models/, what is kept is written by the store. */
export class JourneyObject extends DurableObject<Env> {
  readonly store = new JourneyStore(this.ctx.storage);
  #state: JourneyState = this.store.load();
  /** Push failures in a row, and whether one is under way. */
  #failures = 0;
  #pushing = false;
  /** Whether the disk still calls something due that the map has acknowledged since: an acknowledgement is not worth a row of its own. */
  #ackUnwritten = false;
  /** The visitor's batches; in memory alone, so an eviction fills it. */
  #batches: Bucket | undefined;

  /** Takes a batch: from the reading of the clock to the write there is no await, so it is one turn. */
  async collect(call: CollectCall): Promise<CollectResult> {
    const waitMs = call.stamp === null ? 0 : this.#paced(Date.now());
    if (waitMs > 0) return { ...NOTHING_TAKEN, consent: this.#state.consent, waitMs };
    const config = await this.#config(call.site.id, call.config);
    const home = await this.#homeFor(call);
    const journey = config.journeys[0] as Journey;
    const alarmAt = await this.ctx.storage.getAlarm();

    const now = Date.now();
    const before = this.#state;
    const receipt = receive(before, { ...call, receivedAt: now }, journey);
    const { state, decisions } = this.#answerAll(receipt.state, call, { config, now });
    const isNew = receipt.accepted > 0 || state.decisions !== before.decisions || state.consent !== before.consent;
    if (isNew) this.#write({ ...state, home }, { alarmAt, dueAt: now + LEFTOVER_MS });
    this.ctx.waitUntil(this.#push(journey));
    const { acked, refused, duplicates } = receipt;
    const hasOthers = Object.keys(state.streams).length > call.streams.length;
    const skewMs = skewOfAsks(state.streams, call.streams, 0);
    const features = hasOthers ? shifted(progressOf(state.folded, journey).features, -skewMs) : null;
    return { acked, refused, duplicates, decisions, consent: state.consent, features };
  }

  /** Counts a batch; gives 0, or how long the visitor has to wait, ms. */
  #paced(now: number): number {
    const { bucket, waitMs } = take(this.#batches, { least: 1 }, { rate: VISITOR_RATE, now });
    this.#batches = bucket;
    return waitMs;
  }

  /** Hears of a choice that the ledger has recorded. Every later batch is judged by it. */
  async consent(stamp: Stamp): Promise<void> {
    const alarmAt = await this.ctx.storage.getAlarm();
    const now = Date.now();
    const consent = latest(this.#state.consent, stamp);
    if (consent === this.#state.consent) return;
    this.#write({ ...this.#state, consent, receivedAt: now }, { alarmAt, dueAt: now + KEPT_MS });
  }

  /** The platform gives up after six failed runs, so a run never fails: what could not be done is tried again. */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch {
      await this.store.setAlarm(Date.now() + LEFTOVER_MS);
    }
  }

  async #onAlarm(): Promise<void> {
    const { home, receivedAt } = this.#state;
    const now = Date.now();
    if (now >= receivedAt + KEPT_MS && !this.#pushing) return this.#expire(home, receivedAt);
    if (home) {
      const config = await this.#config(home.site, home.config);
      const journey = config.journeys[0] as Journey;
      await this.#push(journey);
      // A push that failed has set its own alarm; one of a batch that is under way right now has relied on this one.
      const isDue = this.#pushing || duePush(this.#state, journey) !== null;
      if (isDue && (await this.ctx.storage.getAlarm()) !== null) return;
      if (isDue) return this.store.setAlarm(now + LEFTOVER_MS);
    }
    const quietAt = this.#state.receivedAt + LEFTOVER_MS;
    if (this.#ackUnwritten && now < quietAt) return this.store.setAlarm(quietAt);
    if (this.#ackUnwritten) this.#write(this.#state, { alarmAt: null, dueAt: receivedAt + KEPT_MS });
    else await this.store.setAlarm(receivedAt + KEPT_MS);
  }

  /** Nothing else runs in between, so that no batch is acknowledged and then deleted. */
  async #expire(home: Home | null, receivedAt: number): Promise<void> {
    await this.ctx.blockConcurrencyWhile(async () => {
      if (this.#state.receivedAt !== receivedAt) return this.store.setAlarm(this.#state.receivedAt + LEFTOVER_MS);
      try {
        if (home) await mapObject(this.env, home.shard).forget(home.person);
        await this.store.erase();
        this.#state = this.store.load();
      } catch {
        await this.store.setAlarm(Date.now() + LEFTOVER_MS);
      }
    });
  }

  #answerAll(
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

  /** Writes the turn, with an alarm where none would ring in time. Memory follows the disk, never the reverse. */
  #write(state: JourneyState, { alarmAt, dueAt }: { alarmAt: number | null; dueAt: number }): void {
    this.store.write(state, alarmAt === null || alarmAt > dueAt ? dueAt : null);
    this.#state = state;
    this.#ackUnwritten = false;
  }

  /**
   * Tells the map what is due. Started after the write and not awaited by the answer; the output gate holds it until
   * the write is durable. A batch that comes meanwhile is pushed by the same loop. Never throws.
   */
  async #push(journey: Journey): Promise<void> {
    if (this.#pushing) return;
    this.#pushing = true;
    try {
      for (let due = duePush(this.#state, journey); due; due = duePush(this.#state, journey)) {
        const { person, shard } = this.#state.home as Home;
        await pushToShard(this.env, shard, { ...due, journey: journey.id, person });
        this.#state = acknowledged(this.#state, due.no);
        this.#ackUnwritten = true;
        this.#failures = 0;
      }
    } catch {
      const delayMs = Math.min(LEFTOVER_MS, PUSH_RETRY_MS * 2 ** this.#failures++);
      await this.store.setAlarm(Date.now() + delayMs);
    } finally {
      this.#pushing = false;
    }
  }

  async #homeFor({ site, visitor, config }: CollectCall): Promise<Home> {
    const { home } = this.#state;
    const place = home ?? (await mapPlace(visitor, site));
    return { site: site.id, person: place.person, shard: place.shard, config };
  }

  async #config(site: string, version: number): Promise<SiteConfig> {
    const found = await configVersion(this.env, site, version);
    if (!found) throw new Error(`configuration ${version} of ${site} is not in KV yet`);
    return found.config;
  }
}
