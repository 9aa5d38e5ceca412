import type { Segment } from "./site-config.ts";

/** Different sets of segments that a day of one shard tells apart; further ones are summed as `OTHER_SET`. */
export const SETS_MAX = 64;
export const OTHER_SET = "*";
/** Begins the name of what counts beside the map: `!internal`. Nothing else begins so. */
export const BESIDE = "!";

/** A segment as sets name it. The version is part of it: a condition that was changed is another segment. */
export function segmentName({ id, version }: Pick<Segment, "id" | "version">): string {
  return `${id}@${version}`;
}

/** Whether a set, `deep@1,returning@2`, holds a segment. */
export function isInSet(set: string, segment: string): boolean {
  return set.split(",").includes(segment);
}
