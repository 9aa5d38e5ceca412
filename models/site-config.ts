import type { Campaign, Condition, Count, Frequency, PublishedTrigger, Theme } from "./campaign.ts";
import type { Catalogue } from "./catalogue.ts";
import type { ConsentConfig, PublishedConsent } from "./consent-config.ts";
import type { SourceConfig } from "./source-config.ts";
import type { TouchpointType } from "./touchpoint-type.ts";

/** What makes a touchpoint belong to a stage: every field that is present must hold. */
export interface StageMatch {
  /** Default "page", so that a click on a page does not enter the page's stage again. */
  type?: TouchpointType;
  name?: string;
  /** Path of the URL; a trailing `*` matches any rest: "/checkout/*". */
  path?: string;
}

export interface Stage {
  id: string;
  name: string;
  match: StageMatch;
  /** How long a visitor who is not stuck stays; default `TYPICAL_DWELL_MS`. */
  typicalDwellMs?: number;
}

/** Ordered stages and the stage that is the goal. Order is depth: later is nearer the goal. */
export interface Journey {
  id: string;
  name: string;
  stages: Stage[];
  goal: string;
  /** What reaching the goal is worth, where no order says it. Never published. */
  value?: { amount: number; currency: string };
}

export const TYPICAL_DWELL_MS = 30_000;

export type ScoreName = "stall" | "intent";
/** What runs a model: the few operators in our own code, or the whole of onnxruntime-web (2.3 MB more). */
export type ScoringEngine = "compact" | "onnxruntime-web";
export type Band = "low" | "medium" | "high";
/** Lower bounds of the bands, 0..1, medium below high. */
export interface Thresholds {
  medium: number;
  high: number;
}

/** People told apart on the map: a visit day belongs to a segment by what was known at its last touchpoint. */
export interface Segment {
  id: string;
  /** Raised with every change of the condition: days that were counted under the former one stay there. */
  version: number;
  name: string;
  /** Over the attributes of `attributesOf`. */
  condition: Condition;
}

/** How each friction detector is set; `false` turns one off. Definitions and defaults: models/friction.ts. */
export interface FrictionConfig {
  /** `clicks` on one spot: within `withinMs` from the first to the last, all inside a circle of `radiusPx` round the first. */
  rage: false | { clicks: number; withinMs: number; radiusPx: number };
  /** Nothing happened on the page within this time after a click on something that looks as if it would act. */
  dead: false | { afterMs: number };
  /** An error of the page's own code came within this time after a click. */
  error: false | { withinMs: number };
  /** Back on the page before, within this time. */
  uTurn: false | { withinMs: number };
  /** A field was come back to, or refused, this often. */
  struggle: false | { times: number };
}

/** What capture notes of a page. Page views, leaving and the calls of the API are always noted. */
export interface CaptureConfig {
  clicks: boolean;
  forms: boolean;
  copies: boolean;
  /** Errors of the page's own code. */
  errors: boolean;
  /** Web vitals: loads 3 KB more, when the page is idle. */
  vitals: boolean;
  friction: FrictionConfig;
  /** Query parameters whose values may leave the page, as properties of a page view. */
  query: string[];
}

/** What the site's pages may send, all together: beyond it they are told to wait. Default: models/limits.ts. */
interface LimitsConfig {
  /** Asks count as touchpoints. Ten seconds' worth may come at once. */
  touchpointsPerSecond: number;
}

/** What a site's server signs proofs of identity with, as a JWK names it; the secret of an HS256 key is given to the site object. */
export type IdentityKey =
  | { kid: string; alg: "EdDSA"; kty: "OKP"; crv: "Ed25519"; x: string }
  | { kid: string; alg: "HS256" };

/** How it is proven who a visitor is. Never published, but for `domains`. */
interface IdentityConfig {
  /** Any of them proves: a key is replaced by listing its successor beside it for a while. */
  keys: IdentityKey[];
  /** The `aud` of a proof; absent: the site's id. */
  audience?: string;
  /** Other origins of the same site, to which a link may take its visitor along. */
  domains?: string[];
}

/** How changes of the configuration are decided. What counts is what the configuration in force says, not the new one. */
export interface Governance {
  /** How many have to approve a change before it is published. */
  approvals: 0 | 1 | 2;
  /** Whether the author's own approval counts for nothing. */
  separateDuties: boolean;
}

/** The whole typed configuration of a site: what `PUT /api/sites/:site/config` takes. */
export interface SiteConfig {
  origins: string[];
  /** One visitor on all hosts of this domain that have a first-party install; absent: on each host its own. */
  cookieDomain?: string;
  consent: ConsentConfig;
  identity?: IdentityConfig;
  /** Exactly one in this version. */
  journeys: Journey[];
  campaigns: Campaign[];
  /** What all of them together may do to one visitor. */
  frequency?: Frequency;
  /** Share of the visitors who are never shown any campaign, 0..1. */
  holdout?: number;
  /** Wall clock of schedules, of quiet hours, and of “hour” and “weekday” in audiences. IANA name; absent: "UTC". */
  timeZone?: string;
  counts?: Count[];
  theme?: Theme;
  /** Origins beside the site's own of which campaigns may show pictures. */
  images?: string[];
  /** Absent in configurations that were stored before there were any. */
  segments?: Segment[];
  /**
   * Names of `identify`'s traits that the people index may show, where `personalization` permits; `group` is the group that
   * the visitor is in, and `group.plan` a trait of that.
   */
  traits?: string[];
  thresholds: Record<ScoreName, Thresholds>;
  /** On the page, where a worker may run; a model with an operator that the compact engine lacks gets the other anyway. */
  engine: ScoringEngine;
  capture: CaptureConfig;
  /** Whether open pages hear at once of what other tabs, devices and servers do: one socket a visible page. Default false. */
  live?: boolean;
  /** Why the site may keep what its servers send (`/v1/batch`), in the words of its records. */
  serverBasis: string;
  limits?: LimitsConfig;
  /** Addresses and ranges in CIDR form whose visits are kept out of the sums. Never published. */
  internal?: { ips: string[] };
  /** Whether all that comes is a trial, and kept out of the sums. Never published. */
  testMode?: boolean;
  /** The events that the site means to send. Never published. */
  catalogue?: Catalogue;
  /** Who has to agree before a configuration is in force; absent: nobody. Never published. */
  governance?: Governance;
  /** Systems of the site's that tell by webhooks. Never published. */
  sources?: SourceConfig[];
}

/** One scoring model as the page loads it: an immutable path below the script's base, and the SHA-256 of its bytes in hex. */
export interface ModelRef {
  version: string;
  path: string;
  sha256: string;
}

/** What `GET /v1/config/:key` answers. Never audiences, holdouts, caps or content. */
export interface PublishedConfig {
  v: 1;
  version: number;
  consent: PublishedConsent;
  journey: Journey;
  triggers: PublishedTrigger[];
  thresholds: Record<ScoreName, Thresholds>;
  models: Record<ScoreName, ModelRef>;
  engine: ScoringEngine;
  capture: CaptureConfig;
  theme?: Theme;
  /** Absent from an edge that is older. */
  live?: boolean;
  /** Origins that a link may take the visitor along to; absent: none. */
  handOver?: string[];
}
