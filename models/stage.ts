import type { PublishedTrigger } from "./campaign.ts";
import { type Journey, type StageMatch, TYPICAL_DWELL_MS } from "./site-config.ts";
import { isActivity, type TouchpointType } from "./touchpoint-type.ts";

/** Whether a path fits a pattern: equal, or, where the pattern ends in `*`, beginning with what stands before it. */
export function pathMatches(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/** The path of an absolute URL as a touchpoint has it, or "" where it is none: it was parsed and written anew at the border. */
export function pathOf(url: string): string {
  const parts = /^https?:\/\/[^/?#]*([^?#]*)/.exec(url);
  return parts ? parts[1] || "/" : "";
}

/** Whether a touchpoint has all that a match names; without a type it has to be a page. */
export function matches(match: StageMatch, type: TouchpointType, name: string, path: string): boolean {
  return (
    type === (match.type ?? "page") &&
    (match.name === undefined || match.name === name) &&
    (match.path === undefined || pathMatches(match.path, path))
  );
}

/** Whether a touchpoint is what a match names. What is no activity is nothing that anybody did. */
export function isMatch(match: StageMatch, touchpoint: { type: TouchpointType; name: string; url: string }): boolean {
  const { type, name, url } = touchpoint;
  return isActivity(type) && matches(match, type, name, pathOf(url));
}

/** The id of the first declared stage that a touchpoint matches, or "" for none. What is no activity enters none. */
export function stageOf(journey: Journey, touchpoint: { type: TouchpointType; name: string; url: string }): string {
  const { type, name } = touchpoint;
  if (!isActivity(type)) return "";
  const path = pathOf(touchpoint.url);
  return journey.stages.find((stage) => matches(stage.match, type, name, path))?.id ?? "";
}

/** Depth of a stage, 0 for the first; -1 for "" and for a stage that the journey no longer has. */
export function depthOf(journey: Journey, stage: string): number {
  return journey.stages.findIndex((s) => s.id === stage);
}

/** How long visitors who are not stuck stay in a stage, ms. */
export function typicalDwellMs(journey: Journey, stage: string): number {
  return journey.stages[depthOf(journey, stage)]?.typicalDwellMs ?? TYPICAL_DWELL_MS;
}

/** The name of a trigger in an ask's `on`: triggers of one name fire together. */
export function triggerKey(trigger: PublishedTrigger): string {
  switch (trigger.kind) {
    case "score":
      return `${trigger.score}.${trigger.band}${trigger.forMs ? `.${trigger.forMs}` : ""}`;
    case "stage":
      return `stage.${trigger.stage}`;
    case "touchpoint":
      return `touchpoint.${trigger.name}`;
    case "outcome":
      return `outcome.${trigger.campaign}.${trigger.outcome}`;
    case "scroll":
      return `scroll.${trigger.share}`;
    case "element":
      return `element.${trigger.selector}`;
    case "returning":
    case "exit":
      return trigger.kind;
  }
}
