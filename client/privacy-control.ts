import type { Signals } from "../models/consent.ts";

/** Whether the browser sends Global Privacy Control. A read error counts as sent (B22). */
export function privacyControl(): boolean {
  return sends(() => (navigator as { globalPrivacyControl?: unknown }).globalPrivacyControl === true);
}

/** All that the browser says by itself. */
export function signals(): Signals {
  return { gpc: privacyControl(), dnt: sends(() => navigator.doNotTrack === "1") };
}

function sends(read: () => boolean): boolean {
  try {
    return read();
  } catch {
    return true;
  }
}
