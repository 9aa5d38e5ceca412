import type { Choice, Purpose, Stamp } from "../models/consent.ts";
import type { PublishedConfig } from "../models/site-config.ts";
import type { CampaignModule, CentreRequest, ConsentGate, OwnDataRequest, Surface } from "../models/surface.ts";
import type { CollectReply } from "../models/wire.ts";
import type { EarlyClick, GivenParts } from "./capture/sources.ts";
import type { Emitter } from "./emitter.ts";
import type { Gate } from "./gate.ts";
import type { ChunkFile, DigestsModule } from "./load-chunk.ts";
import type { PageDecision } from "./public-api.ts";

/** How the scoring engine may run: set by the site, because a worker that its CSP forbids would be reported as an attack. */
export type WorkerMode = "same-origin" | "blob" | "off";

/** The script tag's attributes, read once; `debug` changes with its call. */
export interface Setting {
  /** The public key. */
  site: string;
  /** Absolute URL ending in "/": everything that we load or call is below it. */
  base: string;
  /** For what is loaded: the tag's own, or `data-nonce`; "" where there is none. */
  nonce: string;
  worker: WorkerMode;
  /** Cookies only on the site's own host; elsewhere none, and no credentials in CORS. */
  credentials: RequestCredentials;
  /** Of the page's address when the tag ran: routers change it later. */
  hash: string;
  /** Set by `data-debug` and `waypost.debug`; the edge is told, because it is nobody's visit but the site's own. */
  debug: boolean;
}

/** API calls that make a touchpoint, with their arguments as the site gave them. */
export const RECORDED_CALLS = ["track", "page", "identify", "group", "alias", "goal"] as const;
type RecordedCall = (typeof RECORDED_CALLS)[number];

export interface ApiCall {
  name: RecordedCall;
  args: unknown[];
  /** `performance.now()` when the site called. */
  perfMs: number;
}

/** What the tag keeps until capture has come: calls of the API, and clicks with the path of their event. */
export type Call = ApiCall | { name: "click"; args: EventTarget[]; perfMs: number };

/** What the tag hands to the capture chunk. */
export interface PageContext {
  setting: Setting;
  config: PublishedConfig;
  /** What holds now, and the secret; for surfaces also who is open, and what a visitor chooses in them. */
  gate: Gate;
  /** Whether the secret outlives this page. Where it does not, nothing that belongs to it may either. */
  durable: boolean;
  /** Whether what holds now grants a purpose. */
  permits: (purpose: Purpose) => boolean;
  /** `performance.now()` from which on the visitor's consent holds on this page. */
  sinceMs: number;
  /** Takes over a later choice that the edge holds, every part of it that is named; `made` is the stamp of the batch that it answers. */
  hear: (held: Stamp & Pick<Partial<Choice>, "policy">, made: Stamp) => void;
  /**
   * What a reply says of page and visitor: the version that the edge decides by (a page that has an older one fetches it
   * for the pages after it), the visitor's id for the site's servers, and, where this browser's storage was emptied, the
   * secret that it had before. The asking chunk listens in.
   */
  told: (reply: Pick<CollectReply, "config" | "visitor" | "secret" | "on" | "onInMs">) => void;
  /** The tag's own, so that it travels once. */
  randomId: (count: 8 | 16) => string;
  events: Pick<Emitter, "emit">;
  log: (...what: unknown[]) => void;
  /** The scoring worker's script, alone in its file. */
  workerFile: () => Promise<ChunkFile>;
  /** Loads a chunk; one that was begun before is the same. Rejects where its bytes are not those of the build. */
  load: <C extends keyof Modules>(chunk: C) => Promise<Modules[C]>;
}

/** What the capture chunk gives back to the tag. */
export interface Capture {
  call: (call: Call) => void;
  /** The stamp changed and `analytics` is still granted. */
  consentChanged: () => void;
  /** Sends what is unsent, in this task. */
  flush: () => void;
  /**
   * Takes every listener away, ends the worker, forgets what is in memory, closes the database: all in this task. Gives
   * what is still on its way, or null.
   */
  stop: () => Promise<unknown> | null;
  /** The last decision of this page, or null. */
  why: () => PageDecision | null;
}

interface CaptureModule {
  start: (context: PageContext) => Capture;
}
interface CentreModule {
  openCentre: (request: CentreRequest<Element>) => Surface;
}
interface OwnDataModule {
  showOwnData: (into: Element, request: OwnDataRequest<Blob>) => void;
}
interface ShownModule {
  show: (gate: ConsentGate, byVisitor: boolean) => void | Promise<void>;
}
interface SourcesModule {
  startSources: (parts: GivenParts, early: readonly EarlyClick[]) => void;
}

/** What each chunk gives. Everything that the page loads is loaded by one of these names: so its digest is known. */
export interface Modules {
  capture: CaptureModule;
  sources: SourcesModule;
  vital: typeof import("./capture/vital.ts");
  banner: ShownModule;
  nudge: CampaignModule<"nudge">;
  tip: CampaignModule<"tip">;
  offer: CampaignModule<"offer">;
  survey: CampaignModule<"survey">;
  checklist: CampaignModule<"checklist">;
  tour: CampaignModule<"tour">;
  announcement: CampaignModule<"banner">;
  centre: CentreModule;
  receipt: OwnDataModule;
  control: ShownModule;
  preferences: typeof import("./preferences.ts");
  ownReceipt: typeof import("./own-receipt.ts");
  googleConsentMode: typeof import("./google-consent-mode.ts");
  tcf: typeof import("./tcf.ts");
  asking: typeof import("./asking.ts");
  pageTriggers: typeof import("./page-triggers.ts");
  live: typeof import("./live.ts");
  handover: typeof import("./handover.ts");
  present: typeof import("./present.ts");
  lasting: typeof import("./lasting.ts");
  database: typeof import("./database.ts");
  scoring: typeof import("./scoring/index.ts");
  "main-thread": typeof import("./scoring/main-thread.ts");
  digests: DigestsModule;
}
