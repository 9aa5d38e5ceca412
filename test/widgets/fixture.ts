/** Runs in the page of `surface-page.ts`: loads the chunks as the client does, and keeps what they report. */
import type { Stamp } from "../../models/consent.ts";
import type {
  BannerRequest,
  CampaignModule,
  CampaignRequest,
  CentreRequest,
  ConsentGate,
  OpenCampaign,
  OwnData,
  OwnState,
  ReceiptView,
  SurfaceKind,
} from "../../models/surface.ts";
import type { DataText } from "../../models/texts/visitor-text.ts";

/** A request without what it calls back. */
export type Told<T> = Omit<
  T,
  | "onChoice"
  | "onClose"
  | "onDetail"
  | "onObject"
  | "onEnded"
  | "onData"
  | "onActed"
  | "onAnswered"
  | "onTicked"
  | "onStep"
  | "onLost"
>;

/** What an edge would tell of the visitor's own data; `state` null: nothing is kept. `fails`: it cannot be reached now. */
export interface Own {
  words: DataText;
  state: OwnState | null;
  receipt: ReceiptView | null;
  fails?: true;
}

export interface Fixture {
  banner: (request: Told<BannerRequest>) => Promise<void>;
  /** Without `own` no data can be had. */
  centre: (request: Told<CentreRequest>, own?: Own) => Promise<void>;
  /** What the edge of the open centre tells from now on. */
  own: Own | undefined;
  /** The permanent control of a site that says this; it stays until the page ends. */
  control: (consent: Told<BannerRequest>["consent"], granted?: boolean) => Promise<void>;
  nudge: (request: Told<CampaignRequest<"nudge">>) => Promise<void>;
  /** Any kind; the veto, or "" where it is shown. */
  show: <K extends SurfaceKind>(kind: K, request: Told<CampaignRequest<K>>) => Promise<string>;
  tick: (item: string) => void;
  /** `Surface.close` of the one opened last. */
  close: () => void;
  /** Everything reported, in order: "reject []", "closed", "dismissed", "acted". */
  calls: string[];
  /** Refused by the page's policy: the directive of each. */
  violations: string[];
}

let surface: OpenCampaign | undefined;

/** The chunk of each kind, as the client loads it. */
const KINDS: { [K in SurfaceKind]: () => Promise<CampaignModule<K>> } = {
  nudge: () => import("../../widgets/visitor/nudge.tsx"),
  tip: () => import("../../widgets/visitor/tip.tsx"),
  offer: () => import("../../widgets/visitor/offer.tsx"),
  survey: () => import("../../widgets/visitor/survey.tsx"),
  checklist: () => import("../../widgets/visitor/checklist.tsx"),
  tour: () => import("../../widgets/visitor/tour.tsx"),
  banner: () => import("../../widgets/visitor/announcement.tsx"),
};
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
  own: undefined,
  centre: async (request, own) => {
    fixture.own = own;
    const { openCentre } = await import("../../widgets/visitor/centre.tsx");
    surface = openCentre({
      ...request,
      onChoice: (granted, pressed) => calls.push(`${pressed} [${granted}]`),
      onObject: (objects) => calls.push(objects ? "objects" : "objects no more"),
      onClose: () => calls.push("closed"),
      onData: async (into, { say, ended }) => {
        const { own } = fixture;
        if (!own || own.fails) throw new Error("not to be had");
        const { showOwnData } = await import("../../widgets/visitor/receipt.ts");
        const text = { ...request.text, ...own.words };
        showOwnData(into, { text, language: request.consent.language, data: ownData(own, ended), say });
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
    await fixture.show("nudge", request);
  },
  show: async (kind, request) => {
    const { show } = await KINDS[kind]();
    const hears: Partial<CampaignRequest> = {
      onActed: () => calls.push("onActed"),
      onAnswered: (answer) => calls.push(JSON.stringify(answer)),
      onTicked: (item) => calls.push(`ticked ${item}`),
      onStep: (step) => calls.push(`step ${step}`),
      onLost: (veto) => calls.push(veto),
    };
    const open = show({ ...request, ...hears, onEnded: (how) => calls.push(how) } as CampaignRequest<typeof kind>);
    if (typeof open === "string") return open;
    surface = open;
    return "";
  },
  tick: (item) => surface?.tick?.(item),
  close: () => surface?.close(),
};
Object.assign(globalThis, { fixture });

function ownData({ state, receipt }: Own, ended: () => void): OwnData<Blob> | null {
  if (!state) return null;
  const told = async <Answer>(call: string, answer: Answer): Promise<Answer> => {
    if (fixture.own?.fails) throw new Error("not to be had");
    calls.push(call);
    return answer;
  };
  return {
    state,
    page: () => told("page", new Blob(["<title>What is known</title>"], { type: "text/html" })),
    file: (format) => told(format, new Blob([`a file in ${format}`])),
    receipt: () => told("receipt", receipt),
    correct: (traits) => told(`correct ${JSON.stringify(traits)}`, traits),
    restrict: (restricted) => told(`restrict ${restricted}`, undefined),
    erase: async () => {
      const file = await told("erase", new Blob(["a signed receipt"]));
      ended();
      return file;
    },
  };
}
