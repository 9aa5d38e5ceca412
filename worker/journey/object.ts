import { DurableObject } from "cloudflare:workers";
import { tellsLess } from "../../models/about.ts";
import { type Bucket, take } from "../../models/bucket.ts";
import type { LeaseEnd } from "../../models/budget.ts";
import { permits, type Stamp } from "../../models/consent.ts";
import { deviceIndex, heldOf, wayEndsAt, withChoice } from "../../models/devices.ts";
import { duePush, tooMuchWaits, withNews } from "../../models/journey-push.ts";
import { EMPTY_STATE, type Home, type JourneyState } from "../../models/journey-state.ts";
import { VISITOR_RATE } from "../../models/limits.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Props } from "../../models/touchpoint.ts";
import { withTraits } from "../../models/traits.ts";
import type { Leases } from "../../models/turn.ts";
import { LIVE_CLOSED } from "../../models/wire.ts";
import type { Env } from "../env.ts";
import { historySink } from "../history/sink.ts";
import { logBackground } from "../log.ts";
import { mapPlace } from "../map/shards.ts";
import { journeyObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { closeSocket, NORMAL_CLOSURE } from "../sockets.ts";
import { Budgets } from "./budgets.ts";
import { type CollectCall, type CollectResult, type ErasedJourney, NOTHING_TAKEN, refusedToNobody } from "./call.ts";
import { isForgotten, refusedAsErased } from "./erasures.ts";
import { type JoinCall, Joining, type Place } from "./joining.ts";
import { configOf, KEPT_MS, keptMsOf } from "./kept.ts";
import type { Leads } from "./leading.ts";
import { LivePages } from "./live.ts";
import { Pushing } from "./pushing.ts";
import { Rights, type RightsShell } from "./rights.ts";
import { type Beside, type GivenBack, JourneyStore, type Kept } from "./store.ts";
import { liveEntries, newsOf, resultOf, turnAt } from "./turn.ts";

/** A push that a crash swallowed is found by the alarm this long after; the next batch finds it sooner. */
const LEFTOVER_MS = 5 * 60_000;
/** A visitor who was silent for this long gets no further alarm for what memory alone knows: it is written. */
const QUIET_MS = 2 * 60_000;

/** One a person and site. A shell: what a batch means is decided in models/, what is kept is written by the store. */
export class JourneyObject extends DurableObject<Env> {
  readonly store = new JourneyStore(this.ctx.storage);
  /** Why the stored state cannot be read: a later version wrote it, before a rollback. Then nothing is answered, or written. */
  #unreadable: unknown = null;
  #kept = this.#load();
  /** Whether the disk still calls something due that the map has acknowledged since: an acknowledgement is not worth a row of its own. */
  #ackUnwritten = false;
  readonly #pages = new LivePages(this.ctx);
  readonly #rights = new Rights(this.#shell());
  readonly #joining = new Joining(this.#shell());
  readonly #pushing = new Pushing({
    env: () => this.env,
    kept: () => this.#kept,
    heard: (kept) => {
      this.#kept = kept;
      this.#ackUnwritten = true;
    },
    ringAt: (at) => this.store.setAlarm(at),
  });
  readonly #budgets = new Budgets({
    env: () => this.env,
    state: () => this.#state,
    heard: (state) => {
      this.#kept = { ...this.#kept, state };
      this.#ackUnwritten = true;
    },
  });
  readonly #hasHistory = historySink(this.env) !== null;
  /** The visitor's batches; in memory alone, so an eviction fills it. */
  #batches: Bucket | undefined;

  get #state(): JourneyState {
    return this.#kept.state;
  }

  /** Takes a batch: from the reading of the clock to the write there is no await, so it is one turn. */
  async collect(call: CollectCall): Promise<CollectResult> {
    if (this.#unreadable) throw this.#unreadable;
    const device = call.device ?? null;
    await this.#rights.erasedAt(call);
    const elsewhere = await this.#joining.elsewhere(call, device);
    if (elsewhere) return { ...NOTHING_TAKEN, consent: this.#state.consent, moved: elsewhere };
    const waitMs = call.stamp === null ? 0 : this.#paced(Date.now());
    if (waitMs > 0) return { ...NOTHING_TAKEN, consent: this.#state.consent, waitMs };
    if (call.ifKnown && this.#state.receivedAt === 0) return refusedToNobody(call);
    const config = await configOf(this.env, call.site.id, call.config);
    const home = await this.#homeFor(call);
    const take = (now: number, leases: Leases) =>
      turnAt(now, { before: this.#state, call, config }, { leases, erasedAt: this.#rights.erasedNow });
    const leases = await this.#budgets.take(call, config, (held) => take(Date.now(), held));
    const alarmAt = await this.ctx.storage.getAlarm();
    this.ctx.waitUntil(this.#budgets.giveBack(call.site.id, leases));
    // A joining, or an erasure, may have begun meanwhile.
    const moved = this.#joining.elsewhereNow(call.visitor, device);
    if (moved) return { ...NOTHING_TAKEN, consent: this.#state.consent, moved };
    if (isForgotten(this.#state, call, this.#rights.erasedNow)) return refusedAsErased(call);
    const now = Date.now();
    const before = this.#state;
    const turn = take(now, leases);
    const { state, accepted } = turn;
    const hasChosen = state.consent !== before.consent || state.devices !== before.devices;
    if (accepted.length > 0 || state.decisions !== before.decisions || hasChosen) {
      const next = this.#toldAnew({ ...state, home });
      if (tooMuchWaits(before.push, next.push))
        throw new Error("too much waits for the map: the sender keeps the rest");
      const news = this.#hasHistory && !isMeasured(config) ? newsOf(turn, next, { config, now }) : [];
      const unheard = [...this.#kept.unheard, ...news];
      this.#write({ state: next, unheard }, { alarmAt, dueAt: now + LEFTOVER_MS });
    }
    this.ctx.waitUntil(this.#pushing.push(config));
    // What could not be told is told by the alarm, which every turn that changes something has set.
    this.ctx.waitUntil(this.#budgets.settle(call.site.id));
    this.#pages.afterTurn(liveEntries(call, turn), { state: this.#state, config, visitor: call.visitor });
    return resultOf(turn, call, { before, after: this.#state, config, now });
  }

  /** For a budget that has not heard of one of its leases. */
  async leaseEnd(key: string): Promise<LeaseEnd> {
    if (this.#unreadable) return "open";
    const { moved, home } = this.#state;
    if (moved && home) return journeyObject(this.env, home.site, moved.to).leaseEnd(key);
    return this.#budgets.endOf(key);
  }

  /**
   * Whether anything is kept here, and 0, or how long a call of its visitor's rights has to wait, ms: it counts as a batch does.
   * What cannot be read is kept. Writes nothing: anybody may ask.
   */
  rightsCall(): { isKept: boolean; waitMs: number } {
    const { receivedAt, moved, devices } = this.#state;
    const isKept = this.#unreadable !== null || receivedAt > 0 || moved !== undefined || devices !== undefined;
    return { isKept, waitMs: this.#paced(Date.now()) };
  }

  /** Counts a batch; gives 0, or how long the visitor has to wait, ms. */
  #paced(now: number): number {
    const { bucket, waitMs } = take(this.#batches, { least: 1 }, { rate: VISITOR_RATE, now });
    this.#batches = bucket;
    return waitMs;
  }

  /**
   * Hears of a choice that the ledger has recorded. Every later batch is judged by it. A grant before the first batch is
   * not worth a row: that batch carries it. It carries no objection that was made elsewhere. `ifPart`: nothing is done where
   * the browser is none of this journey's.
   */
  async consent(stamp: Stamp, device: string | null = null, ifPart = false): Promise<void> {
    if (this.#unreadable) throw this.#unreadable;
    const { moved, home } = this.#state;
    if (!moved || !home) {
      const isPart = device === null || deviceIndex(this.#state, device) >= 0;
      return isPart || !ifPart ? this.#choose(stamp, device) : undefined;
    }
    // While it is joined, or taken apart, nobody knows yet where it ends: it is noted here, and there if it is a part of that.
    const isBetween = device === null && this.#joining.isPending;
    if (isBetween) await this.#choose(stamp, null);
    // Of one browser alone, wherever its journey is by now.
    const self = device ?? this.#visitor;
    return journeyObject(this.env, home.site, moved.to).consent(stamp, self, isBetween || ifPart);
  }

  async #choose(stamp: Stamp, device: string | null): Promise<void> {
    const alarmAt = await this.ctx.storage.getAlarm();
    const now = Date.now();
    const chosen = withChoice(this.#state, device, stamp, now);
    const isFirstGrant = this.#state.receivedAt === 0 && permits(stamp, "analytics") && !stamp.objects;
    if (chosen === this.#state || isFirstGrant) return;
    const { unheard } = this.#kept;
    const next = this.#toldAnew(withTraits({ ...chosen, receivedAt: chosen.receivedAt || now }, [], []));
    // The alarm tells the map: a withdrawal waits for nothing that may fail.
    const dueAt = next.push === chosen.push ? next.receivedAt + KEPT_MS : now;
    this.#write({ state: next, unheard }, { alarmAt, dueAt });
    if (!permits(next.consent, "analytics")) this.#pages.end();
  }

  /** The choice of a browser (null: the only one), or where its journey is by now. */
  async held(call: JoinCall, device: string | null): Promise<Stamp | Place> {
    if (this.#unreadable) throw this.#unreadable;
    return (await this.#joining.elsewhere(call, device)) ?? heldOf(this.#state, device);
  }

  /** This journey becomes part of a user's: see `Joining.moveTo`. */
  async moveTo(call: JoinCall, to: string, ifKnown = false): Promise<boolean> {
    if (this.#unreadable) throw this.#unreadable;
    // Who was erased has nothing to bring along; the batch beside it is told so.
    if ((await this.#rights.erasedAt(call)) > 0 && this.#state.receivedAt === 0) return false;
    return this.#joins.moveTo(call, to, ifKnown);
  }

  /** This journey is its browser's own again: see `Joining.moveBack`; as what follows. */
  async moveBack(call: JoinCall): Promise<boolean> {
    return this.#joins.moveBack(call);
  }

  async shorten(call: JoinCall): Promise<void> {
    return this.#joins.shorten(call);
  }

  /** For the object of a journey that becomes part of this one. */
  async takeIn(call: JoinCall, joining: Parameters<Joining["takeIn"]>[1]): Promise<boolean | Leads> {
    return this.#joins.takeIn(call, joining);
  }

  /** For the object of a journey that is taken apart from this one. */
  async letGo(call: JoinCall, parting: Parameters<Joining["letGo"]>[1]): Promise<GivenBack | Leads> {
    return this.#joins.letGo(call, parting);
  }

  /** What `letGo` gave has arrived. */
  forgetGiven(merge: string): void {
    this.#joining.forgetGiven(merge);
  }

  /** For the object that has given it back: whether that has arrived here. */
  isBack(merge: string): boolean {
    return this.#joins.moved?.merge !== merge;
  }

  /** The visitor of whose journey this one is part by now; null: of none. */
  leadsTo(): string | null {
    return this.#joins.moved?.to ?? null;
  }

  /** For a browser's object that leads here: see `wayEndsAt`. */
  async keptUntil(device: string): Promise<number> {
    if (this.#unreadable) throw this.#unreadable;
    const keptMs = await keptMsOf(this.env, this.#state.home);
    return wayEndsAt(this.#state, device, keptMs);
  }

  /** All that is kept of the visitor, or where that is by now. */
  async known(call: JoinCall): Promise<Kept | Place> {
    await this.#rights.erasedAt(call);
    return (await this.held(call, null).then((held) => ("visitor" in held ? held : null))) ?? this.#kept;
  }

  /** What is kept here, wherever the journey has gone. */
  own(): Kept {
    if (this.#unreadable) throw this.#unreadable;
    return this.#kept;
  }

  /** Uses up a hand-over of this browser; false where it was used before. In one turn, so two tries have one winner. */
  redeem(nonce: string, until: number): boolean {
    return this.store.redeem(nonce, until, Date.now());
  }

  /** See `Rights`, as what follows. A journey that cannot be read can be erased. */
  erase(at: number): Promise<ErasedJourney> {
    return this.#rights.erase(at);
  }

  async restrict(isOn: boolean, call?: JoinCall): Promise<boolean> {
    if (this.#unreadable) throw this.#unreadable;
    return this.#rights.restrict(isOn, call);
  }

  async correct(call: JoinCall, traits: Props): Promise<void> {
    if (this.#unreadable) throw this.#unreadable;
    return this.#rights.correct(call, traits);
  }

  /** What joins this journey with others; throws where it cannot be read. */
  get #joins(): Joining {
    if (this.#unreadable) throw this.#unreadable;
    return this.#joining;
  }

  #shell(): RightsShell {
    return {
      env: this.env,
      kept: () => this.#kept,
      state: () => this.#state,
      alarmAt: () => this.ctx.storage.getAlarm(),
      prepare: async (call) => {
        const config = await configOf(this.env, call.site.id, call.config);
        return { config, home: await this.#homeFor(call), alarmAt: await this.ctx.storage.getAlarm() };
      },
      write: (state, alarmAt, { dueAt = Date.now() + LEFTOVER_MS, ...beside } = {}) =>
        this.#write({ state, unheard: this.#kept.unheard }, { alarmAt, dueAt }, beside),
      given: (merge) => this.store.given(merge),
      allGiven: () => this.store.allGiven(),
      forgetGiven: (merge) => this.store.forgetGiven(merge),
      push: (config) => this.ctx.waitUntil(this.#pushing.push(config)),
      reconnect: () => this.#pages.restart(),
      ringAt: (at) => this.store.setAlarm(at),
      alone: (task) => this.ctx.blockConcurrencyWhile(task),
      forget: async () => {
        await this.#budgets.close();
        await this.store.erase();
        this.#pages.end();
        this.#kept = this.store.load();
        this.#unreadable = null;
      },
    };
  }

  /** With something to tell the map where a choice has taken away what the map says of the person. */
  #toldAnew(next: JourneyState): JourneyState {
    return next.home && tellsLess(this.#state.consent, next.consent) ? withNews(next) : next;
  }

  /** A page's WebSocket, from `GET /v1/live`: `site`, `config`, `stream`, `after` and `device` are in the query. */
  override async fetch(request: Request): Promise<Response> {
    const { site = "", config, stream = "", after, device } = Object.fromEntries(new URL(request.url).searchParams);
    const from = device || null;
    // Whose journey is another's by now comes again with a new token.
    const isElsewhere = this.#joining.elsewhereNow("", from) !== null;
    if (isElsewhere || !permits(heldOf(this.#state, from), "analytics")) return new Response(null, { status: 403 });
    const found = await configOf(this.env, site, Number(config));
    const journeying = { state: this.#state, config: found, visitor: this.#visitor };
    return this.#pages.connect(request, { stream, after: Number(after) }, journeying);
  }

  /** There is one way in, and this is not it. A ping does not come here: the platform answers it. */
  override webSocketMessage(socket: WebSocket): void {
    closeSocket(socket, LIVE_CLOSED.spoken, "send to /v1/collect");
  }

  /** Without an answer the other side waits seconds for the end of what it has closed. */
  override webSocketClose(socket: WebSocket): void {
    closeSocket(socket, NORMAL_CLOSURE, "");
  }

  /** The platform gives up after six failed runs, so a run never fails: what could not be done is tried again. */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch (error) {
      logBackground(this.env, "alarm-failed", { site: this.#state.home?.site, error });
      await this.store.setAlarm(Date.now() + LEFTOVER_MS);
    }
  }

  async #onAlarm(): Promise<void> {
    if (this.#unreadable) throw this.#unreadable;
    const { home, receivedAt } = this.#state;
    const now = Date.now();
    let isSettled = true;
    const endsAt = await this.#joining.endsAt(this.#visitor, receivedAt + (await keptMsOf(this.env, this.#state.home)));
    if (now >= endsAt && !this.#pushing.isUnderWay) return this.#rights.expire(receivedAt);
    if (home && this.#joining.isPending) await this.#joining.settle(await this.#joinCall(home));
    if (home) {
      const config = await configOf(this.env, home.site, home.config);
      const journey = config.journeys[0] as Journey;
      // What waits for the history gets a number of its own, on disk before it is used: a number never means two things.
      if (!duePush(this.#state, journey) && (this.#kept.unheard.length > 0 || this.#state.push.campaigns)) {
        this.#write({ ...this.#kept, state: withNews(this.#state) }, { alarmAt: now, dueAt: now + LEFTOVER_MS });
      }
      await this.#pushing.push(config);
      isSettled = await this.#budgets.settle(home.site);
      // A push that failed has set its own alarm; one of a batch that is under way right now has relied on this one.
      const isDue = this.#pushing.isUnderWay || duePush(this.#state, journey) !== null;
      if (isDue && (await this.ctx.storage.getAlarm()) !== null) return;
      if (isDue) return this.store.setAlarm(now + LEFTOVER_MS);
    }
    const isGiving = home !== null && (await this.#joining.forgetArrived(home.site));
    const quietAt = this.#state.receivedAt + QUIET_MS;
    if (this.#ackUnwritten && now < quietAt) return this.store.setAlarm(quietAt);
    const dueAt = isGiving || !isSettled ? now + LEFTOVER_MS : endsAt;
    if (this.#ackUnwritten) this.#write(this.#kept, { alarmAt: null, dueAt });
    else await this.store.setAlarm(dueAt);
  }

  /** A constructor that threw would fail the alarm with it, and after six failures none would ring again. */
  #load(): Kept {
    try {
      return this.store.load();
    } catch (error) {
      this.#unreadable = error;
      return { state: EMPTY_STATE, unheard: [] };
    }
  }

  /** Writes the turn, with an alarm where none would ring in time. Memory follows the disk, never the reverse. */
  #write(kept: Kept, { alarmAt, dueAt }: { alarmAt: number | null; dueAt: number }, beside?: Beside): void {
    this.store.write(kept, alarmAt === null || alarmAt > dueAt ? dueAt : null, beside);
    this.#kept = kept;
    this.#ackUnwritten = false;
  }

  /** What an alarm knows of the site, of which no batch tells it. */
  async #joinCall({ site: id, config }: Home): Promise<JoinCall> {
    const site = await callObject(async () => siteObject(this.env, id).site());
    if (!site) throw new Error(`no site ${id}`);
    return { site, config, visitor: this.#visitor };
  }

  /** The visitor that the object is of, from its name. */
  get #visitor(): string {
    const { name = "" } = this.ctx.id;
    return name.slice(name.indexOf(":") + 1);
  }

  async #homeFor({ site, visitor, config }: JoinCall): Promise<Home> {
    const { home } = this.#state;
    const place = home ?? (await mapPlace(visitor, site));
    return { site: site.id, person: place.person, shard: place.shard, config };
  }
}
