import type { PublishedConfig } from "../../models/site-config.ts";
import type { Call } from "../context.ts";
import { pageName } from "./page.ts";
import { type Recorder, scalarsOf } from "./recorder.ts";

/** Turns a call of the page's code into a touchpoint; a name that is no text makes none. Arguments as in the Segment spec. */
export function recordCall({ name, args: [first, second], perfMs }: Call, record: Recorder, config: PublishedConfig): void {
  switch (name) {
    case "track":
      if (isText(first)) record({ type: "track", name: first, props: second, perfMs });
      return;
    case "page":
      // page(), page(name), page(props), page(name, props)
      if (isText(first)) record({ type: "page", name: first, props: second, perfMs });
      else record({ type: "page", name: pageName(), props: first, perfMs });
      return;
    case "identify":
    case "group":
      // identify(id, traits) and identify(traits)
      record(isText(first) ? { type: name, name: first, props: second, perfMs } : { type: name, name: "", props: first, perfMs });
      return;
    case "alias":
      if (isText(first)) record({ type: name, name: first, props: isText(second) ? { previousId: second } : {}, perfMs });
      return;
    case "goal":
      record({ type: "track", name: goalName(config), props: goalProps(first), perfMs });
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The event by which the journey knows its goal, so that `goal()` reaches it; where a page is the goal, a name of ours. */
function goalName({ journey }: PublishedConfig): string {
  const match = journey.stages.find(({ id }) => id === journey.goal)?.match;
  return (match?.type === "track" && match.name) || "Goal Reached";
}

/** goal(49.9) and goal({value: 49.9, currency: "EUR"}) */
function goalProps(value: unknown): object {
  return typeof value === "number" ? { value } : scalarsOf(value);
}
