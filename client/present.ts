/** The presenting chunk: loaded with the first decision to show something. */

import type { NudgeContent } from "../models/content.ts";
import type { Veto } from "../models/outcome.ts";
import type { CampaignModule, Ending } from "../models/surface.ts";
import type { CampaignText } from "../models/texts/visitor-text.ts";
import type { Decision } from "../models/wire.ts";
import type { Recorder } from "./capture/recorder.ts";
import type { PageContext } from "./context.ts";
import { fetchText } from "./fetch-text.ts";

/** Whoever pressed a key this recently in a field is typing: nothing comes up under their hands (A20). */
const TYPING_MS = 2_000;

export interface PresenterParts {
  context: PageContext;
  /** Aborted when capture stops. */
  signal: AbortSignal;
  /** Records, and sends at once. */
  report: Recorder;
}

type Reported = "shown" | "withheld" | Ending;

/** Shows what was decided, or says why not: each reservation ends in `shown` or in `withheld`. */
export class Presenter {
  readonly #parts: PresenterParts;
  /** Not known before this chunk came, so whoever is in a field then counts as typing. */
  #lastKeyMs = performance.now();

  constructor(parts: PresenterParts) {
    this.#parts = parts;
    const onKey = () => {
      this.#lastKeyMs = performance.now();
    };
    window.addEventListener("keydown", onKey, { capture: true, passive: true, signal: parts.signal });
  }

  /** Waits for a quiet moment, as long as `leftMs` allows. */
  async consider(decision: Decision, leftMs: () => number): Promise<void> {
    const { context, signal } = this.#parts;
    const nudge = await Promise.all([
      context.load("nudge"),
      fetchText<CampaignText>(context.setting, "/campaign"),
    ]).catch(() => null);
    for (;;) {
      if (signal.aborted) return;
      const quietInMs = this.#quietInMs();
      const veto = this.#veto(leftMs) ?? (quietInMs < leftMs() ? null : "busy");
      if (veto) {
        this.#report(decision, "withheld", veto);
        return;
      }
      if (quietInMs === 0) break;
      await new Promise((resolve) => setTimeout(resolve, quietInMs));
    }
    if (nudge && this.#show(decision, ...nudge)) this.#report(decision, "shown");
    else this.#report(decision, "withheld", "failed");
  }

  #veto(leftMs: () => number): Veto | null {
    const { context } = this.#parts;
    if (!context.permits("personalization")) return "consent";
    if (leftMs() <= 0) return "expired";
    if (document.visibilityState === "hidden") return "hidden";
    if (context.slot.open || hasOpenDialog()) return "surface-open";
    return null;
  }

  #quietInMs(): number {
    return isEditing() ? Math.max(0, this.#lastKeyMs + TYPING_MS - performance.now()) : 0;
  }

  /** Whether it is on the page now. */
  #show({ content, why = [], ...rest }: Decision, { show }: CampaignModule<"nudge">, text: CampaignText): boolean {
    const { context } = this.#parts;
    if (!content) return false;
    const decision = { content, why, ...rest };
    const onEnded = (outcome: Ending) => {
      context.slot.open = null;
      this.#report(decision, outcome);
    };
    try {
      const open = show({
        content: content as NudgeContent,
        why,
        text,
        contentLanguage: context.config.consent.languages[0] ?? "",
        language: context.config.consent.language,
        dir: context.config.consent.dir,
        onEnded,
      });
      if (typeof open === "string") return false;
      context.slot.open = open;
      return true;
    } catch (error) {
      context.log(error);
      return false;
    }
  }

  #report(decision: Decision, outcome: Reported, veto?: Veto): void {
    const { context, report } = this.#parts;
    const { reservation, campaign = "", version, variant } = decision;
    report({ type: "outcome", name: campaign, props: { reservation, outcome, campaign, version, variant, veto } });
    if (outcome === "shown" || outcome === "dismissed" || outcome === "acted") context.emit(outcome, decision);
  }
}

/** Whether the focus is where one types, also inside open shadow roots. */
function isEditing(): boolean {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return (
    active instanceof HTMLElement &&
    (active.isContentEditable ||
      active.matches("textarea,select,input:not([type=button],[type=submit],[type=checkbox],[type=radio])"))
  );
}

/** A dialog of the site, or full screen: nothing is laid over it (A20). */
function hasOpenDialog(): boolean {
  const dialogs = document.querySelectorAll(":modal,[aria-modal=true]");
  return [...dialogs].some((dialog) => dialog.checkVisibility());
}
