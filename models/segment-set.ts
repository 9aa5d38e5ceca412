import { attributesOf } from "./attributes.ts";
import type { Subject } from "./progress.ts";
import { evaluate } from "./rules.ts";
import { BESIDE, segmentName } from "./set-name.ts";
import type { Journey, Segment } from "./site-config.ts";

/** Live segments of a site. */
export const SEGMENTS_MAX = 16;

/**
 * The segments that a person's day belongs to, as one name: `deep@1,returning@2`, "" for none, in the order of their
 * names. Excluded days are in no segment.
 */
export function segmentSet(subject: Subject, segments: readonly Segment[], journey: Journey): string {
  if (subject.excluded !== "") return BESIDE + subject.excluded;
  const attributes = attributesOf(subject, journey);
  const names = segments.filter(({ condition }) => evaluate(condition, attributes)).map(segmentName);
  return names.sort().join(",");
}
