import { type Choice, effective, grantable, isAnswered, NO_CONSENT, permits, type Stamp } from "../models/consent.ts";
import type { PublishedConsent } from "../models/consent-config.ts";
import type { PublishedConfig } from "../models/site-config.ts";
import type { ConsentGate, HonouredSignal, Shown } from "../models/surface.ts";
import { utcDay } from "../models/visit.ts";
import type { ConsentRequest, ConsentSurface } from "../models/wire.ts";
import type { Call, Capture, PageContext, Setting, SurfaceSlot } from "./context.ts";
import type { Emitter } from "./emitter.ts";
import { fetchConfig } from "./fetch-config.ts";
import type { LoadChunk } from "./load-chunk.ts";
import { signals } from "./privacy-control.ts";
import { randomId } from "./random-id.ts";
import { type ConsentMessage, sendConsent } from "./send-consent.ts";
import {
  CHOICE_KEY,
  ensureSecret,
  forgetVisitor,
  isDurable,
  SECRET_KEY,
  storeChoice,
  storedChoice,
  storedSecret,
  storeSecret,
} from "./stored.ts";

export interface GateParts extends LoadChunk {
  setting: Setting;
  config: PublishedConfig;
  events: Emitter;
  log: (...what: unknown[]) => void;
}

/** How the visitor chose. */
interface Choosing {
  surface?: ConsentSurface;
  /** Absent: as before. */
  objects?: boolean | undefined;
  /** A rev that the edge holds already. */
  after?: number;
}

/** Calls held between the grant and the arrival of the capture chunk: more than this, and it will not arrive. */
const HELD_CALLS_MAX = 200;

/**
 * The consent gate: nothing behind it runs, is loaded or is stored before `analytics` is granted, and everything stops
 * in the task of a withdrawal.
 */
export class Gate implements ConsentGate {
  readonly parts: GateParts;
  readonly slot: SurfaceSlot = { open: null };
  choice: Choice | null = storedChoice();
  /** Judged once per choice: what is granted does not run out in the middle of a page. */
  stamp: Stamp = NO_CONSENT;
  readonly #signals = signals();
  #secret = "";
  /** What the site was told of who this is. */
  #visitor?: string;
  #fetchedVersion = 0;
  #after = 0;
  /** What was on its way when capture stopped. */
  #flying: Promise<unknown> | null = null;
  /** An object of its own per grant, so that a chunk which arrives after a withdrawal knows that it is late. */
  #grant: { capture: Capture | null; calls: Call[] } | null = null;

  /** `held` are the calls made since `startedMs`, while the configuration was on its way. */
  constructor(parts: GateParts, held: Call[], startedMs: number) {
    this.parts = parts;
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === SECRET_KEY) this.#follow(newValue);
      else if (key === CHOICE_KEY || key === null) this.#seen(storedChoice());
    });
    // A page that the browser kept for going back to heard of nothing meanwhile: before capture notes that it is back.
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      this.#seen(storedChoice());
      this.#follow(storedSecret());
    };
    window.addEventListener("pageshow", onShow, true);
    this.#apply(startedMs, held);
  }

  get consent(): PublishedConsent {
    return this.parts.config.consent;
  }

  /** The browser's own request that is honoured where nothing was chosen. */
  get signal(): HonouredSignal {
    const { gpc, dnt } = this.#signals;
    return gpc ? "gpc" : dnt && this.consent.dnt ? "dnt" : null;
  }

  /** Null where nothing is kept under one. */
  get secret(): string | null {
    return storedSecret() ?? (this.#grant ? this.#secret : null);
  }

  get capture(): Capture | null {
    return this.#grant?.capture ?? null;
  }

  /** Whether the visitor has answered the texts that hold now. */
  get decided(): boolean {
    return isAnswered(this.choice, this.consent, today());
  }

  call(call: Call): void {
    const grant = this.#grant;
    if (grant?.capture) grant.capture.call(call);
    else if (grant && grant.calls.length < HELD_CALLS_MAX) grant.calls.push(call);
  }

  choose(
    purposes: readonly string[],
    control: ConsentRequest["control"],
    { surface = "api", objects = this.choice?.objects, after = this.#after }: Choosing = {},
  ): void {
    const { setting } = this.parts;
    const { policy, notice, language } = this.consent;
    const rev = Math.max(this.choice?.rev ?? 0, storedChoice()?.rev ?? 0, after) + 1;
    const consent: Stamp = { rev, purposes: grantable(purposes), objects: objects || undefined };
    // Only who granted before has one; it tells the record which journey is withdrawn.
    const known = this.secret;
    this.#change({ ...consent, policy, day: today() });
    const message: ConsentMessage = {
      consent,
      policy,
      notice,
      language,
      control: known && control === "reject" ? "withdraw" : control,
      surface,
      signals: this.#signals,
      secret: known ?? storedSecret() ?? undefined,
    };
    sendConsent(setting, message);
    // An answer that was on its way may bring the cookie back: the same withdrawal again, which is recorded once.
    if (!this.#grant) void this.#flying?.then(() => this.#grant || sendConsent(setting, message));
  }

  /** Forgets who the visitor was; what they chose holds for the next one too. */
  reset(): void {
    if (!this.#grant) {
      // Nothing is stored, but the host's cookie may know a visitor: a first choice goes on under it, a second does not.
      this.#after = 1;
      return;
    }
    this.capture?.flush();
    this.#stop();
    forgetVisitor();
    this.choose(this.stamp.purposes, "reset");
  }

  /** Asks in the banner; where the visitor has chosen, in the preference centre. */
  open(byVisitor: boolean): Promise<void> {
    return this.show(byVisitor && this.decided ? "preferences" : "banner", byVisitor);
  }

  /** Hands itself to a chunk: a surface, or what speaks with another tool. */
  show(chunk: Shown, byVisitor = false): Promise<void> {
    return this.parts
      .load(chunk)
      .then(({ show }) => show(this, byVisitor))
      .catch(this.parts.log);
  }

  /** Nobody is being asked: the permanent control (B14) is on the page, and tells what holds. */
  rest(): void {
    if (this.consent.control) void this.show("control");
  }

  /** Storage, gate and, on a withdrawal, the end of everything kept: one task (B12, B15). */
  #change(next: Choice): void {
    storeChoice(next);
    this.#take(next);
  }

  /** Another tab of the site chose (B13), or the page's own code cleared the storage. */
  #seen(stored: Choice | null): void {
    if (stored ? stored.rev > (this.choice?.rev ?? 0) : this.choice) this.#take(stored);
  }

  /** Another tab has begun a new visitor, or taken up an earlier one. */
  #follow(secret: string | null): void {
    const grant = this.#grant;
    if (!grant || !secret || secret === this.#secret) return;
    grant.capture?.flush();
    this.#stop();
    this.#apply(performance.now(), grant.calls);
  }

  #take(choice: Choice | null): void {
    this.choice = choice;
    this.slot.open?.close();
    this.slot.open = null;
    this.rest();
    this.#apply(performance.now(), []);
    // A choice for texts that this page does not have yet is another tab's, and may be a grant.
    if (!choice || !permits(choice, "analytics")) forgetVisitor();
    this.parts.events.emit("consent", this.stamp);
  }

  #apply(sinceMs: number, calls: Call[]): void {
    this.stamp = effective(this.choice, this.consent, today(), this.#signals);
    if (!permits(this.stamp, "analytics")) this.#stop();
    else if (this.#grant) this.#grant.capture?.consentChanged();
    else this.#start(sinceMs, calls);
  }

  #start(sinceMs: number, calls: Call[]): void {
    const { load, log } = this.parts;
    this.#secret = ensureSecret();
    const mine: { capture: Capture | null; calls: Call[] } = { capture: null, calls };
    this.#grant = mine;
    // Both travel at once; capture starts the other.
    load("sources").catch(log);
    load("capture")
      .then(({ start }) => {
        if (this.#grant !== mine) return;
        const capture = start(this.#context(sinceMs));
        mine.capture = capture;
        mine.calls.splice(0).forEach(capture.call);
      })
      .catch(log);
  }

  #context(sinceMs: number): PageContext {
    const { setting, config, events, log } = this.parts;
    const durable = isDurable();
    return {
      ...this.parts,
      // No cookie either, where the secret is not to outlive the page.
      setting: durable ? setting : { ...setting, credentials: "omit" },
      randomId,
      emit: events.emit,
      slot: this.slot,
      durable,
      sinceMs,
      secret: () => storedSecret() ?? this.#secret,
      stamp: () => this.stamp,
      permits: (purpose) => permits(this.stamp, purpose),
      told: ({ config: version, visitor, secret }) => {
        if (secret) {
          this.#secret = secret;
          storeSecret(secret);
        }
        if (visitor && visitor !== this.#visitor) {
          this.#visitor = visitor;
          events.emit("visitor", visitor);
        }
        // Once a page: what it holds stays as it is, and the next page finds the new one in the browser's cache.
        if (version && version > Math.max(config.version, this.#fetchedVersion)) {
          this.#fetchedVersion = version;
          fetchConfig(setting, "reload").catch(log);
        }
      },
      hear: (later, made) => {
        this.#seen(storedChoice() ?? this.choice);
        if (later.rev <= this.stamp.rev) return;
        // Chosen since that batch was made: said again, after what the edge holds.
        if (made.rev < this.stamp.rev) this.choose(this.stamp.purposes, "api", { after: later.rev });
        else this.#change({ ...later, policy: this.consent.policy, day: today() });
      },
    };
  }

  #stop(): void {
    this.#flying = this.#grant?.capture?.stop() ?? null;
    this.#grant = null;
  }
}

function today(): number {
  return utcDay(Date.now());
}
