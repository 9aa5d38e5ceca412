import { scrubText } from "../scrub.ts";
import type { Listen } from "./listen.ts";
import type { Recorder } from "./recorder.ts";

interface Life {
  listen: Listen;
  signal: AbortSignal;
}

/**
 * A page view now, and one whenever the path changes: by pushState, replaceState, the back button, or a page that the
 * browser takes back from its memory. `sinceMs`: `performance.now()` of the first.
 */
export function capturePages(record: Recorder, sinceMs: number, { listen, signal }: Life): void {
  let path = location.pathname;
  const view = (perfMs = performance.now()) => record({ type: "page", name: pageName(), perfMs });
  const onMove = () => {
    if (signal.aborted || location.pathname === path) return;
    path = location.pathname;
    view();
  };
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) view();
  };
  for (const method of ["pushState", "replaceState"] as const) watch(method, onMove, signal);
  listen("popstate", onMove);
  listen("pageshow", onShow);
  view(sinceMs);
}

/** A page that has an element named "title" answers with that element (S7). */
export function pageName(): string {
  const title: unknown = document.title;
  return typeof title === "string" ? scrubText(title) : "";
}

/**
 * Calls `then` after the page called a method of its history. Given back where nobody wrapped it after us; otherwise
 * our part of the chain has nothing to do once `signal` is aborted.
 */
function watch(method: "pushState" | "replaceState", then: () => void, signal: AbortSignal): void {
  const original = history[method];
  const watched: typeof original = function (this: History, ...args) {
    original.apply(this, args);
    try {
      then();
    } catch {
      // the page's navigation is done: what we make of it must not undo it
    }
  };
  history[method] = watched;
  signal.addEventListener("abort", () => {
    if (history[method] === watched) history[method] = original;
  });
}
