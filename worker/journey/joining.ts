import { NO_CONSENT, permits } from "../../models/consent.ts";
import { broughtChoice, deviceIndex, heldOf, isParted, withDevices } from "../../models/devices.ts";
import { EMPTY_STATE, type JourneyState, type Moved } from "../../models/journey-state.ts";
import { isOf, messagesOf, part, unite, withoutDevice } from "../../models/journey-union.ts";
import { namingOf } from "../../models/naming.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import type { Env } from "../env.ts";
import { base64url } from "../keys.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { SiteCall } from "../sites.ts";
import { askEnd, endOf, type Leads } from "./leading.ts";
import { heldAt } from "./reach.ts";
import type { Beside, GivenBack } from "./store.ts";

/** Devices of one user: beyond, a browser stays anonymous. Some are emptied every day, and are new ones then. */
const DEVICES_MAX = 1_000;

/** Whose batches go where: the journey, and the browser that they come from where the journey is a user's. */
export interface Place {
  visitor: string;
  device: string | null;
}

/** What every call about joining says of the site. */
export interface JoinCall {
  site: SiteCall;
  /** Who is called. */
  visitor: string;
  config: number;
}

/** What joining needs of the object that it is a part of. */
export interface Shell {
  env: Env;
  state: () => JourneyState;
  /** Reads the configuration; and where the journey's rows are, where it has no place yet. */
  prepare: (
    call: JoinCall,
  ) => Promise<{ config: SiteConfig; home: NonNullable<JourneyState["home"]>; alarmAt: number | null }>;
  alarmAt: () => Promise<number | null>;
  /** `dueAt`: when the alarm has to ring at the latest, where it is not some minutes. */
  write: (state: JourneyState, alarmAt: number | null, beside?: Beside & { dueAt?: number }) => void;
  given: (merge: string) => GivenBack | null;
  /** What was given back and not yet forgotten: which joining it was, and of whom. */
  allGiven: () => [merge: string, device: string][];
  forgetGiven: (merge: string) => void;
  push: (config: SiteConfig) => void;
  /** Has every open page connect again, with the token that it has by then. */
  reconnect: () => void;
}

/**
 * How a journey becomes part of another, and is taken apart again. The one that goes leads: it notes on disk what it is
 * about to do, and takes nothing more from then on; the other does its part once, however often it is asked, because it
 * notes which joining that was; then the first notes that it is done. Whatever crashes in between, the next batch, or
 * the alarm, goes on from there, and no batch is given to either before.
 */
export class Joining {
  readonly #shell: Shell;
  #settling: Promise<void> | null = null;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** Where a batch of this device belongs, or null: here. Ends what a crash left unfinished. Throws where it can't be ended. */
  async elsewhere(call: JoinCall, device: string | null): Promise<Place | null> {
    if (this.isPending) await this.settle(call);
    return this.elsewhereNow(call.visitor, device);
  }

  /** The same, of what is on disk, without waiting for anything. */
  elsewhereNow(self: string, device: string | null): Place | null {
    const { moved, ...state } = this.#shell.state();
    if (moved) return { visitor: moved.to, device: device ?? self };
    return device !== null && isParted(state, device) ? { visitor: device, device: null } : null;
  }

  /** Where this journey has gone, or is about to go. */
  get moved(): Moved | undefined {
    return this.#shell.state().moved;
  }

  /** Whether a joining, or a parting, was begun and is not done. */
  get isPending(): boolean {
    const { moved } = this.#shell.state();
    return moved !== undefined && (!moved.done || moved.parting === true);
  }

  /**
   * This journey becomes part of the user's, `to`, or of whom that one is by now. False where its visitor's choice does not
   * permit that there is a journey. One that was another user's leaves what it has brought there: two people who share a
   * browser are never joined.
   */
  async moveTo(call: JoinCall, to: string, ifKnown: boolean): Promise<boolean> {
    if (this.isPending) await this.settle(call);
    const { env, state: stateNow } = this.#shell;
    const { moved: before, devices } = stateNow();
    const { visitor: self, site } = call;
    const from = { env, site: site.id, self };
    const at = before ? await endOf(from, before.to) : self;
    const end = await endOf(from, to);
    const naming = namingOf({ self, at, end, hasDevices: devices !== undefined });
    if (naming === "same") return true;
    if (naming === "together") {
      return callObject(async () => journeyObject(env, site.id, at).moveTo({ ...call, visitor: at }, end));
    }
    const told = before ? await heldAt(env, { visitor: at, device: self }, call) : NO_CONSENT;
    const { home, alarmAt } = await this.#shell.prepare(call);
    const state = stateNow();
    if (state.moved?.merge !== before?.merge) return this.moveTo(call, to, ifKnown);
    if (ifKnown && state.receivedAt === 0) return false;
    const consent = broughtChoice(state.consent, told);
    if (consent.rev > 0 && !permits(consent, "analytics")) return false;
    const merge = base64url(crypto.getRandomValues(new Uint8Array(8)));
    const next: Moved = { to: end, merge, at: Date.now(), done: false, ...(before ? { leaves: at } : {}) };
    const now = Date.now();
    this.#shell.write(
      { ...state, consent, home, bornAt: state.bornAt || now, receivedAt: state.receivedAt || now, moved: next },
      alarmAt,
    );
    await this.settle(call);
    return stateNow().moved?.merge === merge;
  }

  /** This journey is its browser's own again. False where it is part of no other. */
  async moveBack(call: JoinCall): Promise<boolean> {
    if (this.isPending) await this.settle(call);
    const { alarmAt } = await this.#shell.prepare(call);
    const state = this.#shell.state();
    if (!state.moved) return false;
    this.#shell.write({ ...state, moved: { ...state.moved, parting: true } }, alarmAt);
    await this.settle(call);
    return true;
  }

  /** Ends what was begun; several callers wait for one end. */
  settle(call: JoinCall): Promise<void> {
    this.#settling ??= this.#settle(call).finally(() => {
      this.#settling = null;
    });
    return this.#settling;
  }

  async #settle(call: JoinCall): Promise<void> {
    const { moved } = this.#shell.state();
    if (!moved) return;
    if (moved.parting) return this.#takeBack(call, moved);
    if (moved.done) return;
    let from: JourneyState = this.#shell.state();
    if (moved.leaves) {
      // What that journey has acknowledged of this browser is not counted again where it goes now.
      const { streams, messages = [], stamp } = (await this.#letGo(call, moved, moved.leaves)).given;
      const { consent, bornAt, receivedAt } = from;
      from = { ...EMPTY_STATE, streams, messages, consent: broughtChoice(consent, stamp), bornAt, receivedAt };
    }
    const taken = await this.#takenBy(call, moved, from);
    const { config: declared, alarmAt } = await this.#shell.prepare(call);
    const { env, state } = this.#shell;
    if (!taken?.answer) {
      // There is no more room, or both become each other's: it stays its own.
      const { moved: _moved, ...own } = state();
      return this.#shell.write(own, alarmAt);
    }
    for (let toldRev = from.consent.rev; state().consent.rev > toldRev; ) {
      // Chosen after the other had been told.
      const { consent } = state();
      toldRev = consent.rev;
      await callObject(async () => journeyObject(env, call.site.id, taken.visitor).consent(consent, call.visitor));
    }
    const now = state();
    const left = moved.leaves ? now : unite(EMPTY_STATE, now, declared.journeys[0] as Journey).from;
    const { leaves: __, ...settled } = moved;
    this.#shell.write({ ...left, moved: { ...settled, to: taken.visitor, done: true } }, alarmAt);
    this.#shell.push(declared);
    this.#shell.reconnect();
  }

  /** Who has taken this journey in, and whether there was room; null where the way leads back here. */
  #takenBy({ site, config, visitor: device }: JoinCall, { to, merge }: Moved, from: JourneyState) {
    const { moved: _, ...told } = { ...from, push: EMPTY_STATE.push };
    return askEnd(device, to, (visitor) =>
      callObject(async () =>
        journeyObject(this.#shell.env, site.id, visitor).takeIn(
          { site, visitor, config },
          { device, merge, from: told },
        ),
      ),
    );
  }

  async #takeBack(call: JoinCall, moved: Moved): Promise<void> {
    const { given: back, by } = await this.#letGo(call, moved, moved.to, true);
    const { config, alarmAt } = await this.#shell.prepare(call);
    const journey = config.journeys[0] as Journey;
    const { moved: _, ...own } = this.#shell.state();
    const ring = { ...EMPTY_STATE.folded, ring: back.entries, touchpoints: back.entries.length };
    const { streams, messages = [] } = back;
    const given: JourneyState = { ...EMPTY_STATE, folded: ring, streams, messages };
    const { records, reservations, decisions, traits } = own;
    const united = unite({ ...own, streams: {} }, given, journey).into;
    // Its own record of what it was shown, as it was before: the other has it no more.
    const consent = broughtChoice(own.consent, back.stamp);
    const kept = { records, reservations, decisions, traits, consent };
    this.#shell.write({ ...united, ...kept, receivedAt: Date.now() }, alarmAt);
    this.#shell.push(config);
    const { env } = this.#shell;
    // Where it cannot be said now, the other's alarm asks.
    await callObject(async () => journeyObject(env, call.site.id, by).forgetGiven(moved.merge)).catch(() => {});
  }

  /** Has the journey in which a name ends let go of this one. Of a way that leads back here, nothing is given. */
  async #letGo(
    { site, config, visitor: device }: JoinCall,
    { merge }: Moved,
    of: string,
    back = false,
  ): Promise<{ given: GivenBack; by: string }> {
    const { records } = this.#shell.state();
    const asked = { device, merge, records, back };
    const gone = await askEnd(device, of, (visitor) =>
      callObject(
        async () =>
          (await journeyObject(this.#shell.env, site.id, visitor).letGo({ site, visitor, config }, asked)) as
            | GivenBack
            | Leads,
      ),
    );
    return gone ? { given: gone.answer, by: gone.visitor } : { given: NOTHING_GIVEN, by: of };
  }

  /** Notes where this journey leads in the end, so that nobody has to go the whole way again. Opens a ring. */
  async shorten(call: JoinCall): Promise<void> {
    const { moved } = this.#shell.state();
    if (!moved?.done || moved.parting) return;
    const end = await endOf({ env: this.#shell.env, site: call.site.id, self: call.visitor }, moved.to);
    const { alarmAt } = await this.#shell.prepare(call);
    const { moved: now, ...own } = this.#shell.state();
    if (now !== moved || end === moved.to) return;
    this.#shell.write(end === call.visitor ? own : { ...own, moved: { ...moved, to: end } }, alarmAt);
  }

  /** Takes another journey in, once for each joining. False where the user has too many devices; or where this one has gone. */
  async takeIn(
    call: JoinCall,
    { device, merge, from }: { device: string; merge: string; from: JourneyState },
  ): Promise<boolean | Leads> {
    const { config, home, alarmAt } = await this.#shell.prepare(call);
    const { moved, ...state } = this.#shell.state();
    if (moved) return { to: moved.to };
    const { devices = [] } = state;
    if (devices.some((known) => known.merge === merge)) return true;
    if (devices.length >= DEVICES_MAX) return false;
    const now = Date.now();
    const { into } = unite(state, from, config.journeys[0] as Journey, { visitor: device, merge, now });
    // A user's life begins with its journey, not with that of a browser: an erasure in between was not of this life.
    this.#shell.write({ ...into, home, bornAt: state.bornAt || now }, alarmAt);
    this.#shell.push(config);
    return true;
  }

  /** Lets go of a device; `back`: with all that is still open of it. Repeating it gives the same; or where this one has gone. */
  async letGo(
    call: JoinCall,
    {
      device,
      merge,
      records,
      back,
    }: { device: string; merge: string; records: JourneyState["records"]; back: boolean },
  ): Promise<GivenBack | Leads> {
    const known = this.#shell.given(merge);
    if (known) return known;
    if (this.isPending) await this.settle(call);
    const { config, alarmAt } = await this.#shell.prepare(call);
    const { moved, ...state } = this.#shell.state();
    if (moved) return { to: moved.to };
    const isThere = deviceIndex(state, device) >= 0;
    const own = Object.entries(state.streams).filter(([id]) => isOf(state, id, device));
    const streams = Object.fromEntries(own.map(([id, { device: _, ...record }]) => [id, record]));
    const messages = messagesOf(state, device);
    const given: GivenBack = { entries: [], streams, messages, stamp: heldOf(state, device) };
    if (!isThere) return given;
    if (!back) {
      this.#shell.write(withDevices(state, withoutDevice(state, device)), alarmAt);
      this.#shell.reconnect();
      return given;
    }
    given.entries = state.folded.ring.filter(({ stream }) => isOf(state, stream, device));
    const { into } = part(state, { ...EMPTY_STATE, records }, device, config.journeys[0] as Journey);
    this.#shell.write(into, alarmAt, { given: { merge, device, back: given } });
    this.#shell.push(config);
    this.#shell.reconnect();
    return given;
  }

  /** What was given back has arrived. */
  forgetGiven(merge: string): void {
    this.#shell.forgetGiven(merge);
  }

  /** Forgets what was given back and has arrived, of which nobody could tell. Whether something is still on its way. */
  async forgetArrived(site: string): Promise<boolean> {
    let isOnItsWay = false;
    for (const [merge, device] of this.#shell.allGiven()) {
      if (await callObject(async () => journeyObject(this.#shell.env, site, device).isBack(merge))) {
        this.#shell.forgetGiven(merge);
      } else isOnItsWay = true;
    }
    return isOnItsWay;
  }

  /**
   * When this journey ends, ms since 1970, which by itself would be at `ownEnd`: one that leads to a user's is the only way
   * to it by its browser's secret, so it is kept as long as that.
   */
  async endsAt(self: string, ownEnd: number): Promise<number> {
    const { moved, home } = this.#shell.state();
    if (Date.now() < ownEnd || !moved?.done || moved.parting || !home) return ownEnd;
    const { env } = this.#shell;
    const end = await endOf({ env, site: home.site, self }, moved.to);
    if (end === self) return ownEnd;
    return Math.max(ownEnd, await callObject(async () => journeyObject(env, home.site, end).keptUntil(self)));
  }
}

const NOTHING_GIVEN: GivenBack = { entries: [], streams: {}, stamp: NO_CONSENT };
