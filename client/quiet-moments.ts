/** Finds the moment for what is to be shown. */
import type { CampaignKind } from "../models/content.ts";
import type { Veto } from "../models/outcome.ts";
import type { Ending } from "../models/surface.ts";
import type { PageContext } from "./context.ts";
import type { Showing } from "./present.ts";
import { arriving, composing, dismissed, hasOpenDialog, paying, typing } from "./quiet.ts";

/** While something waits, the page is looked at this often: a field that is taken away tells nobody that it lost the focus. */
const LOOK_EVERY_MS = 1_000;

export interface MomentParts {
  context: PageContext;
  /** Aborted when capture stops. */
  signal: AbortSignal;
  /** When the view of now began, `performance.now()`. */
  viewedMs: () => number;
}

/** Follows keys, composition and focus from its making on. */
export class QuietMoments {
  readonly #parts: MomentParts;
  /** Keys before it was made are not known, so whoever is in a field then counts as typing. */
  #lastKeyMs = performance.now();
  #isComposing = false;
  readonly #windows = new WeakSet<Window>();
  #dismissedMs = Number.NEGATIVE_INFINITY;
  /** Kinds of which the visitor wants less, by the view in which they said so. */
  readonly #less = new Map<CampaignKind | undefined, number>();

  constructor(parts: MomentParts) {
    this.#parts = parts;
    this.#follow(window);
  }

  /** Resolves when it is quiet, with null; else with why it was not as long as there was time. */
  async next({ decision, leftMs, kept }: Showing): Promise<Veto | null> {
    const { signal } = this.#parts;
    // Who goes on, or tries out, is waiting for it.
    const isAwaited = !!kept || decision.reason === "preview";
    let held: Veto = "expired";
    while (!signal.aborted) {
      const left = leftMs();
      if (left <= 0) return held;
      const focus = this.#focus();
      const veto = this.#veto(focus, !!kept) ?? (this.#wantsLess(decision.kind) ? "just-dismissed" : null);
      if (veto) return veto;
      const { inMs, veto: busy } = this.#isLater(!!kept)
        ? { inMs: Infinity, veto: "surface-open" as const }
        : this.#untilQuiet(focus, isAwaited);
      if (inMs === 0) return null;
      // Nobody knows when the visitor leaves a field, but of a time it is known.
      if (inMs < Infinity && inMs >= left) return busy;
      held = busy;
      await pause(Math.min(inMs, left));
    }
    return null;
  }

  /** The visitor has sent something away. */
  ended(kind: CampaignKind | undefined, how: Ending): void {
    this.#dismissedMs = performance.now();
    if (how === "less") this.#less.set(kind, this.#parts.viewedMs());
  }

  #wantsLess(kind: CampaignKind | undefined): boolean {
    return this.#less.get(kind) === this.#parts.viewedMs();
  }

  /** What does not pass in time. */
  #veto(focus: Element | null, isKept: boolean): Veto | null {
    const { context } = this.#parts;
    if (!context.permits("personalization")) return "consent";
    if (document.visibilityState === "hidden" && !isKept) return "hidden";
    const { open, kind } = context.gate.slot;
    if (this.#isLater(isKept)) return null;
    // A checklist gives way.
    return (open && kind !== "checklist") || hasOpenDialog(focus) ? "surface-open" : null;
  }

  /** Whether what is open is waited for: a survey, of which an answer may bring this, and whatever came before what goes on. */
  #isLater(isKept: boolean): boolean {
    const { open, kind } = this.#parts.context.gate.slot;
    return !!open && (isKept || kind === "survey");
  }

  /** How long it is not quiet, ms, and by what. */
  #untilQuiet(focus: Element | null, isAwaited: boolean): { inMs: number; veto: Veto } {
    const moment = {
      nowMs: performance.now(),
      lastKeyMs: this.#lastKeyMs,
      viewedMs: this.#parts.viewedMs(),
      dismissedMs: this.#dismissedMs,
      isComposing: this.#isComposing,
      focus,
    };
    const busy = [typing, paying, composing, ...(isAwaited ? [] : [arriving])];
    const busyMs = Math.max(0, ...busy.map((rule) => rule(moment)));
    const dismissedMs = isAwaited ? 0 : dismissed(moment);
    return dismissedMs > busyMs ? { inMs: dismissedMs, veto: "just-dismissed" } : { inMs: busyMs, veto: "busy" };
  }

  /** What has the focus, inside open shadow roots and frames of the same origin too. */
  #focus(): Element | null {
    let active = document.activeElement;
    for (;;) {
      const { contentDocument, contentWindow } = (active ?? {}) as Partial<HTMLIFrameElement>;
      if (contentDocument && contentWindow) this.#follow(contentWindow);
      const inner = active?.shadowRoot?.activeElement ?? contentDocument?.activeElement;
      if (!inner) return active;
      active = inner;
    }
  }

  /** A frame's keys are heard in the frame alone. */
  #follow(frame: Window): void {
    if (this.#windows.has(frame)) return;
    this.#windows.add(frame);
    this.#lastKeyMs = performance.now();
    const listen = { capture: true, passive: true, signal: this.#parts.signal };
    const onKey = ({ isComposing }: KeyboardEvent) => {
      this.#lastKeyMs = performance.now();
      this.#isComposing = isComposing;
    };
    frame.addEventListener("keydown", onKey, listen);
    frame.addEventListener("compositionupdate", () => (this.#isComposing = true), listen);
    frame.addEventListener("compositionend", () => (this.#isComposing = false), listen);
  }
}

/** Resolves after `ms`, or sooner where it may be quiet by then. */
async function pause(ms: number): Promise<void> {
  const life = new AbortController();
  const listen = { capture: true, passive: true, signal: life.signal };
  await new Promise<void>((resolve) => {
    setTimeout(resolve, Math.min(ms, LOOK_EVERY_MS));
    // In the next task the focus is where it goes.
    const soon = () => setTimeout(resolve);
    for (const type of ["focusout", "focus", "compositionend"]) window.addEventListener(type, soon, listen);
  });
  life.abort();
}
