import type { StageMatch } from "./site-config.ts";

/** What a campaign shows; of `data` the site's own code draws what it gets by `waypost.on("decision")`. */
export const KINDS = ["nudge", "tip", "offer", "survey", "checklist", "tour", "banner", "data"] as const;
export type CampaignKind = (typeof KINDS)[number];

/** A gap in a text, filled with what is known of the visitor by that name: "traits.plan", "group.name", "counts.orders". */
export interface Slot {
  slot: string;
  /** What stands there where that is not known, or may not be used. */
  default: string;
}

/**
 * A text as a team writes it. Parts and not a template: no character of a text means anything but itself, so what a
 * visitor is called cannot become part of how a text is made (S3).
 */
export type Written = string | (string | Slot)[];

/** `href` is a path of the site or an http(s), mailto or tel URL. */
interface LinkContent<T = string> {
  label: T;
  href: string;
}

/** A picture of an origin that the site lists, or a path of the site's own. `alt` is "" where it says nothing. */
export interface ImageContent<T = string> {
  src: string;
  alt: T;
}

/** Plain text throughout: markup in it is shown as typed. */
export interface NudgeContent<T = string> {
  title: T;
  body: T[];
  action?: LinkContent<T>;
  image?: ImageContent<T>;
  /** Present where a model wrote the text: a label that the visitor reads. Machines are told beside it (B35). */
  generated?: { label: T };
}

/** On which side of its target a tip stands, where there is room: above or below, or beside it along the line. */
export const PLACEMENTS = ["block-start", "block-end", "inline-start", "inline-end"] as const;
export type Placement = (typeof PLACEMENTS)[number];

/**
 * Beside an element of the page. `target` is a CSS selector; ` >>> ` goes on inside what the part before it has found: a
 * shadow root, or a frame of the same origin.
 */
export interface TipContent<T = string> extends NudgeContent<T> {
  target: string;
  /** Default "block-end". */
  placement?: Placement;
}

/** A code that everybody gets, or one of the site's own list for each ("pool"). */
export type OfferCode = { text: string } | { pool: true };

/** A dialog that waits for an answer. `Code`: as it is configured, or the very code of this visitor. */
export interface OfferContent<T = string, Code = string> extends NudgeContent<T> {
  code?: Code;
  terms?: T;
  /** Where the visitor can have a person look at it (B34). */
  contest?: LinkContent<T>;
}

/** nps: 0 to 10; csat: 1 to 5; ces: 1 to 7; single and multiple: of the options; text: in the visitor's own words. */
export const QUESTION_KINDS = ["nps", "csat", "ces", "single", "multiple", "text"] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

export interface QuestionContent<T = string> {
  id: string;
  kind: QuestionKind;
  label: T;
  /** What the ends of a scale mean. */
  low?: T;
  high?: T;
  /** Of single and multiple. */
  options?: { id: string; label: T }[];
  /** Whether it may be left unanswered. */
  optional?: boolean;
}

/** One question after the other. */
export interface SurveyContent<T = string> {
  title: T;
  questions: QuestionContent<T>[];
  thanks: T;
}

export interface ChecklistItem<T = string> {
  id: string;
  label: T;
  body?: T;
  /** Where it is done. */
  href?: string;
  /** The touchpoint that does it; absent: the visitor ticks it. */
  match?: StageMatch;
}

export interface ChecklistContent<T = string> {
  title: T;
  items: ChecklistItem<T>[];
  /** What is said when all is done. */
  done: T;
}

export interface TourStep<T = string> {
  /** As of a tip; absent: a card in the corner. */
  target?: string;
  placement?: Placement;
  /** Path of the page that it is on, as a stage's; absent: wherever the visitor is. Where it names one page, "next" leads there. */
  path?: string;
  title: T;
  body: T[];
  image?: ImageContent<T>;
}

interface TourContent<T = string> {
  steps: TourStep<T>[];
}

/** Across the page, at its top or end. */
interface BannerContent<T = string> {
  body: T[];
  action?: LinkContent<T>;
  /** Default "end". */
  at?: "start" | "end";
}

/** Whatever the site's own code makes of it. */
export interface DataContent {
  data: { [key: string]: unknown };
}

/** What each kind shows, as a page gets it: in one language, with every slot filled. */
export interface ContentByKind<T = string, Code = string> {
  nudge: NudgeContent<T>;
  tip: TipContent<T>;
  offer: OfferContent<T, Code>;
  survey: SurveyContent<T>;
  checklist: ChecklistContent<T>;
  tour: TourContent<T>;
  banner: BannerContent<T>;
  data: DataContent;
}

/** As a page gets it; data travels as text, beside it. */
export type Content = ContentByKind[Exclude<CampaignKind, "data">];
/** As a team writes it. */
export type WrittenByKind = ContentByKind<Written, OfferCode>;
export type WrittenContent = WrittenByKind[CampaignKind];
