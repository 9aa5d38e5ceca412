import { type Choice, effective, grantable, isAnswered, NO_CONSENT, permits, type Stamp } from "../models/consent.ts";
import type { PublishedConsent } from "../models/consent-config.ts";
import type { CampaignKind } from "../models/content.ts";
import type { PublishedConfig } from "../models/site-config.ts";
import type { ConsentGate, HonouredSignal, Shown, Surface } from "../models/surface.ts";
import { utcDay } from "../models/visit.ts";
import type { ConsentRequest, ConsentSurface } from "../models/wire.ts";
import type { Call, Capture, PageContext, Setting } from "./context.ts";
import type { Emitter } from "./emitter.ts";
import { fetchConfig } from "./fetch-config.ts";
import { forgetOpen } from "./forget-open.ts";
import type { LoadChunk } from "./load-chunk.ts";
import { signals } from "./privacy-control.ts";
import { randomId } from "./random-id.ts";
import { type ConsentMessage, sendConsent } from "./send-consent.ts";
import {
  ensureSecret,
  forgetVisitor,
  isDurable,
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

/** What was pressed, or who called. */
type Control = ConsentRequest["control"];

/** Calls held until configuration and capture have come: more are a bug in a loop of the page's, or will not arrive. */
export const HELD_CALLS_MAX = 200;

/**
 * The consent gate: nothing behind it runs, is loaded or is stored before `analytics` is granted, and everything stops
 * in the task of a withdrawal.
 */
export class Gate implements ConsentGate {
  readonly parts: GateParts;
  readonly consent: PublishedConsent;
  /** The one surface that may be open on the page: the banner and what campaigns show share it. `kind`: of the last campaign. */
  readonly slot: { open: Surface | null; kind?: CampaignKind | undefined } = { open: null };
  /** Undefined until a tool that decides has spoken: it may have taken back what it said on an earlier page. */
  choice: Choice | null | undefined = storedChoice();
  /** Judged once per choice: what is granted does not run out in the middle of a page. */
  stamp: Stamp = NO_CONSENT;
  readonly #signals = signals();
  #secret = "";
  /** What the site was told of who this is. */
  #visitor?: string;
  /** A rev that the edge may hold already. */
  #after = 0;
  /** What was on its way when capture stopped. */
  flying: Promise<unknown> | null = null;
  /** An object of its own per grant, so that a chunk which arrives after a withdrawal knows that it is late. */
  #grant: { capture: Capture | null; calls: Call[] } | null = null;
  /** Records of choices that the page's listeners are hearing of. */
  readonly #unsent: (() => void)[] = [];

  /** `held` are the calls made since `startedMs`, while the configuration was on its way. */
  constructor(parts: GateParts, held: Call[], startedMs: number) {
    this.parts = parts;
    this.consent = parts.config.consent;
    if (this.consent.tools?.includes("tcf")) this.choice = undefined;
    const look = () => {
      this.#seen(storedChoice());
      this.#follow(storedSecret());
    };
    // Null where another tab has cleared the storage.
    addEventListener("storage", ({ key }) => (!key || key.startsWith("waypost")) && look());
    // A page that the browser kept for going back to heard of nothing meanwhile: before capture notes that it is back.
    addEventListener("pageshow", ({ persisted }) => persisted && look(), true);
    this.#apply(held, startedMs);
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

  get capture(): Capture | null | undefined {
    return this.#grant?.capture;
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

  choose(purposes: readonly string[], control: Control, surface?: ConsentSurface): void {
    const { policy, mode } = this.consent;
    this.choice ??= null;
    const made = { ...this.held, purposes: grantable(purposes), policy, mode, day: today(), own: control !== "api" };
    this.note(made, control, surface);
  }

  /** Forgets who the visitor was; what they chose holds for the next one too. */
  reset(): void {
    // Nothing is stored, but the host's cookie may know a visitor: a first choice goes on under it, a second does not.
    this.#after = 1;
    if (!this.#grant) return;
    this.capture?.flush();
    this.#stop();
    forgetVisitor();
    this.note(this.held, "reset");
  }

  /** The choice that there is; where nothing was chosen, what runs, as no choice. An act changes a part of it. */
  get held(): Choice {
    return storedChoice() ?? { ...this.stamp, policy: "", day: 0 };
  }

  /** A choice, or an act, after the rev that `next` has. `control`: null where the edge is not to hear of it. */
  note(next: Choice, control: Control | null, surface?: ConsentSurface): void {
    const noted = { ...next, rev: Math.max(next.rev, this.#after) + 1 };
    // Storage, gate and, on a withdrawal, the end of everything kept: one task (B12, B15).
    storeChoice(noted);
    this.take(noted, control, surface);
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
      .catch((error) => {
        this.parts.log(error);
        // Nothing of ours can be drawn where nothing could be loaded; the browser's own words are there.
        if (byVisitor) alert(this.consent.text.failed);
      });
  }

  /** Nobody is being asked: the permanent control (B14) is on the page, and tells what holds. */
  rest(): void {
    if (this.consent.control) void this.show("control");
  }

  /** Another tab of the site chose (B13), or the page's own code cleared the storage. */
  #seen(stored: Choice | null | undefined): void {
    if (stored?.rev !== this.choice?.rev) this.take(stored);
  }

  /** Another tab has begun a new visitor, or taken up an earlier one. */
  #follow(secret: string | null): void {
    const grant = this.#grant;
    if (!grant || !secret || secret === this.#secret) return;
    grant.capture?.flush();
    this.#stop();
    this.#apply(grant.calls);
  }

  /** What holds from now on. `control`: null where the edge knows or is not to, absent where another tab has told it. */
  take(choice: Choice | null | undefined, control?: Control | null, surface: ConsentSurface = "api"): void {
    // Only who granted before has one; it tells the record which journey is withdrawn.
    const known = this.secret;
    // An act, or what another tab was told, is not yet the word of the tool that decides here.
    if (this.choice !== undefined) this.choice = choice;
    this.slot.open?.close();
    this.slot.open = null;
    this.rest();
    this.#apply();
    // A choice for texts that this page does not have yet is another tab's, and may be a grant.
    if (!(choice && permits(choice, "analytics"))) forgetVisitor();
    if (choice && control !== null) {
      const { rev, purposes, objects, policy, mode } = choice;
      const { notice, language } = this.consent;
      const message: ConsentMessage = {
        consent: { rev, purposes, objects },
        policy,
        mode,
        notice,
        language,
        control: control ?? "withdraw",
        surface,
        signals: this.#signals,
        secret: known ?? storedSecret() ?? undefined,
      };
      const send = () => sendConsent(this.parts.setting, message);
      if (control) this.#unsent.push(send);
      // An answer that was on its way may bring the cookie back: the same withdrawal again, which is recorded once.
      if (!this.#grant) void this.flying?.then(() => this.#grant || send());
    }
    // Tools that follow the choice hear of it before the record is made (B12). One that answers with a choice is recorded after.
    this.parts.events.emit("consent", this.stamp);
    for (const send of this.#unsent.splice(0)) send();
  }

  #apply(calls: Call[] = [], sinceMs = performance.now()): void {
    this.stamp = effective(this.choice, this.consent, today(), this.#signals);
    if (!permits(this.stamp, "analytics")) this.#stop();
    else if (this.#grant) this.#grant.capture?.consentChanged();
    else this.#start(calls, sinceMs);
  }

  #start(calls: Call[], sinceMs: number): void {
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
    let newest = config.version;
    return {
      ...this.parts,
      // No cookie either, where the secret is not to outlive the page.
      setting: durable ? setting : { ...setting, credentials: "omit" },
      randomId,
      gate: this,
      durable,
      sinceMs,
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
        // Once a grant: what it holds stays as it is, and the next page finds the new one in the browser's cache.
        if (version && version > newest) {
          newest = version;
          fetchConfig(setting, "reload").catch(log);
        }
      },
      hear: (later, made) => {
        this.#seen(storedChoice() ?? this.choice);
        const { rev } = later;
        if (rev <= this.stamp.rev) return;
        // Chosen since that batch was made: said again, after what the edge holds.
        if (made.rev < this.stamp.rev) this.note({ ...this.held, rev }, "api");
        // Chosen or done elsewhere: terms and day stay those of the choice that it is about.
        else this.note({ ...this.held, ...later, rev: rev - 1 }, null);
      },
    };
  }

  #stop(): void {
    // Also what was left of a page before another tab's withdrawal.
    forgetOpen();
    this.flying = this.#grant?.capture?.stop() ?? null;
    this.#grant = null;
  }
}

function today(): number {
  return utcDay(Date.now());
}
