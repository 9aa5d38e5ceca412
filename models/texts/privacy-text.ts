import type { CapturedId } from "../captured.ts";
import type { ScoreName } from "../site-config.ts";

/** Places where something of a visitor is kept. */
export type StoreId = "browser" | "outbox" | "cookie" | "journey" | "map" | "decisions" | "history" | "records";

/** Every word of the privacy page in one language, beside the site's own. What is in braces is filled in. */
export interface PrivacyText {
  /** `{name}` is who answers for the data. */
  title: string;
  intro: string;
  controller: string;
  /** Headings. */
  what: string;
  why: string;
  howLong: string;
  who: string;
  predictions: string;
  signals: string;
  rights: string;
  /** Where nobody else gets anything. */
  nobody: string;
  /** What each model works out, with its `{version}`, and what all of them read: `{count}` numbers. */
  models: Record<ScoreName, string>;
  modelsRead: string;
  noModel: string;
  gpcAll: string;
  gpcSharing: string;
  dnt: string;
  /** What a visitor may ask for, and where. */
  yourRights: string;
  /** `{days}`. */
  days: string;
  untilCleared: string;
  captured: Record<CapturedId, string>;
  stores: Record<StoreId, string>;
  /** The link to the same as JSON. */
  machine: string;
}
