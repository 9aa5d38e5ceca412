import { errorDetector, rageDetector } from "../../models/friction.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import type { Clicked } from "./click.ts";
import { watchDead } from "./dead.ts";
import { isMadeForRepeating } from "./repeating.ts";
import { selection } from "./selection.ts";
import type { SourceParts } from "./sources.ts";

/** The detectors of clicks, as the sources feed them. */
export interface ClickFriction {
  clicked: (clicked: Clicked, event: MouseEvent) => void;
  /** An error of the page's own code, at a `performance.now()`. */
  failed: (atMs: number) => void;
}

/** Records rage, dead and error clicks, those of them that the site has switched on. */
export function watchClicks(parts: SourceParts): ClickFriction {
  const { rage, dead, error } = parts.config.friction;
  const tell = (type: TouchpointType, { name }: Clicked, why: string) =>
    parts.record({ type, name: name(), props: { why } });
  const raging = rage && rageDetector(rage);
  const failing = error && errorDetector<Clicked>(error);
  const dying = dead && watchDead(dead, parts, (clicked, why) => tell("dead_click", clicked, why));
  let selected = selection();
  return {
    clicked(clicked, event) {
      if (failing) failing.clicked(clicked, performance.now());
      if (dying) dying(clicked, event);
      // A key that is held down clicks as well, and so does the page's own code.
      if (!raging || !event.isTrusted || event.detail === 0) return;
      const before = selected;
      selected = selection();
      const { timeStamp: atMs, clientX: x, clientY: y } = event;
      const why = raging({ atMs, x, y, selects: selected !== "" && selected !== before });
      if (why && !isMadeForRepeating(clicked)) tell("rage_click", clicked, why);
    },
    failed(atMs) {
      const fired = failing ? failing.failed(atMs) : null;
      if (fired) tell("error_click", fired.click, fired.why);
    },
  };
}
