import { attributesOf } from "./attributes.ts";
import { LATE_DAY, type Subject, type VisitDay } from "./progress.ts";
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

/** The set of a row of the map. Late touchpoints are of no visit: there is nobody to judge, and so no segment. */
export function setOfDay(
  [day, { subject }]: [day: number, of: VisitDay],
  segments: readonly Segment[],
  journey: Journey,
): string {
  return segmentSet(subject, day === LATE_DAY ? [] : segments, journey);
}
