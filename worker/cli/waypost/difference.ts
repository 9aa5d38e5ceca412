import { styleText } from "node:util";
import type { ConfigDifference } from "../../../models/config-diff.ts";
import { printable } from "./table.ts";

/** So much of a value is shown to who has the file with the rest. */
const VALUE_MAX = 72;

/**
 * What differs, a line each, as a person reads it: `+` comes, `-` goes, `~` changes. Values are cut where `isWhole` is not
 * said: whoever is to agree to them sees all of them.
 */
export function differenceText(differences: readonly ConfigDifference[], isWhole = false): string {
  return differences.map((difference) => lineOf(difference, isWhole ? Number.POSITIVE_INFINITY : VALUE_MAX)).join("\n");
}

function lineOf(difference: ConfigDifference, max: number): string {
  const path = printable(difference.path);
  const shown = (value: unknown) => valueText(value, max);
  switch (difference.kind) {
    case "added":
      return styleText("green", `+ ${path}: ${shown(difference.after)}`);
    case "removed":
      return styleText("red", `- ${path}: ${shown(difference.before)}`);
    case "changed":
      return styleText("yellow", `~ ${path}: ${shown(difference.before)} → ${shown(difference.after)}`);
  }
}

function valueText(value: unknown, max: number): string {
  const text = printable(JSON.stringify(value) ?? "");
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
