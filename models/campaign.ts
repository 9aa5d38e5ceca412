import type { CampaignKind, WrittenByKind } from "./content.ts";
import type { ScoreName, StageMatch } from "./site-config.ts";

/** Most showings that a cap may allow in its window: their times are kept in the journey. */
export const CAP_COUNT_MAX = 10;

/** A MongoDB-style condition, as the GrowthBook SDK spec 0.8 defines it. */
export type Condition = { [key: string]: unknown };

/** What can be said of a showing. */
export const TRIGGER_OUTCOMES = ["shown", "dismissed", "acted", "converted"] as const;

/**
 * What makes the page ask for a decision.
 *
 * - score: it reaches a band, and stays there for `forMs` where that is given;
 * - stage: it is entered;
 * - touchpoint: one of this name is told, by the page or by one of the site's servers, and its properties meet `where`. It
 *   waits for a page: `waitsMs`, default seven days for a server's and one minute for a page's;
 * - returning: a visit begins that is not the first, at least `awayMs` after the one before;
 * - outcome: this became of another campaign, `afterMs` ago; it waits as a server's touchpoint does;
 * - exit: the pointer leaves the page at its top; scroll: this share of the page has been seen; element: one that
 *   this selector finds is seen. These three are the page's word alone.
 */
export type Trigger =
  | { kind: "score"; score: ScoreName; band: "medium" | "high"; forMs?: number }
  | { kind: "stage"; stage: string }
  | { kind: "touchpoint"; name: string; where?: Condition; waitsMs?: number }
  | { kind: "returning"; awayMs?: number }
  | {
      kind: "outcome";
      campaign: string;
      outcome: (typeof TRIGGER_OUTCOMES)[number];
      afterMs?: number;
      waitsMs?: number;
    }
  | { kind: "exit" }
  | { kind: "scroll"; share: number }
  | { kind: "element"; selector: string };

/** What a page needs to know of a trigger: never the condition. */
export type PublishedTrigger = Trigger extends infer T
  ? T extends { where?: Condition }
    ? Omit<T, "where">
    : T
  : never;

/** Times of a day by a wall clock, "22:00" to "08:00" over midnight, on days of the week of its beginning (1 Monday to 7 Sunday; absent: all). */
export interface Hours {
  days?: number[];
  from: string;
  to: string;
}

/** When a campaign may show, by the wall clock of a time zone. */
export interface Schedule {
  /** "2026-12-01T09:00": from then on, and before then. */
  from?: string;
  until?: string;
  quiet?: Hours[];
  /** IANA name; absent: the site's. */
  timeZone?: string;
}

/** Of campaigns of one group a visitor meets at most the one in whose part of the line they are, `[from, to)`, 0..1. */
export interface Exclusion {
  group: string;
  from: number;
  to: number;
}

/**
 * What a campaign is to bring about, counted from a person's exposure for `windowMs`: the touchpoint, or the stage, or what
 * orders come to. Absent `value`: whether it came about.
 */
export interface Goal {
  id: string;
  on: StageMatch | { stage: string };
  windowMs: number;
  /** count: how often; revenue: of the orders that such touchpoints tell of, in this currency. */
  value?: { kind: "count" } | { kind: "revenue"; currency: string };
}

export const STATUSES = ["draft", "live", "paused", "ended"] as const;
export type CampaignStatus = (typeof STATUSES)[number];

/** Names that no variant can have: the arm that is shown a campaign without variants, and the two that are shown nothing. */
export const ARMS = { treated: "treated", holdout: "holdout", everywhere: "global-holdout" } as const;

/** What is shown, in the site's first language and in others. */
interface Told<C> {
  content: C;
  translations?: Record<string, C>;
}

/** One way to say it, with its share of those who are not held out; without content: as the campaign says it. */
interface CampaignVariant<C> extends Partial<Told<C>> {
  id: string;
  weight: number;
}

/** A campaign of one kind. */
export interface CampaignOf<K extends CampaignKind> extends Told<WrittenByKind[K]> {
  id: string;
  /** Raised by the team with every change that a record must tell apart. */
  version: number;
  name: string;
  kind: K;
  status: CampaignStatus;
  trigger: Trigger;
  /** Stages in which it may show; absent: everywhere. */
  stages?: string[];
  audience?: Condition;
  schedule?: Schedule;
  /** The greater comes first; of equals the one that stands first. Default 0. */
  priority?: number;
  exclusion?: Exclusion;
  /** Share of the visitors who are never shown it, 0..1. */
  holdout: number;
  variants?: CampaignVariant<WrittenByKind[K]>[];
  /** At most `count` showings in any `windowMs`, and `perVisit` in a visit. */
  cap: { count: number; windowMs: number; perVisit?: number };
  /** Absent: who dismissed it is not shown it again; else that long after. */
  againAfterMs?: number;
  /** At most so many showings, of all visitors together. */
  budget?: number;
  /**
   * Of an offer, or of data, that a score has a part in: who has judged, and when ("2026-12-01"), that it decides nothing that
   * affects a visitor as a law would (B34).
   */
  review?: { by: string; on: string };
  /** The first is what it is for; absent: the journey's goal within seven days. */
  goals?: Goal[];
}

export type Campaign = { [K in CampaignKind]: CampaignOf<K> }[CampaignKind];

/** What all campaigns together may do to one visitor, and who is spared all of them. */
export interface Frequency {
  /** Between two showings. */
  minGapMs?: number;
  perVisit?: number;
  /** At most `count` in any `windowMs`: of these kinds, or of all. */
  caps?: { count: number; windowMs: number; kinds?: CampaignKind[] }[];
  quiet?: Hours[];
}

/** A number that audiences and slots can use as `counts.ID`: touchpoints of the latest 128 that match, not older than `windowMs`. */
export interface Count {
  id: string;
  match: StageMatch;
  windowMs: number;
}

/** The four colours of what is shown, CSS hex (#rgb or #rrggbb), each pair checked for contrast where it is published (A8). */
export interface ThemeColours {
  background: string;
  text: string;
  accent: string;
  accentText: string;
}

export interface Theme {
  light?: ThemeColours;
  dark?: ThemeColours;
  /** Of corners, CSS px. */
  radiusPx?: number;
}
