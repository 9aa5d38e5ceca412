/** The presenting chunk: loaded with the first decision to show something. */
import type { Outcome, Veto } from "../models/outcome.ts";
import type { isMatch } from "../models/stage.ts";
import type { CampaignModule } from "../models/surface.ts";
import type { CampaignText } from "../models/texts/visitor-text.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import type { Recorder } from "./capture/recorder.ts";
import type { PageContext } from "./context.ts";
import { fetchText } from "./fetch-text.ts";
import type { Lasting } from "./lasting.ts";
import type { PageDecision } from "./public-api.ts";
import type { QuietMoments } from "./quiet-moments.ts";

/** Kinds of which more is heard than their end. */
const LASTING = /survey|checklist|tour/;

/** What is told of an outcome beside its name. */
export interface Told {
  veto?: Veto | null;
  /** Of a checklist, the one that was ticked. */
  item?: string;
}

export interface PresenterParts {
  context: PageContext;
  /** Aborted when capture stops. */
  signal: AbortSignal;
  /** Records, and sends at once. */
  record: Recorder;
  /** Says what became of a decision. */
  report: (decision: PageDecision, outcome: Outcome, more?: Told) => void;
  moments: QuietMoments;
  /** Lent by the asking chunk, which has it already. */
  isMatch: typeof isMatch;
  /** What the visitor has done on this page so far: it ticks a checklist that comes up after it. */
  past: readonly Touchpoint[];
}

/** Something to show. */
export interface Showing {
  decision: PageDecision;
  /** How long it may still be shown, ms. */
  leftMs: () => number;
  /** Of what goes on from an earlier page, where its showing was reported: how far it had come. */
  kept?: { step?: number; done?: string[] };
}

interface Loaded extends CampaignModule {
  text: CampaignText;
  lasting: typeof import("./lasting.ts") | null;
}

/** Shows what was decided, or says why not: each reservation ends in `shown` or in `withheld`. */
export class Presenter {
  readonly #parts: PresenterParts;
  /** The checklist that is on the page, or that gave way to what is. */
  #list: { showing: Showing; lasting: Lasting; close: () => void } | null = null;

  constructor(parts: PresenterParts) {
    this.#parts = parts;
  }

  /** Waits for a quiet moment, as long as there is time. */
  async consider(showing: Showing): Promise<void> {
    const { context, signal, report, moments } = this.#parts;
    const { decision, kept } = showing;
    let veto: Veto | null = "failed";
    try {
      const [{ show }, text, lasting] = await Promise.all([
        loadKind(context, decision),
        fetchText<CampaignText>(context.setting, "/campaign"),
        LASTING.test(decision.kind ?? "") ? context.load("lasting") : null,
      ]);
      // What was loaded took its time, so that the moment of the showing is judged.
      veto = (await moments.next(showing)) ?? (signal.aborted ? null : this.#show(showing, { show, text, lasting }));
    } catch (error) {
      context.log(error);
    }
    if (kept || signal.aborted) return;
    report(decision, veto ? "withheld" : "shown", { veto });
  }

  /** What the visitor did ticks what it does. */
  add(touchpoint: Touchpoint): void {
    this.#list?.lasting.add(touchpoint);
  }

  /** Null where it is on the page now. */
  #show(showing: Showing, { show, text, lasting: chunk }: Loaded): Veto | null {
    const { decision, kept } = showing;
    const { context, report } = this.#parts;
    const { slot } = context.gate;
    const { consent, theme } = context.config;
    const { content, why = [], language, done = [] } = decision;
    if (!content) return "failed";
    const isList = decision.kind === "checklist";
    if (isList && this.#list) return "surface-open";
    const lasting = chunk?.startLasting(this.#parts, { decision, kept: kept ?? { done } }) ?? null;
    const gone = () => {
      const list = this.#list;
      this.#list = slot.open = null;
      lasting?.end();
      /** What gave way to it comes back. */
      return () => {
        if (list && list.lasting !== lasting)
          void this.consider({ ...list.showing, kept: list.lasting.pause(), leftMs: () => Infinity });
      };
    };
    const open = show({
      content,
      why,
      text,
      contentLanguage: language ?? consent.languages[0] ?? "",
      language: consent.language,
      dir: consent.dir,
      theme,
      ...lasting?.hears,
      onEnded: (how) => {
        const comeBack = gone();
        if (how !== "acted") this.#parts.moments.ended(decision.kind, how);
        report(decision, how);
        comeBack();
      },
      onActed: () => report(decision, "acted"),
      onLost: (veto) => {
        // It was seen, so that nothing is given back; nor did the visitor send it away.
        gone()();
        context.log("lost:", veto);
      },
    });
    if (typeof open === "string") return open;
    this.#list?.close();
    slot.kind = decision.kind;
    slot.open = {
      close: () => {
        gone();
        open.close();
      },
    };
    if (lasting && isList) this.#list = { showing, lasting, close: open.close };
    lasting?.opened(open);
    return null;
  }
}

/** Each kind has a chunk of its name, but the one whose name the banner of the consent has. An edge that is older names no kind. */
function loadKind({ load }: PageContext, { kind = "nudge" }: PageDecision): Promise<CampaignModule> {
  const chunk = kind === "banner" ? "announcement" : kind;
  return (load as (chunk: string) => Promise<unknown>)(chunk) as Promise<CampaignModule>;
}
