import type { Purpose } from "./consent.ts";
import type { NudgeContent } from "./site-config.ts";
import type { VisitorText } from "./texts/visitor-text.ts";

/** What the page hands to the banner chunk (`openBanner`), and what it hears back. */
export interface BannerRequest {
  text: VisitorText;
  language: string;
  offered: Purpose[];
  /** Purposes granted now; null before any choice. Says whether this is the first question or a change. */
  granted: Purpose[] | null;
  /** Whether the browser sends Global Privacy Control: then the banner says that it is honoured. */
  gpc: boolean;
  /** Whether the visitor opened it (then it takes the focus and Escape closes it) or it came by itself. */
  openedByVisitor: boolean;
  onChoice: (granted: Purpose[], control: "accept" | "reject") => void;
  onClose: () => void;
}

/** What the page hands to the nudge chunk (`showNudge`), and what it hears back. Each is called at most once. */
export interface NudgeRequest {
  content: NudgeContent;
  /** Why this is shown, in plain words, most important first. */
  why: string[];
  language: string;
  onDismissed: () => void;
  onActed: () => void;
}

/** A surface on the page. `close` takes it away without a report and gives the focus back. */
export interface Surface {
  close: () => void;
}
