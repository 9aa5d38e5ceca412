import { guarded } from "./guarded.ts";
import type { SourceParts } from "./sources.ts";

/** How often the scroll position is looked at while a page scrolls, in ms. */
const LOOK_MS = 250;

/**
 * How long a view was in sight and how far down it was seen, on its `leave` (so far: the last of a view says all), and on
 * the page view that follows it in the same document.
 */
export function captureEngagement({ listen, signal, log, atEnding }: SourceParts): void {
  let visibleMs = 0;
  let sinceMs = performance.now();
  let hidden = isHidden();
  /** 0..100 of the page's height. */
  let scrollPercent = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function count(): void {
    const nowMs = performance.now();
    if (!hidden) visibleMs += nowMs - sinceMs;
    sinceMs = nowMs;
    hidden = isHidden();
  }

  /** After the frame's layout, so that asking costs none. */
  function look(): void {
    timer ??= setTimeout(() => requestAnimationFrame(guarded(read, log)), LOOK_MS);
  }

  function read(): void {
    timer = undefined;
    const { scrollHeight } = document.documentElement;
    const seen = (100 * (scrollY + innerHeight)) / Math.max(scrollHeight, 1);
    if (!signal.aborted) scrollPercent = Math.max(scrollPercent, Math.min(100, Math.round(seen)));
  }

  function begin(): void {
    visibleMs = 0;
    sinceMs = performance.now();
    hidden = isHidden();
    scrollPercent = 0;
    look();
  }

  listen("visibilitychange", count);
  listen("scroll", look);
  listen("pageshow", ({ persisted }) => persisted && begin());
  atEnding((why) => {
    // When a view follows, its page may stand there already.
    if (why === "leave" && timer !== undefined) read();
    count();
    const seenMs = Math.round(visibleMs);
    const seenPercent = scrollPercent;
    if (why === "leave") return { visibleMs: seenMs, scrollPercent };
    begin();
    return { previousVisibleMs: seenMs, previousScrollPercent: seenPercent };
  });
  begin();
}

function isHidden(): boolean {
  return document.visibilityState === "hidden";
}
