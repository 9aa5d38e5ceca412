/** Runs in the page of `surface-page.ts`: loads the chunks as the client does, and keeps what they report. */
import type { Stamp } from "../../models/consent.ts";
import type {
  BannerRequest,
  CentreRequest,
  ConsentGate,
  NudgeRequest,
  ReceiptView,
  Surface,
} from "../../models/surface.ts";

/** A request without what it calls back. */
export type Told<T> = Omit<
  T,
  "onChoice" | "onClose" | "onDetail" | "onObject" | "onDismissed" | "onActed" | "onReceipt"
>;

export interface Fixture {
  banner: (request: Told<BannerRequest>) => Promise<void>;
  centre: (request: Told<CentreRequest>, receipt?: ReceiptView | null) => Promise<void>;
  /** The permanent control of a site that says this; it stays until the page ends. */
  control: (consent: Told<BannerRequest>["consent"], granted?: boolean) => Promise<void>;
  nudge: (request: Told<NudgeRequest>) => Promise<void>;
  /** `Surface.close` of the one opened last. */
  close: () => void;
  /** Everything reported, in order: "reject []", "closed", "dismissed", "acted". */
  calls: string[];
  /** Refused by the page's policy: the directive of each. */
  violations: string[];
}

let surface: Surface | undefined;
/** What the control is told to hold. */
const stamp: Stamp = { rev: 1, purposes: [] };
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
      onChoice: (granted, pressed) => calls.push(`${pressed} [${granted}]`),
      onDetail: () => calls.push("detail"),
      onClose: () => calls.push("closed"),
    });
  },
  centre: async (request, receipt = null) => {
    const { openCentre } = await import("../../widgets/visitor/centre.tsx");
    surface = openCentre({
      ...request,
      onChoice: (granted, pressed) => calls.push(`${pressed} [${granted}]`),
      onObject: (objects) => calls.push(objects ? "objects" : "objects no more"),
      onClose: () => calls.push("closed"),
      onReceipt: async (into) => {
        const { showReceipt } = await import("../../widgets/visitor/receipt.ts");
        return showReceipt(into, { text: request.text, language: request.consent.language, receipt });
      },
    });
  },
  control: async (consent, granted = true) => {
    const { show } = await import("../../widgets/visitor/control.ts");
    stamp.purposes = granted ? ["analytics"] : [];
    show({
      consent,
      stamp,
      choose: (_: unknown, pressed: string) => calls.push(pressed),
      open: async () => calls.push("open"),
    } as unknown as ConsentGate);
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
