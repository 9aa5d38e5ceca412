/** The chunk of triggers that are the page's word alone: loaded by the asking chunk where a live campaign has one. */
import type { PublishedTrigger } from "../models/campaign.ts";
import { findTarget } from "./find-target.ts";

/** Whoever leaves this soon has not looked yet; and this long a visitor stays before what needs no scrolling counts as read. */
const STAY_MS = 5_000;
/** Changes of the page are looked at together, this long after the first. */
const LOOK_AFTER_MS = 200;
/** What happens inside a shadow root or a frame is told to nobody outside. */
const LOOK_INSIDE_MS = 1_000;
/** Half of it is seen, or as much of it as fills half the window: of something tall never half is. */
const SEEN_SHARE = 0.5;
const SEEN_STEPS = Array.from({ length: 51 }, (_, i) => i / 100);

export interface PageTriggersParts {
  triggers: readonly { trigger: PublishedTrigger; on: string }[];
  /** Aborted where nothing may be asked any more. */
  signal: AbortSignal;
  /** When the view of now began, `performance.now()`. */
  viewedMs: () => number;
  fire: (on: string) => void;
  log: (...what: unknown[]) => void;
}

export interface PageTriggers {
  /** Another view has begun: each trigger may fire once more. */
  viewed: () => void;
}

/** Tells the triggers of one view apart from those that have fired in it. */
type Fire = (on: string) => void;

/** Starts what the configuration asks for. Nothing throws into the page. */
export function startPageTriggers({ triggers, signal, viewedMs, fire, log }: PageTriggersParts): PageTriggers {
  const fired = new Set<string>();
  const fireOnce: Fire = (on) => {
    // Nobody sees a hidden page, and nothing is asked for it: what holds then is looked at again when it is seen.
    if (fired.has(on) || signal.aborted || document.visibilityState === "hidden") return;
    fired.add(on);
    fire(on);
  };
  const guarded = (task: () => void) => () => {
    try {
      if (!signal.aborted) task();
    } catch (error) {
      log(error);
    }
  };
  const shares: { on: string; share: number }[] = [];
  const selectors = new Map<string, string>();
  let exits = false;
  for (const { trigger, on } of triggers) {
    if (trigger.kind === "exit") exits = true;
    if (trigger.kind === "scroll") shares.push({ on, share: trigger.share });
    if (trigger.kind === "element") selectors.set(on, trigger.selector);
  }
  if (exits) watchExit({ signal, viewedMs, fire: fireOnce });
  const measure = shares[0] && watchScroll(shares, { signal, fire: fireOnce, guarded });
  const look = selectors.size > 0 && watchElements(selectors, { signal, fired, fire: fireOnce, guarded });
  const again = () => {
    if (measure) measure();
    if (look) look();
  };
  window.addEventListener("visibilitychange", again, { capture: true, signal });
  return {
    viewed: () => {
      fired.clear();
      again();
    },
  };
}

type Guarded = (task: () => void) => () => void;

/** The pointer leaves through the top, as towards the address or the tabs: of a finger nobody can say where it goes. */
function watchExit({ signal, viewedMs, fire }: { signal: AbortSignal; viewedMs: () => number; fire: Fire }): void {
  const onOut = ({ relatedTarget, clientY, buttons }: MouseEvent) => {
    const left = !relatedTarget && clientY <= 0 && buttons === 0;
    if (left && matchMedia("(hover: hover)").matches && performance.now() - viewedMs() >= STAY_MS) fire("exit");
  };
  window.addEventListener("mouseout", onOut, { capture: true, passive: true, signal });
}

/**
 * How much of the page has been seen, from its top to the window's end. What was seen without scrolling counts once the
 * visitor has stayed.
 */
function watchScroll(
  shares: readonly { on: string; share: number }[],
  { signal, fire, guarded }: { signal: AbortSignal; fire: Fire; guarded: Guarded },
): () => void {
  let frame = 0;
  let stay: ReturnType<typeof setTimeout> | undefined;
  const measure = guarded(() => {
    frame = 0;
    // A pixel of grace: a zoomed page ends between two.
    const seenPx = scrollY + innerHeight + 1;
    const { scrollHeight } = document.documentElement;
    for (const { on, share } of shares) if (seenPx >= share * scrollHeight) fire(on);
  });
  const onScroll = () => {
    if (frame === 0) frame = requestAnimationFrame(measure);
  };
  const wait = () => {
    clearTimeout(stay);
    stay = setTimeout(measure, STAY_MS);
  };
  window.addEventListener("scroll", onScroll, { passive: true, signal });
  wait();
  return wait;
}

/** What a selector finds is seen, whenever it comes. Gives what looks again. */
function watchElements(
  selectors: ReadonlyMap<string, string>,
  { signal, fired, fire, guarded }: { signal: AbortSignal; fired: ReadonlySet<string>; fire: Fire; guarded: Guarded },
): () => void {
  const watched = new Map<string, Element>();
  let looking: ReturnType<typeof setTimeout> | undefined;
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio, intersectionRect } of entries) {
        const { width, height } = intersectionRect;
        if (width === 0 || (intersectionRatio < SEEN_SHARE && height < innerHeight * SEEN_SHARE)) continue;
        if (!target.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        for (const [on, element] of watched) if (element === target) fire(on);
      }
    },
    { threshold: SEEN_STEPS },
  );
  const look = guarded(() => {
    looking = undefined;
    // An observer tells anew of what it begins to observe, also where nothing has moved.
    seen.disconnect();
    watched.clear();
    for (const [on, selector] of selectors) {
      const found = fired.has(on) ? null : findTarget(selector);
      if (found) {
        watched.set(on, found);
        seen.observe(found);
      }
      if (!fired.has(on) && selector.includes(" >>> ")) lookIn(LOOK_INSIDE_MS);
    }
  });
  const lookIn = (ms: number) => {
    looking ??= setTimeout(look, ms);
  };
  const changes = new MutationObserver(() => lookIn(LOOK_AFTER_MS));
  changes.observe(document.documentElement, { subtree: true, childList: true, attributes: true });
  signal.addEventListener("abort", () => {
    changes.disconnect();
    seen.disconnect();
    clearTimeout(looking);
  });
  look();
  return () => {
    clearTimeout(looking);
    look();
  };
}
