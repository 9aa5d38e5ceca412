import type { PageEvents } from "./public-api.ts";

type Listener = (detail: unknown) => void;

export interface Emitter {
  on: (event: unknown, listener: unknown) => void;
  once: (event: unknown, listener: unknown) => void;
  off: (event: unknown, listener: unknown) => void;
  /** Gives how many listened. */
  emit: <E extends keyof PageEvents>(event: E, detail: PageEvents[E]) => number;
}

/** Listeners of the page. One that throws stops neither the others nor us. */
export function createEmitter(log: (...what: unknown[]) => void): Emitter {
  const listeners = new Map<unknown, Map<unknown, Listener>>();
  const off = (event: unknown, listener: unknown) => void listeners.get(event)?.delete(listener);
  const add = (event: unknown, given: unknown, listener: unknown) => {
    if (typeof given !== "function") return;
    const known = listeners.get(event) ?? new Map();
    listeners.set(event, known.set(given, listener));
  };
  return {
    off,
    on: (event, listener) => add(event, listener, listener),
    once: (event, listener) =>
      add(event, listener, (detail: unknown) => {
        off(event, listener);
        (listener as Listener)(detail);
      }),
    emit: (event, detail) => {
      const heard = [...(listeners.get(event)?.values() ?? [])];
      return heard.map((listener) => {
        try {
          return listener(detail);
        } catch (error) {
          return log(error);
        }
      }).length;
    },
  };
}
