/** `visibilitychange` is the document's, and passes the window. */
type Events = WindowEventMap & Pick<DocumentEventMap, "visibilitychange">;

/** Listens on `window`: names in the page can shadow what is asked of `document` (S7). */
export type Listen = <E extends keyof Events>(
  type: E,
  handler: (event: Events[E]) => void,
  phase?: "capture" | "bubble",
) => void;

/** Listeners that end with `signal`, are never waited for by scrolling, and whose errors stay with us. */
export function createListen(signal: AbortSignal, log: (...what: unknown[]) => void): Listen {
  return (type, handler, phase = "bubble") => {
    const guarded = (event: Event) => {
      try {
        handler(event as Events[typeof type]);
      } catch (error) {
        log(error);
      }
    };
    window.addEventListener(type, guarded, { capture: phase === "capture", passive: true, signal });
  };
}
