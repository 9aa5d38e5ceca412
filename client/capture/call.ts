import type { PublishedConfig } from "../../models/site-config.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import type { ApiCall } from "../context.ts";
import { pageName } from "./page.ts";
import type { Recorder } from "./recorder.ts";

/**
 * Turns a call of the page's code into a touchpoint, with arguments as in the Segment spec: `track(name, props)`,
 * `page(name?, props?)`, `identify(id?, traits?, {token}?)`, `group(id?, traits?)`, `alias(id, previousId?)`; and
 * `goal(value | props)`. A `track` or `alias` without a name makes none.
 */
export function recordCall(call: ApiCall, record: Recorder, config: PublishedConfig): void {
  const { name: called, args, perfMs } = call;
  const [first, second] = args;
  const type: TouchpointType = called === "goal" ? "track" : called;
  let name = typeof first === "string" ? first : "";
  let props = name ? second : first;
  if (called === "goal") {
    name = goalName(config);
    props = typeof first === "number" ? { value: first } : first;
  }
  if (called === "alias") props = { previousId: second };
  if (called === "page") name ||= pageName();
  if (name || (type !== "track" && type !== "alias")) record({ type, name, props, perfMs });
}

/** The event by which the journey knows its goal, so that `goal()` reaches it; where a page is the goal, a name of ours. */
function goalName({ journey }: PublishedConfig): string {
  const match = journey.stages.find(({ id }) => id === journey.goal)?.match;
  return (match?.type === "track" && match.name) || "Goal Reached";
}
