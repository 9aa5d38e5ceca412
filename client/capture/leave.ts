import type { Listen } from "./listen.ts";
import type { Recorder } from "./recorder.ts";

/**
 * One `leave` each time that the page goes out of sight: closed, navigated away, or hidden behind another tab. Some
 * browsers say only one of the two, so the first counts. `flush` follows in the same task, the last that is certain.
 */
export function captureLeave(record: Recorder, flush: () => void, listen: Listen): void {
  let away = false;
  const onAway = () => {
    if (!away) record({ type: "leave", name: "" });
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
