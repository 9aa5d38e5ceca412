import type { Props } from "../../models/touchpoint.ts";
import type { Listen } from "./listen.ts";
import type { Recorder } from "./recorder.ts";

interface Leaving {
  listen: Listen;
  /** What is told of the view that ends. */
  ending: () => Props;
  /** Called after it, in the same task: the last that is certain. */
  flush: () => void;
}

/**
 * One `leave` each time that the page goes out of sight: closed, navigated away, or hidden behind another tab. Some
 * browsers say only one of the two, so the first counts.
 */
export function captureLeave(record: Recorder, { listen, ending, flush }: Leaving): void {
  let away = false;
  const onAway = () => {
    if (!away) record({ type: "leave", name: "", props: ending() });
    away = true;
    flush();
  };
  const onBack = () => {
    away = false;
  };
  const onVisibility = () => (document.visibilityState === "hidden" ? onAway() : onBack());
  listen("visibilitychange", onVisibility);
  listen("pagehide", onAway);
  listen("pageshow", onBack);
}
