import type { Action } from "./access.ts";
import type { ConfigDifference } from "./config-diff.ts";

/**
 * Parts of a configuration that take more than to publish one: who may add a key proves anybody to be anybody, and who may
 * change a source says whose word is believed of whom.
 */
const NEEDED: Readonly<Record<string, Action>> = {
  identity: "keys.manage",
  governance: "config.govern",
  sources: "keys.manage",
};

/** A part of a configuration that somebody may not change, and what it would take. */
export interface FieldRefusal {
  why: "field";
  path: string;
  needs: Action;
}

/** The first difference that who acts may not make, or null: `may` says what they may. */
export function refusedField(
  differences: readonly ConfigDifference[],
  may: (action: Action) => boolean,
): FieldRefusal | null {
  for (const { path } of differences) {
    const part = path.split(".")[0] ?? "";
    const needs = Object.hasOwn(NEEDED, part) ? (NEEDED[part] as Action) : null;
    if (needs !== null && !may(needs)) return { why: "field", path, needs };
  }
  return null;
}
