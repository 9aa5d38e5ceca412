/** Runs in the page of `surface-page.ts`: loads the chunks as the client does, and keeps what they report. */
import type {
  BannerRequest,
  CentreRequest,
  Control,
  ControlRequest,
  NudgeRequest,
  ReceiptView,
  Surface,
} from "../../models/surface.ts";

/** A request without what it calls back. */
export type Told<T> = Omit<
  T,
  "onChoice" | "onClose" | "onDetail" | "onObject" | "onOpen" | "onWithdraw" | "onDismissed" | "onActed" | "receipt"
>;

export interface Fixture {
  banner: (request: Told<BannerRequest>) => Promise<void>;
  centre: (request: Told<CentreRequest>, receipt?: ReceiptView | null) => Promise<void>;
  control: (request: Told<ControlRequest>, granted?: boolean) => Promise<void>;
  nudge: (request: Told<NudgeRequest>) => Promise<void>;
  /** `Surface.close` of the one opened last. */
  close: () => void;
  /** Tells the control what holds. */
  update: (granted: boolean) => void;
  /** Everything reported, in order: "reject []", "closed", "dismissed", "acted". */
  calls: string[];
  /** Refused by the page's policy: the directive of each. */
  violations: string[];
}

let surface: Surface | undefined;
let control: Control | undefined;
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
      receipt: async () => receipt,
    });
  },
  control: async (request, granted = true) => {
    const { showControl } = await import("../../widgets/visitor/control.ts");
    control = showControl({
      ...request,
      onOpen: () => calls.push("open"),
      onWithdraw: () => calls.push("withdraw"),
    });
    control.update(granted);
    surface = control;
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
  update: (granted) => control?.update(granted),
};
Object.assign(globalThis, { fixture });
