/** The asking chunk: loaded where a live campaign listens to something and `personalization` is granted. */
import type { FeatureState } from "../models/features.ts";
import { stageOf, triggerKey } from "../models/stage.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import { ASK_VALID_MS, type Decision, type LiveMessage } from "../models/wire.ts";
import type { Recorder } from "./capture/recorder.ts";
import type { PageClock } from "./clock.ts";
import type { PageContext } from "./context.ts";
import type { Outbox } from "./outbox.ts";
import type { Presenter } from "./present.ts";
import type { Scoring } from "./scoring/index.ts";
import type { Crossing } from "./scoring/scorer.ts";
import type { Reason, Sync } from "./sync.ts";

/** How the keys of triggers begin: of a stage, and of what a server has told. */
const STAGE = "stage.";
const WAITING = "touchpoint.";

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
  readonly #parts: AskingParts;
  readonly #ending = new AbortController();
  /** The stage that this page entered last, "" before any. */
  #stage = "";
  /** When this page asked last by what waits, `performance.now()`. */
  #askedWaitingMs = Number.NEGATIVE_INFINITY;
  #scoring: Scoring | null = null;
  /** Present while scoring is wanted and not yet there; an object of its own per start. */
  #waiting: Touchpoint[] | null = null;
  /** Aborted where scoring ends, also before its engine has answered. */
  #starting = new AbortController();
  #presenter: Promise<Presenter> | null = null;

  constructor(parts: AskingParts) {
    this.#parts = parts;
    this.consentChanged();
    const { context } = parts;
    // What waits for this visitor comes with any reply, and these are handed to the tag: nothing of the first chunk has to know.
    const { told } = context;
    context.told = (reply) => {
      told(reply);
      if (reply.on) this.#askWaiting(reply.on);
    };
    if (context.config.live) this.#startLive().catch(context.log);
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
    const { journey, triggers } = this.#parts.context.config;
    const entered = stageOf(journey, touchpoint);
    if (entered === "" || entered === this.#stage) return;
    this.#stage = entered;
    // A stage needs no score, and so no consent to one.
    const trigger = triggers.find((one) => one.kind === "stage" && one.stage === entered);
    if (trigger) this.#ask({ on: triggerKey(trigger), score: null, model: null });
  }

  /** Takes the edge's features, and on top of them what the edge has not seen. */
  replace(features: FeatureState, later: Touchpoint[]): void {
    this.#scoring?.replace(features, later);
  }

  /** Something of other tabs, devices or servers reached the edge: the page looks again, and asks in a stage that is new to it. */
  #hear({ features, on }: LiveMessage): void {
    const { outbox } = this.#parts;
    if (features)
      this.replace(
        features,
        outbox.own().map(({ touchpoint }) => touchpoint),
      );
    if (on?.startsWith(WAITING)) this.#askWaiting(on);
    if (!on?.startsWith(STAGE) || on === STAGE + this.#stage) return;
    this.#stage = on.slice(STAGE.length);
    this.#ask({ on, score: null, model: null });
  }

  /** `leftMs` says how long the decision may still be shown. */
  async show(decision: Decision, leftMs: () => number): Promise<void> {
    const { context, report } = this.#parts;
    const { signal } = this.#ending;
    this.#presenter ??= context.load("present").then((chunk) => new chunk.Presenter({ context, signal, report }));
    const presenter = await this.#presenter.catch(() => null);
    if (presenter) await presenter.consider(decision, leftMs);
    else {
      const { reservation, campaign = "", version, variant } = decision;
      const props = { reservation, outcome: "withheld", campaign, version, variant, veto: "failed" };
      report({ type: "outcome", name: campaign, props });
    }
  }

  stop(): void {
    this.#ending.abort();
    this.#stopScoring();
  }

  /** The edge says so until it was asked, by line and reply alike: once is enough while the ask may be on its way. */
  #askWaiting(on: string): void {
    const now = performance.now();
    if (this.#ending.signal.aborted || now - this.#askedWaitingMs < ASK_VALID_MS) return;
    if (document.visibilityState === "hidden") return;
    this.#askedWaitingMs = now;
    this.#ask({ on, score: null, model: null });
  }

  #ask(why: Reason): void {
    const { context, sync } = this.#parts;
    if (document.visibilityState === "hidden") return;
    context.log("ask", why);
    sync.ask(why);
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
      const cross = (crossing: Crossing) => this.#ask(crossing);
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
