import type { PublishedConfig } from "../../models/site-config.ts";
import type { ApiCall } from "../context.ts";
import { pageName } from "./page.ts";
import type { Recorder } from "./recorder.ts";

/**
 * Turns a call of the page's code into a touchpoint, with arguments as in the Segment spec: `track(name, props)`,
 * `page(name?, props?)`, `identify(id?, traits?)`, `group(id?, traits?)`, `alias(id, previousId?)`; and
 * `goal(value | props)`. A `track` or `alias` without a name makes none.
 */
export function recordCall(call: ApiCall, record: Recorder, config: PublishedConfig): void {
  const { name: type, args, perfMs } = call;
  const [first, second] = args;
  const name = typeof first === "string" ? first : "";
  const props = name ? second : first;
  switch (type) {
    case "page":
      record({ type, name: name || pageName(), props, perfMs });
      break;
    case "identify":
    case "group":
      record({ type, name, props, perfMs });
      break;
    case "track":
      if (name) record({ type, name, props, perfMs });
      break;
    case "alias":
      if (name) record({ type, name, props: { previousId: second }, perfMs });
      break;
    case "goal":
      record({
        type: "track",
        name: goalName(config),
        props: typeof first === "number" ? { value: first } : first,
        perfMs,
      });
  }
}

/** The event by which the journey knows its goal, so that `goal()` reaches it; where a page is the goal, a name of ours. */
function goalName({ journey }: PublishedConfig): string {
  const match = journey.stages.find(({ id }) => id === journey.goal)?.match;
  return (match?.type === "track" && match.name) || "Goal Reached";
}
