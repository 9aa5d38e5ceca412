/** The asking chunk: loaded where a live campaign listens to something and `personalization` is granted. */
import type { FeatureState } from "../models/features.ts";
import type { Outcome, Veto } from "../models/outcome.ts";
import { isMatch, stageOf, triggerKey } from "../models/stage.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import { isActivity } from "../models/touchpoint-type.ts";
import { ASK_VALID_MS, type Decision, type LiveMessage } from "../models/wire.ts";
import type { Recorder } from "./capture/recorder.ts";
import type { PageClock } from "./clock.ts";
import type { PageContext } from "./context.ts";
import { forgetOpen } from "./forget-open.ts";
import { storedOpen } from "./kept-open.ts";
import type { Outbox } from "./outbox.ts";
import type { PageTriggers } from "./page-triggers.ts";
import type { Presenter, Told } from "./present.ts";
import { previewToken } from "./preview.ts";
import type { PageDecision } from "./public-api.ts";
import { QuietMoments } from "./quiet-moments.ts";
import type { Scoring } from "./scoring/index.ts";
import type { Crossing } from "./scoring/scorer.ts";
import type { Reason, Sync } from "./sync.ts";

/** So much of what this page has seen is kept for a checklist that comes up later. */
const PAST_MAX = 100;
/** How the keys of stages begin. */
const STAGE = "stage.";
/** A reply that says "later" than this is not waited for: a page that lasts so long hears it again. */
const LATER_MAX_MS = 86_400_000;

export interface AskingParts {
  context: PageContext;
  clock: PageClock;
  outbox: Outbox;
  sync: Sync;
  /** Records, and sends at once. */
  report: Recorder;
}

/** Watches what the visitor does, asks the edge when something fires, and hands what was decided to the presenter. */
export class Asking {
  /** The last decision of this page. */
  last: PageDecision | null = null;
  readonly #parts: AskingParts;
  readonly #ending = new AbortController();
  /** The stage that this page entered last, "" before any. */
  #stage = "";
  /** When the view of now began, `performance.now()`. */
  #viewedMs: number;
  /** When this page asked last by what happened once, `performance.now()` by key. */
  readonly #askedMs = new Map<string, number>();
  #later: ReturnType<typeof setTimeout> | undefined;
  #scoring: Scoring | null = null;
  /** Present while scoring is wanted and not yet there; an object of its own per start. */
  #waiting: Touchpoint[] | null = null;
  /** Aborted where scoring ends, also before its engine has answered. */
  #starting = new AbortController();
  #pageTriggers: PageTriggers | null = null;
  /** From the beginning, so that a key that was pressed before the first decision is known. */
  readonly #moments: QuietMoments;
  readonly #past: Touchpoint[] = [];
  #presenter: Promise<Presenter> | null = null;
  /** The same, once it is there. */
  #present: Presenter | null = null;

  constructor(parts: AskingParts) {
    this.#parts = parts;
    this.consentChanged();
    const { context } = parts;
    this.#viewedMs = context.sinceMs;
    const { signal } = this.#ending;
    this.#moments = new QuietMoments({ context, signal, viewedMs: () => this.#viewedMs });
    // What waits for this visitor comes with any reply, and these are handed to the tag: nothing of the first chunk has to know.
    const { told } = context;
    context.told = (reply) => {
      told(reply);
      if (reply.on) this.#hearOf(reply.on, reply.onInMs);
    };
    const { live, triggers } = context.config;
    if (live) this.#startLive().catch(context.log);
    if (triggers.some(({ kind }) => kind === "exit" || kind === "scroll" || kind === "element"))
      this.#startPageTriggers().catch(context.log);
    const kept = storedOpen();
    if (kept) this.#resume(kept).catch(context.log);
    this.#askPreview();
  }

  /** The engine is loaded, and its worker started, only while `scoring` is granted and a trigger needs a score (B2). */
  consentChanged(): void {
    const { context } = this.#parts;
    if (!context.permits("scoring")) this.#stopScoring();
    else if (!this.#scoring && !this.#waiting && context.config.triggers.some(({ kind }) => kind === "score")) {
      this.#startScoring().catch(context.log);
    }
  }

  add(touchpoint: Touchpoint): void {
    if (this.#waiting) this.#waiting.push(touchpoint);
    else this.#scoring?.add(touchpoint);
    const { context, clock } = this.#parts;
    const { type, name, at } = touchpoint;
    if (type === "page") {
      this.#viewedMs = performance.now() - (clock() - at);
      this.#pageTriggers?.viewed();
    }
    if (this.#past.push(touchpoint) > PAST_MAX) this.#past.shift();
    this.#present?.add(touchpoint);
    const { journey, triggers } = context.config;
    const entered = stageOf(journey, touchpoint);
    const isNew = entered !== "" && entered !== this.#stage;
    if (isNew) this.#stage = entered;
    for (const trigger of triggers) {
      // Neither needs a score, and so no consent to one.
      if (trigger.kind === "stage" && isNew && trigger.stage === entered) this.#ask(triggerKey(trigger));
      if (trigger.kind === "touchpoint" && isActivity(type) && trigger.name === name)
        this.#askOnce(triggerKey(trigger));
    }
  }

  /** Takes the edge's features, and on top of them what the edge has not seen of this page. */
  replace(features: FeatureState): void {
    const later = this.#parts.outbox.own().map(({ touchpoint }) => touchpoint);
    this.#scoring?.replace(features, later);
  }

  /** What an ask of this page was answered. `leftMs` says how long it may still be shown. */
  decided(decision: Decision, leftMs: () => number): void {
    const { context } = this.#parts;
    const { data, ...rest } = decision;
    this.last = rest;
    if (data !== undefined) this.#handOver(decision, leftMs);
    else {
      context.events.emit("decision", rest);
      if (decision.verdict === "show") this.#show(rest, leftMs).catch(context.log);
    }
  }

  stop(): void {
    this.#ending.abort();
    clearTimeout(this.#later);
    forgetOpen();
    this.#stopScoring();
  }

  /** Something of other tabs, devices or servers reached the edge: the page looks again. */
  #hear({ features, on }: LiveMessage): void {
    if (features) this.replace(features);
    if (on) this.#hearOf(on);
  }

  /** The edge names a trigger. A stage is asked by where it is new to this page. */
  #hearOf(on: string, inMs = 0): void {
    if (this.#ending.signal.aborted || on === STAGE + this.#stage) return;
    if (inMs > 0) {
      // The edge's last word counts, and it says so until it was asked.
      clearTimeout(this.#later);
      if (inMs < LATER_MAX_MS) this.#later = setTimeout(() => this.#askOnce(on), inMs);
      return;
    }
    if (on.startsWith(STAGE)) this.#stage = on.slice(STAGE.length);
    this.#askOnce(on);
  }

  async #show(decision: PageDecision, leftMs: () => number): Promise<void> {
    const presenter = await this.#presenting();
    if (presenter) await presenter.consider({ decision, leftMs });
    else this.#report(decision, "withheld", { veto: "failed" });
  }

  /** Goes on with what was open on an earlier page of this tab. */
  async #resume(stored: string): Promise<void> {
    const { context } = this.#parts;
    const { resumed } = await context.load("lasting");
    const showing = resumed(stored, context);
    if (showing) await (await this.#presenting())?.consider(showing);
  }

  /** Null where its chunk cannot be had. */
  async #presenting(): Promise<Presenter | null> {
    const { context, report } = this.#parts;
    const { signal } = this.#ending;
    this.#presenter ??= context.load("present").then(
      (chunk) =>
        new chunk.Presenter({
          context,
          signal,
          record: report,
          report: (...outcome) => this.#report(...outcome),
          moments: this.#moments,
          isMatch,
          past: this.#past,
        }),
    );
    this.#present = await this.#presenter.catch(() => null);
    return this.#present;
  }

  /** Of the kind "data": the site's own code draws it, so what is handed to it counts as shown. */
  #handOver(decision: Decision, leftMs: () => number): void {
    const { context } = this.#parts;
    const { data, ...rest } = decision;
    let veto: Veto | null = "failed";
    if (!context.permits("personalization")) veto = "consent";
    else if (leftMs() <= 0) veto = "expired";
    else {
      try {
        this.last = { ...rest, data: JSON.parse(data ?? "") };
        if (context.events.emit("decision", this.last) > 0) veto = null;
      } catch (error) {
        context.log(error);
      }
    }
    this.#report(rest, veto ? "withheld" : "shown", { veto });
  }

  /** Says what became of a decision: to the edge, but for what somebody tries out, and to the site's own code. */
  #report(decision: PageDecision, outcome: Outcome, { veto, item }: Told = {}): void {
    const { context, report } = this.#parts;
    const { reservation, campaign = "", version, variant, reason } = decision;
    const props = { reservation, outcome, campaign, version, variant, veto: veto ?? undefined, item };
    if (reason !== "preview") report({ type: "outcome", name: campaign, props });
    const event = outcome === "less" || outcome === "off" ? "dismissed" : outcome;
    if (event === "shown" || event === "dismissed" || event === "acted") context.events.emit(event, decision);
    if (outcome === "off") takeBack(context.gate);
  }

  /** Once is enough while the ask may be on its way: the edge says so until it was asked, by line and reply alike. */
  #askOnce(on: string): void {
    const now = performance.now();
    if (document.visibilityState === "hidden" || now - (this.#askedMs.get(on) ?? -ASK_VALID_MS) < ASK_VALID_MS) return;
    this.#askedMs.set(on, now);
    this.#ask(on);
  }

  #ask(on: string, more?: Partial<Reason>): void {
    const { context, sync } = this.#parts;
    if (document.visibilityState === "hidden") return;
    const why = { on, score: null, model: null, ...more };
    context.log("ask", why);
    sync.ask(why);
  }

  /** Once a page, when it is seen: such a link may be opened in a tab behind this one. */
  #askPreview(): void {
    const { setting } = this.#parts.context;
    const preview = previewToken(setting.hash);
    if (!preview) return;
    const ask = () => {
      if (document.visibilityState === "hidden" || setting.hash === "") return;
      setting.hash = "";
      this.#ask("preview", { preview });
    };
    window.addEventListener("visibilitychange", ask, { signal: this.#ending.signal });
    ask();
  }

  async #startPageTriggers(): Promise<void> {
    const { context } = this.#parts;
    const { signal } = this.#ending;
    const { startPageTriggers } = await context.load("pageTriggers");
    if (signal.aborted) return;
    const { triggers } = context.config;
    this.#pageTriggers = startPageTriggers({
      triggers: triggers.map((trigger) => ({ trigger, on: triggerKey(trigger) })),
      signal,
      viewedMs: () => this.#viewedMs,
      fire: (on) => this.#ask(on),
      log: context.log,
    });
  }

  async #startLive(): Promise<void> {
    const { context, outbox, sync } = this.#parts;
    const { signal } = this.#ending;
    const { startLive } = await context.load("live");
    if (signal.aborted) return;
    startLive({ context, signal, stream: outbox.stream, token: () => sync.person, hear: (news) => this.#hear(news) });
  }

  async #startScoring(): Promise<void> {
    const { context, clock, outbox } = this.#parts;
    const mine: Touchpoint[] = [];
    const { signal } = this.#starting;
    this.#waiting = mine;
    try {
      const [{ startScoring }, features] = await Promise.all([context.load("scoring"), outbox.read("features")]);
      const cross = ({ on, ...scored }: Crossing) => this.#ask(on, scored);
      const scoring = await startScoring({ context, clock, outbox, cross, signal }, features);
      if (this.#waiting !== mine) {
        scoring.stop();
        return;
      }
      this.#scoring = scoring;
      mine.forEach(scoring.add);
    } finally {
      if (this.#waiting === mine) this.#waiting = null;
    }
  }

  #stopScoring(): void {
    this.#starting.abort();
    this.#starting = new AbortController();
    this.#waiting = null;
    this.#scoring?.stop();
    this.#scoring = null;
  }
}

/** The visitor's own act: of what was chosen all but this goes on, and no other tool may undo it. */
function takeBack(gate: PageContext["gate"]): void {
  const { held } = gate;
  const purposes = held.purposes.filter((purpose) => purpose !== "personalization");
  // Not a first choice, under which an earlier visitor would go on.
  gate.note({ ...held, rev: held.rev || 1, purposes, own: true }, "withdraw", "campaign");
}
