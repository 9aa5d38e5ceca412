import { scrubPath, scrubText } from "../../models/scrub.ts";
import type { Props } from "../../models/touchpoint.ts";
import type { PageContext } from "../context.ts";
import { arrivalProps } from "./arrival.ts";
import type { Listen } from "./listen.ts";
import type { Recorder } from "./recorder.ts";

/**
 * How long a changed address must rest before it is a view. Routers go twice for one step (push, then replace), write
 * the title only afterwards, and some pages write their scroll position into the address with every frame.
 */
const REST_MS = 100;

interface Life {
  listen: Listen;
  signal: AbortSignal;
  /** Query parameters that the site keeps. */
  query: readonly string[];
  permits: PageContext["permits"];
  /** Called before a further view of this document is recorded; gives what is told of the one that ended, at `href`. */
  ending: (href: string) => Props;
}

export interface Pages {
  /** Records a view that waits for its address to rest: whatever else is recorded belongs to it. */
  settle: () => void;
}

/**
 * A page view now, and one whenever the address changes: its path, a query parameter that the site keeps, or a route in
 * its fragment; also when the browser takes the page back from its memory. `sinceMs`: `performance.now()` of the first.
 */
export function capturePages(
  record: Recorder,
  sinceMs: number,
  { listen, signal, query, permits, ending }: Life,
): Pages {
  let moved = address(query);
  let seen = "";
  let { href } = location;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let movedMs = sinceMs;

  const settle = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    if (moved !== seen) view(movedMs, ending(href));
  };
  const view = (perfMs: number, props: Props) => {
    seen = moved;
    href = location.href;
    record({ type: "page", name: pageName(), props: { ...routeProps(query), ...props }, perfMs });
  };
  const onMove = () => {
    moved = address(query);
    if (signal.aborted || moved === seen) return;
    clearTimeout(timer);
    movedMs = performance.now();
    timer = setTimeout(settle, REST_MS);
  };

  const { navigation } = window;
  // A browser without the Navigation API can have an element of that name (S7).
  if (navigation?.currentEntry) listen("currententrychange", onMove, navigation);
  else {
    for (const method of ["pushState", "replaceState"] as const) watch(method, onMove, signal);
    listen("popstate", onMove);
  }
  listen("pageshow", ({ persisted }) => {
    if (persisted) view(performance.now(), {});
  });
  signal.addEventListener("abort", () => clearTimeout(timer));
  view(sinceMs, arrivalProps(permits));
  return { settle };
}

/** A page that has an element named "title" answers with that element (S7). */
export function pageName(): string {
  const title: unknown = document.title;
  return typeof title === "string" ? scrubText(title) : "";
}

/** What makes this address another view than the last. */
function address(query: readonly string[]): string {
  return location.pathname + JSON.stringify(routeProps(query));
}

/** What the URL of a touchpoint lacks of the address: the site's own query parameters, and a route in the fragment. */
function routeProps(query: readonly string[]): Props {
  const props: Props = {};
  if (location.search) {
    const given = new URLSearchParams(location.search);
    for (const name of query) {
      const value = given.get(name);
      if (value !== null) props[`query.${name}`] = scrubText(value);
    }
  }
  // "#/cart" and "#!/cart" are pages of a router; any other fragment is a place on the page, or a secret, and so is a query in it.
  const [, route] = /^#!?(\/[^?#&]*)/.exec(location.hash) ?? [];
  return route ? { ...props, route: scrubPath(route) } : props;
}

/**
 * Calls `then` after the page called a method of its history. Given back where nobody wrapped it after us; otherwise
 * our part of the chain has nothing to do once `signal` is aborted.
 */
function watch(method: "pushState" | "replaceState", then: () => void, signal: AbortSignal): void {
  const original = history[method];
  const wasOwn = Object.hasOwn(history, method);
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
    if (history[method] !== watched) return;
    if (wasOwn) history[method] = original;
    else Reflect.deleteProperty(history, method);
  });
}
