import { styleText } from "node:util";
import type { ConfigDifference } from "../../../models/config-diff.ts";

/** So much of a value is shown: the file has the rest. */
const VALUE_MAX = 72;

/** What differs, a line each, as a person reads it: `+` comes, `-` goes, `~` changes. */
export function differenceText(differences: readonly ConfigDifference[]): string {
  return differences.map(lineOf).join("\n");
}

function lineOf(difference: ConfigDifference): string {
  const { path } = difference;
  switch (difference.kind) {
    case "added":
      return styleText("green", `+ ${path}: ${shown(difference.after)}`);
    case "removed":
      return styleText("red", `- ${path}: ${shown(difference.before)}`);
    case "changed":
      return styleText("yellow", `~ ${path}: ${shown(difference.before)} → ${shown(difference.after)}`);
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX - 1)}…`;
}
