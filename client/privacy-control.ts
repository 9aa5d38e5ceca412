import type { Signals } from "../models/consent.ts";

/** What the browser says by itself. A read error counts as said (B22). */
export function signals(): Signals {
  try {
    const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: unknown };
    return { gpc: globalPrivacyControl === true, dnt: doNotTrack === "1" };
  } catch {
    return { gpc: true, dnt: true };
  }
}
