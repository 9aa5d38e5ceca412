/** The presenting chunk: loaded with the first decision to show something. */
import { permits } from "../models/consent.ts";
import type { Outcome, Veto } from "../models/outcome.ts";
import { type Decision, RESERVATION_MS } from "../models/wire.ts";
import type { Recorder } from "./capture/recorder.ts";
import type { NudgeModule, PageContext } from "./context.ts";
import type { Sent, Sync } from "./sync.ts";

/** Whoever pressed a key this recently in a field is typing: nothing comes up under their hands (A20). */
const TYPING_MS = 2_000;

export interface PresenterParts {
  context: PageContext;
  /** Aborted when capture stops. */
  signal: AbortSignal;
  record: Recorder;
  sync: Sync;
}

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

  /** Waits for a quiet moment, while the reservation lasts. */
  async consider(decision: Decision, sent: Sent): Promise<void> {
    const { context, signal } = this.#parts;
    const nudge = import(context.url("nudge")) as Promise<NudgeModule>;
    nudge.catch(() => {});
    for (;;) {
      if (signal.aborted) return;
      const veto = this.#veto(decision, sent);
      if (veto) return this.#withhold(decision, veto);
      const quietInMs = this.#quietInMs();
      if (quietInMs === 0) break;
      const leftMs = remainingMs(decision, sent);
      if (quietInMs >= leftMs) return this.#withhold(decision, "busy");
      await new Promise((resolve) => setTimeout(resolve, quietInMs));
    }
    const loaded = await nudge.catch(() => null);
    if (signal.aborted) return;
    const veto = loaded ? this.#veto(decision, sent) : "failed";
    if (veto || !loaded) return this.#withhold(decision, veto ?? "failed");
    this.#show(decision, loaded);
  }

  #veto(decision: Decision, sent: Sent): Veto | null {
    const { context } = this.#parts;
    if (!permits(context.stamp(), "personalization")) return "consent";
    if (remainingMs(decision, sent) <= 0) return "expired";
    if (document.visibilityState === "hidden") return "hidden";
    if (context.slot.open || hasOpenDialog()) return "surface-open";
    return null;
  }

  #quietInMs(): number {
    return isEditing() ? Math.max(0, this.#lastKeyMs + TYPING_MS - performance.now()) : 0;
  }

  #show(decision: Decision, { showNudge }: NudgeModule): void {
    const { context } = this.#parts;
    const { slot } = context;
    const { content, why = [] } = decision;
    if (!content) return this.#withhold(decision, "failed");
    const close = (event: "dismissed" | "acted") => {
      slot.open = null;
      this.#report(decision, event);
      context.emit(event, decision);
    };
    try {
      slot.open = showNudge({
        content,
        why,
        language: context.config.consent.language,
        onDismissed: () => close("dismissed"),
        onActed: () => close("acted"),
      });
    } catch (error) {
      context.log(error);
      return this.#withhold(decision, "failed");
    }
    this.#report(decision, "shown");
    context.emit("shown", decision);
  }

  #withhold(decision: Decision, veto: Veto): void {
    this.#report(decision, "withheld", veto);
  }

  #report(decision: Decision, outcome: Outcome, veto?: Veto): void {
    const { record, sync } = this.#parts;
    const { reservation, campaign = "", version, variant } = decision;
    record({ type: "outcome", name: campaign, props: { reservation, outcome, campaign, version, variant, veto } });
    sync.flush();
  }
}

/** What is left of a reservation, ms, by the clock that has run further: one stops in sleep, the other can be set back. */
export function remainingMs({ expiresInMs = RESERVATION_MS }: Decision, { perfMs, wallMs }: Sent): number {
  const elapsedMs = Math.max(performance.now() - perfMs, Date.now() - wallMs);
  return Math.min(expiresInMs, RESERVATION_MS) - elapsedMs;
}

/** Whether the focus is where one types, also inside open shadow roots. */
function isEditing(): boolean {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return (
    active instanceof HTMLElement &&
    (active.isContentEditable || active.matches("textarea,select,input:not([type=button],[type=submit],[type=checkbox],[type=radio])"))
  );
}

/** A dialog of the site, or full screen: nothing is laid over it (A20). */
function hasOpenDialog(): boolean {
  const dialogs = document.querySelectorAll(":modal,[aria-modal=true]");
  return [...dialogs].some((dialog) => dialog.checkVisibility());
}
