/** A tour or a checklist that goes on at the next page of the same tab. */
import { OPEN_KEY } from "./forget-open.ts";
import type { PageDecision } from "./public-api.ts";

/** From when it was last seen. */
const KEPT_MS = 30 * 60_000;

/** What is kept of it, in sessionStorage. */
export interface KeptOpen {
  decision: PageDecision;
  /** Of the visitor's choice: what was open before another one is not shown after it. */
  rev: number;
  /** Of a tour: where the visitor is. */
  step?: number;
  /** Of a checklist: the items that are done. */
  done?: string[];
}

/** Whatever stands there, null where nothing does. */
export function storedOpen(): string | null {
  try {
    return sessionStorage.getItem(OPEN_KEY);
  } catch {
    // refused: then nothing was kept
    return null;
  }
}

/** Reads what was kept; null for what is damaged, or too old. */
export function readOpen(text: string): KeptOpen | null {
  try {
    const { until, ...kept } = JSON.parse(text);
    return until > Date.now() ? kept : null;
  } catch {
    return null;
  }
}

export function keepOpen(kept: KeptOpen): void {
  try {
    sessionStorage.setItem(OPEN_KEY, JSON.stringify({ ...kept, until: Date.now() + KEPT_MS }));
  } catch {
    // refused or full: it ends with this page
  }
}
