import type { Setting, WorkerMode } from "./context.ts";

/**
 * Reads the tag's attributes; null where there is no usable tag. The base is the folder of the tag's own `src`, so that
 * a first-party install (`/_w/waypost.js`) asks nothing elsewhere, or `data-host`.
 */
export function readSetting(): Setting | null {
  const script = ownScript();
  const site = script?.dataset.site;
  if (!script || !site) return null;
  const { host, worker, nonce = "", debug } = script.dataset;
  const base = host ? new URL(host.replace(/\/?$/, "/"), location.href) : new URL(".", script.src);
  return {
    site,
    base: base.href,
    nonce: script.nonce || nonce,
    worker: workerMode(worker, base),
    credentials: base.origin === location.origin ? "same-origin" : "omit",
    hash: location.hash,
    debug: debug !== undefined && debug !== "false",
  };
}

/** A tag manager can leave `currentScript` null. Nothing that a page has named can stand in for it (S7): own-document.ts. */
function ownScript(): HTMLScriptElement | null {
  const { currentScript } = document;
  return currentScript?.dataset.site
    ? (currentScript as HTMLScriptElement)
    : document.querySelector<HTMLScriptElement>("script[data-site]");
}

/** A worker from another origin always throws, and a `blob:` one is tried only where the site said that it may be. */
function workerMode(asked: string | undefined, base: URL): WorkerMode {
  if (asked !== "off" && base.origin === location.origin) return "same-origin";
  return asked === "blob" ? asked : "off";
}
