import { latest, permits } from "../../models/consent.ts";
import { deviceIndex, heldOf, isParted, withDevices } from "../../models/devices.ts";
import { EMPTY_STATE, type JourneyState, type Moved } from "../../models/journey-state.ts";
import { isOf, part, unite, withoutDevice } from "../../models/journey-union.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import type { Env } from "../env.ts";
import { base64url } from "../keys.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { SiteCall } from "../sites.ts";
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

  /** Whether a joining, or a parting, was begun and is not done. */
  get isPending(): boolean {
    const { moved } = this.#shell.state();
    return moved !== undefined && (!moved.done || moved.parting === true);
  }

  /**
   * This journey becomes part of the user's, `to`. False where its visitor's choice does not permit that there is a journey.
   * One that was another user's leaves what it has brought there: two people who share a browser are never joined.
   */
  async moveTo(call: JoinCall, to: string, ifKnown: boolean): Promise<boolean> {
    if (this.isPending) await this.settle(call);
    const { home, alarmAt } = await this.#shell.prepare(call);
    const state = this.#shell.state();
    const { moved, consent } = state;
    if (moved?.to === to || call.visitor === to) return true;
    if (ifKnown && state.receivedAt === 0) return false;
    if (!moved && consent.rev > 0 && !permits(consent, "analytics")) return false;
    const merge = base64url(crypto.getRandomValues(new Uint8Array(8)));
    const next: Moved = { to, merge, at: Date.now(), done: false, ...(moved ? { leaves: moved.to } : {}) };
    const now = Date.now();
    this.#shell.write(
      { ...state, home, bornAt: state.bornAt || now, receivedAt: state.receivedAt || now, moved: next },
      alarmAt,
    );
    await this.settle(call);
    return this.#shell.state().moved?.to === to;
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
    const { env } = this.#shell;
    const { site, config } = call;
    let from: JourneyState = this.#shell.state();
    if (moved.leaves) {
      // What that journey has acknowledged of this browser is not counted again where it goes now.
      const { streams } = await this.#letGo(call, moved, moved.leaves);
      from = { ...EMPTY_STATE, streams, consent: from.consent, bornAt: from.bornAt, receivedAt: from.receivedAt };
    }
    const taking = { site, visitor: moved.to, config };
    const { moved: _, ...told } = { ...from, push: EMPTY_STATE.push };
    const taken = await callObject(async () =>
      journeyObject(env, site.id, moved.to).takeIn(taking, { device: call.visitor, merge: moved.merge, from: told }),
    );
    const { config: declared, alarmAt } = await this.#shell.prepare(call);
    const now = this.#shell.state();
    if (!taken) {
      // There is no more room: it stays its own.
      const { moved: _moved, ...own } = now;
      return this.#shell.write(own, alarmAt);
    }
    const left = moved.leaves ? now : unite(EMPTY_STATE, now, declared.journeys[0] as Journey).from;
    const { leaves: __, ...settled } = moved;
    this.#shell.write({ ...left, moved: { ...settled, done: true } }, alarmAt);
    this.#shell.push(declared);
    this.#shell.reconnect();
  }

  async #takeBack(call: JoinCall, moved: Moved): Promise<void> {
    const back = await this.#letGo(call, moved, moved.to, true);
    const { config, alarmAt } = await this.#shell.prepare(call);
    const journey = config.journeys[0] as Journey;
    const { moved: _, ...own } = this.#shell.state();
    const ring = { ...EMPTY_STATE.folded, ring: back.entries, touchpoints: back.entries.length };
    const given: JourneyState = { ...EMPTY_STATE, folded: ring, streams: back.streams };
    const { records, reservations, decisions, traits } = own;
    const united = unite({ ...own, streams: {} }, given, journey).into;
    // Its own record of what it was shown, as it was before: the other has it no more.
    const consent = latest(own.consent, back.stamp);
    const kept = { records, reservations, decisions, traits, consent };
    this.#shell.write({ ...united, ...kept, receivedAt: Date.now() }, alarmAt);
    this.#shell.push(config);
    const { env } = this.#shell;
    await callObject(async () => journeyObject(env, call.site.id, moved.to).forgetGiven(moved.merge));
  }

  #letGo({ site, config, visitor: device }: JoinCall, { merge }: Moved, of: string, back = false): Promise<GivenBack> {
    const { records } = this.#shell.state();
    const asked = { device, merge, records, back };
    return callObject(async () =>
      journeyObject(this.#shell.env, site.id, of).letGo({ site, visitor: of, config }, asked),
    ) as Promise<GivenBack>;
  }

  /** Takes another journey in, once for each joining. False where the user has too many devices. */
  async takeIn(
    call: JoinCall,
    { device, merge, from }: { device: string; merge: string; from: JourneyState },
  ): Promise<boolean> {
    const { config, home, alarmAt } = await this.#shell.prepare(call);
    const state = this.#shell.state();
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

  /** Lets go of a device; `back`: with all that is still open of it. Repeating it gives the same. */
  async letGo(
    call: JoinCall,
    {
      device,
      merge,
      records,
      back,
    }: { device: string; merge: string; records: JourneyState["records"]; back: boolean },
  ): Promise<GivenBack> {
    const known = this.#shell.given(merge);
    if (known) return known;
    const { config, alarmAt } = await this.#shell.prepare(call);
    const state = this.#shell.state();
    const isThere = deviceIndex(state, device) >= 0;
    const own = Object.entries(state.streams).filter(([id]) => isOf(state, id, device));
    const streams = Object.fromEntries(own.map(([id, { device: _, ...record }]) => [id, record]));
    const given: GivenBack = { entries: [], streams, stamp: heldOf(state, device) };
    if (!isThere) return given;
    if (!back) {
      this.#shell.write(withDevices(state, withoutDevice(state, device)), alarmAt);
      this.#shell.reconnect();
      return given;
    }
    given.entries = state.folded.ring.filter(({ stream }) => isOf(state, stream, device));
    const { into } = part(state, { ...EMPTY_STATE, records }, device, config.journeys[0] as Journey);
    this.#shell.write(into, alarmAt, { given: { merge, back: given } });
    this.#shell.push(config);
    this.#shell.reconnect();
    return given;
  }

  /** What was given back has arrived. */
  forgetGiven(merge: string): void {
    this.#shell.forgetGiven(merge);
  }
}
