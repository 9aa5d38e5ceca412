/** `visibilitychange` is the document's, and passes the window. */
type Events = WindowEventMap & Pick<DocumentEventMap, "visibilitychange"> & NavigationEventMap;

/**
 * Listens on `window`, because names in the page can shadow what is asked of `document` (S7), and before the page's own
 * code, which could stop the event. Another `target` is for events that do not pass the window.
 */
export type Listen = <E extends keyof Events>(
  type: E,
  handler: (event: Events[E]) => void,
  target?: EventTarget,
) => void;

/** Listeners that end with `signal`, are never waited for by scrolling, and whose errors stay with us. */
export function createListen(signal: AbortSignal, log: (...what: unknown[]) => void): Listen {
  return (type, handler, target = window) => {
    const guarded = (event: Event) => {
      try {
        handler(event as Events[typeof type]);
      } catch (error) {
        log(error);
      }
    };
    target.addEventListener(type, guarded, { capture: true, passive: true, signal });
  };
}
