import { ENTRY_TEXT_MAX, type Entry } from "./entry.ts";
import type { StageMatch } from "./site-config.ts";
import { matches } from "./stage.ts";

/**
 * Whether a kept touchpoint has all that a match names, as far as its name and path are kept. A name alone is of any
 * type: what a goal counts is told by a track as by a click.
 */
export function matchesEntry({ name, path, type }: StageMatch, entry: Pick<Entry, "type" | "name" | "path">): boolean {
  const cut = path && path.length > ENTRY_TEXT_MAX ? `${path.slice(0, ENTRY_TEXT_MAX)}*` : path;
  const match: StageMatch = {
    type: type ?? (name === undefined ? "page" : entry.type),
    ...(name === undefined ? {} : { name: name.slice(0, ENTRY_TEXT_MAX) }),
    ...(cut === undefined ? {} : { path: cut }),
  };
  return matches(match, entry.type, entry.name, entry.path);
}
