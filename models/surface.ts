import type { Choice, Purpose, Stamp } from "./consent.ts";
import type { PublishedConsent } from "./consent-config.ts";
import type { NudgeContent } from "./site-config.ts";
import type { DataText, PageText } from "./texts/visitor-text.ts";
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

/** What the page hands to the nudge chunk (`showNudge`), and what it hears back. Each is called at most once. */
export interface NudgeRequest {
  content: NudgeContent;
  /** Why this is shown, in plain words, most important first. */
  why: string[];
  text: PageText;
  /** Of the site's own content, where it is another than the text's. */
  contentLanguage: string;
  language: string;
  dir: "ltr" | "rtl";
  onDismissed: () => void;
  onActed: () => void;
}

/** A surface on the page. `close` takes it away without a report and gives the focus back. */
export interface Surface {
  close: () => void;
}
