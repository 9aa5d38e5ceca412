import type { Change, StepRefusal } from "../../models/change.ts";
import type { FieldRefusal } from "../../models/config-fields.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { VersionedConfig } from "../sites.ts";

/** Why nothing was done. */
export type ChangeRefusal = PlainRefusal | { why: "invalid"; field: string; bound: string } | FieldRefusal;

/** Those that name no field. */
export type PlainRefusal =
  | StepRefusal
  | { why: "no-site" }
  | { why: "unknown" }
  | { why: "edited" }
  | { why: "full"; max: number };

/** A change after what was done with it, and the version that it became. */
export type ChangeAnswer = { change: Change; version?: number } | { refused: ChangeRefusal };

/**
 * A configuration that was applied; or the version in force where that is not the one it was to replace; or the change
 * that waits for approvals.
 */
export type Applied =
  | VersionedConfig
  | { conflict: number }
  | { change: Change }
  | { full: number }
  | { refused: FieldRefusal };

/** Somebody's proposal. */
export interface Proposal {
  title: string;
  config: SiteConfig;
  base: number;
}
