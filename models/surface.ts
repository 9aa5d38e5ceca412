import type { Purpose } from "./consent.ts";
import type { PublishedConsent } from "./consent-config.ts";
import type { NudgeContent } from "./site-config.ts";
import type { PageText } from "./texts/visitor-text.ts";

/** What the consent surfaces are told of the site: a part of what it publishes. */
export type AskedConsent = Pick<PublishedConsent, "text" | "language" | "dir" | "purposes">;

/** What is new since an earlier choice, a sentence each; null: nothing is, or nothing was chosen. */
export type News = string[] | null;

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
  /** JSON text. */
  file: string;
}

/** What the page hands to the preference centre (`openCentre`), and what it hears back. */
export interface CentreRequest {
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
  /** Null where nothing is kept that is this visitor's. */
  receipt: () => Promise<ReceiptView | null>;
}

/** What the page hands to the permanent control (`showControl`), and what it hears back. */
export interface ControlRequest {
  consent: AskedConsent;
  onOpen: () => void;
  onWithdraw: () => void;
}

/** The permanent control: it stays on the page, and is told what holds. */
export interface Control extends Surface {
  /** Whether there is anything to withdraw; false at first. */
  update: (granted: boolean) => void;
}

/** What the page hands to the nudge chunk (`showNudge`), and what it hears back. Each is called at most once. */
export interface NudgeRequest {
  content: NudgeContent;
  /** Why this is shown, in plain words, most important first. */
  why: string[];
  text: PageText;
  language: string;
  dir: "ltr" | "rtl";
  onDismissed: () => void;
  onActed: () => void;
}

/** A surface on the page. `close` takes it away without a report and gives the focus back. */
export interface Surface {
  close: () => void;
}
