/** The npm package: puts the script tag on the page and gives typed calls. The tag itself always comes from the edge. */
import type { Waypost } from "./public-api.ts";

export type { ConsentState, PageDecision, PageEvents, Properties, Waypost } from "./public-api.ts";

export interface LoadOptions {
  /** The site's public key. */
  site: string;
  /** URL of the tag. Default: `/_w/waypost.js`, the first-party install. */
  src?: string;
  /** Another edge than the one that `src` comes from. */
  host?: string;
  worker?: "same-origin" | "blob" | "off";
  /** SRI digest of a pinned tag: `npm run integrity` prints it. */
  integrity?: string;
  /** For a policy that allows scripts by nonce. */
  nonce?: string;
  debug?: boolean;
}

type Queue = unknown[] & Partial<Waypost>;

/**
 * Loads Waypost, once a page however often it is called, and gives its API. Where there is no document (a server that
 * renders the page) it loads nothing, and every call does nothing.
 */
export function load(options: LoadOptions): Waypost {
  const queue = () => (globalThis as { waypost?: Queue }).waypost;
  if (typeof document !== "undefined" && !document.querySelector(`script[data-site="${CSS.escape(options.site)}"]`)) {
    (globalThis as { waypost?: Queue }).waypost ??= [];
    try {
      document.head.append(tagFor(options));
    } catch {
      // Where Trusted Types are required no code may make a script: such a page has the tag in its HTML.
    }
  }
  const call =
    (name: string) =>
    (...args: unknown[]) =>
      void queue()?.push([name, ...args]);
  return {
    track: call("track"),
    page: call("page"),
    identify: call("identify"),
    group: call("group"),
    alias: call("alias"),
    goal: call("goal"),
    reset: call("reset"),
    ready: call("ready"),
    on: call("on"),
    once: call("once"),
    off: call("off"),
    debug: call("debug"),
    why: () => queue()?.why?.() ?? null,
    consent: {
      get: () => queue()?.consent?.get() ?? { rev: 0, purposes: [], decided: false },
      set: call("consent.set"),
      open: call("consent.open"),
    },
  };
}

function tagFor(options: LoadOptions): HTMLScriptElement {
  const { site, src = "/_w/waypost.js", host, worker, integrity, nonce, debug } = options;
  const tag = document.createElement("script");
  tag.async = true;
  tag.dataset.site = site;
  if (host) tag.dataset.host = host;
  if (worker) tag.dataset.worker = worker;
  if (debug) tag.dataset.debug = "";
  if (nonce) tag.nonce = nonce;
  if (integrity) {
    tag.integrity = integrity;
    tag.crossOrigin = "anonymous";
  }
  tag.src = src;
  return tag;
}
