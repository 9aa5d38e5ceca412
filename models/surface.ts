import type { Theme } from "./campaign.ts";
import type { Choice, Purpose, Stamp } from "./consent.ts";
import type { PublishedConsent } from "./consent-config.ts";
import type { CampaignKind, ContentByKind } from "./content.ts";
import type { Veto } from "./outcome.ts";
import type { CampaignText, DataText, PageText } from "./texts/visitor-text.ts";
import type { Props } from "./touchpoint.ts";
import type { ConsentRequest, ConsentSurface } from "./wire.ts";

/** What the consent surfaces are told of the site: a part of what it publishes. */
type AskedConsent = Pick<PublishedConsent, "text" | "language" | "dir" | "purposes">;

/** What is new since an earlier choice, a sentence each. */
type News = string[];

/** What is loaded to show something of the consent, or to speak with another tool: each exports `show(gate, byVisitor)`. */
export type Shown = "banner" | "preferences" | "control" | "googleConsentMode" | "tcf";

/** What such a chunk may ask and do: the page's consent gate. */
export interface ConsentGate {
  readonly consent: PublishedConsent;
  /** What the visitor chose last, whether or not it holds still. */
  readonly choice: Choice | null | undefined;
  /** What holds now. */
  readonly stamp: Stamp;
  /** Whether the visitor has answered what is asked now. */
  readonly decided: boolean;
  readonly signal: HonouredSignal;
  /** The one surface that may be open. */
  readonly slot: { open: Surface | null };
  choose: (purposes: readonly Purpose[], control: ConsentRequest["control"], surface?: ConsentSurface) => void;
  open: (byVisitor: boolean) => Promise<unknown>;
  /** Rejects never; where it cannot be had, that is said to a visitor who asked for it. */
  show: (chunk: Shown, byVisitor: boolean) => Promise<unknown>;
  /** Nobody is being asked any more: the permanent control comes, where the site has it. */
  rest: () => void;
}

/** Which of the browser's own signals is honoured; null: none is sent. */
export type HonouredSignal = "gpc" | "dnt" | null;

/** What the page hands to the banner chunk (`openBanner`), and what it hears back. */
export interface BannerRequest {
  consent: AskedConsent;
  signal: HonouredSignal;
  news: News;
  /** Whether the visitor opened it (then it takes the focus and Escape closes it) or it came by itself. */
  openedByVisitor: boolean;
  onChoice: (granted: Purpose[], control: "accept" | "reject") => void;
  /** The visitor wants to choose in detail; the banner stays. */
  onDetail: () => void;
  onClose: () => void;
}

/** What the visitor said last, as a person can read it, and all of it as a file. */
export interface ReceiptView {
  /** Milliseconds since 1970 UTC, by the edge's clock. */
  at: number;
  granted: Purpose[];
  refused: Purpose[];
  objects: boolean;
  /** JSON text. */
  file: string;
}

/** What is known of a visitor that they can change: by the name of each trait, and whether the use of it all is paused. */
export interface OwnState {
  traits: Props;
  restricted: boolean;
}

/** What a browser's secret can ask of the edge for its visitor. `File` is a blob. Each call rejects where it is not done. */
export interface OwnData<File = unknown> {
  state: OwnState;
  /** All that is known, as a page that a person can read. */
  page: () => Promise<File>;
  file: (format: "json" | "csv") => Promise<File>;
  /** Null where no choice is recorded. */
  receipt: () => Promise<ReceiptView | null>;
  /** Gives the traits that are known then; null takes one away. */
  correct: (traits: Props) => Promise<Props>;
  restrict: (restricted: boolean) => Promise<void>;
  /** Also here in the browser. Gives the signed receipt. */
  erase: () => Promise<File>;
}

/** What the page hands to the chunk that shows a visitor's own data (`showOwnData`). */
export interface OwnDataRequest<File = unknown> {
  text: DataText & Pick<PageText, "names" | "objected" | "failed">;
  language: string;
  /** Null where nothing is kept that is this visitor's. */
  data: OwnData<File> | null;
  /** Says a sentence politely. */
  say: (sentence: string) => void;
}

/** What the page hands to the preference centre (`openCentre`), and what it hears back. `Place` is an element of the page. */
export interface CentreRequest<Place = unknown> {
  consent: AskedConsent & Pick<PublishedConsent, "recipients" | "retentionDays">;
  text: PageText;
  signal: HonouredSignal;
  news: News;
  /** Purposes that are on now. */
  granted: Purpose[];
  /** Whether the visitor objects to profiling now. */
  objects: boolean;
  /** Address of all that is kept, why and for how long. */
  privacyHref: string;
  /** Once, after the centre is gone and the focus is back. */
  onChoice: (granted: Purpose[], control: "accept" | "reject" | "save") => void;
  /** At once, as often as it is pressed. */
  onObject: (objects: boolean) => void;
  onClose: () => void;
  /**
   * Shows in an empty element what the visitor may do with their own data; rejects where that cannot be had. `ended` is
   * called when nothing is granted any more, because all of it is to be erased.
   */
  onData: (into: Place, hears: { say: (sentence: string) => void; ended: () => void }) => Promise<void>;
}

/** How a visitor ended what a campaign showed: less: none of its kind for a while; off: none of any campaign any more. */
export type Ending = "dismissed" | "acted" | "less" | "off";

/** What is to be recorded of one answered question: never more than the visitor gave. */
export interface SurveyAnswer {
  question: string;
  /** Of a scale, or the ids of the options that were chosen, or the visitor's own words. */
  value: number | string[] | string;
}

/** Kinds that are shown by a chunk of ours. */
export type SurfaceKind = Exclude<CampaignKind, "data">;

/** What the page hands to a kind's chunk (`show`), and what it hears back. */
export interface CampaignRequest<K extends SurfaceKind = SurfaceKind> {
  content: ContentByKind[K];
  /** Why this is shown, in plain words, most important first. */
  why: string[];
  text: CampaignText;
  /** Of the site's own content, where it is another than the text's. */
  contentLanguage: string;
  language: string;
  dir: "ltr" | "rtl";
  theme?: Theme | undefined;
  /** Of a checklist: the items that are done. */
  done?: string[];
  /** Of a tour: the step that it goes on with, from 0. */
  step?: number;
  /** Once, after the surface has gone by the visitor's own hand. */
  onEnded: (how: Ending) => void;
  /** The visitor did what it is for and it stays: a code was copied. At most once. */
  onActed?: () => void;
  /** Of a survey: each question as it is answered. */
  onAnswered?: (answer: SurveyAnswer) => void;
  /** Of a checklist: the visitor ticked an item that no touchpoint does. */
  onTicked?: (item: string) => void;
  /** Of a tour: the step that is shown from now on. It may be one of another page, to which a link leads at this moment. */
  onStep?: (step: number) => void;
  /** What it stands beside has gone, or was covered: it has been taken away. */
  onLost?: (veto: Extract<Veto, "target-gone" | "target-covered">) => void;
}

/** A checklist that is open: it ticks what has been done meanwhile. */
export interface OpenCampaign extends Surface {
  tick?: (item: string) => void;
}

/** What the chunk of each kind exports: what is open now, or why it was not shown. Throws nothing that is not a bug. */
export interface CampaignModule<K extends SurfaceKind = SurfaceKind> {
  show: (request: CampaignRequest<K>) => OpenCampaign | Veto;
}

/** A surface on the page. `close` takes it away without a report and gives the focus back. */
export interface Surface {
  close: () => void;
}
