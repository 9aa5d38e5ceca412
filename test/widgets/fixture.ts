/** Runs in the page of `surface-page.ts`: loads the two chunks as the client does, and keeps what they report. */
import type { BannerRequest, NudgeRequest, Surface } from "../../models/surface.ts";

type Told<T> = Omit<T, "onChoice" | "onClose" | "onDismissed" | "onActed">;

export interface Fixture {
  banner: (request: Told<BannerRequest>) => Promise<void>;
  nudge: (request: Told<NudgeRequest>) => Promise<void>;
  /** `Surface.close` of the one opened last. */
  close: () => void;
  /** Everything reported, in order: "reject []", "closed", "dismissed", "acted". */
  calls: string[];
  /** Refused by the page's policy: the directive of each. */
  violations: string[];
}

let surface: Surface | undefined;
const calls: string[] = [];
const violations: string[] = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));

const fixture: Fixture = {
  calls,
  violations,
  banner: async (request) => {
    const { openBanner } = await import("../../widgets/visitor/banner.tsx");
    surface = openBanner({
      ...request,
      onChoice: (granted, control) => calls.push(`${control} [${granted}]`),
      onClose: () => calls.push("closed"),
    });
  },
  nudge: async (request) => {
    const { showNudge } = await import("../../widgets/visitor/nudge.tsx");
    surface = showNudge({
      ...request,
      onDismissed: () => calls.push("dismissed"),
      onActed: () => calls.push("acted"),
    });
  },
  close: () => surface?.close(),
};
Object.assign(globalThis, { fixture });
