/**
 * The sources chunk: what capture notes of a page beyond its views and the calls of its API. Loaded beside the capture
 * chunk; what a visitor clicked meanwhile was kept by the tag.
 */
import { HANDOVER_PARAMETER } from "../../models/handover.ts";
import type { CaptureConfig } from "../../models/site-config.ts";
import type { Props } from "../../models/touchpoint.ts";
import type { PageContext } from "../context.ts";
import { forgetOpen } from "../forget-open.ts";
import { captureClicks } from "./click.ts";
import { captureCopies } from "./copy.ts";
import { captureEngagement } from "./engagement.ts";
import { captureErrors } from "./error.ts";
import { Forms } from "./form.ts";
import { watchClicks } from "./friction.ts";
import type { Listen } from "./listen.ts";
import type { Recorder } from "./recorder.ts";
import { captureTurns } from "./turn.ts";

/** A click that came before this chunk did. */
export interface EarlyClick {
  path: EventTarget[];
  /** `performance.now()` of the click. */
  perfMs: number;
}

/**
 * Called when a view ends: "leave" as the page goes out of sight (it may come back), "view" just before another view of
 * the same document is recorded. What it returns becomes properties of that `leave` or `page`.
 */
export type Ending = (why: "leave" | "view") => Props;

export interface SourceParts {
  config: CaptureConfig;
  record: Recorder;
  /** Listens until capture stops. */
  listen: Listen;
  /** Aborted when capture stops. */
  signal: AbortSignal;
  log: (...what: unknown[]) => void;
  load: PageContext["load"];
  atEnding: (ending: Ending) => void;
}

/** What a configuration in the browser's cache lacks that is older than this script. */
const OLDEST = { friction: { rage: false, dead: false, error: false, uTurn: false, struggle: false } } as const;

/** What the capture chunk gives: the rest is in the page's context. */
export interface GivenParts extends Omit<SourceParts, "config" | "log" | "load"> {
  context: PageContext;
}

/** Starts every source that the site has switched on. */
export function startSources({ context, ...given }: GivenParts, early: readonly EarlyClick[]): void {
  const { log, load, permits } = context;
  // Withdrawn in another tab, while this one was elsewhere.
  if (!permits("personalization")) forgetOpen();
  const config: CaptureConfig = { ...OLDEST, ...(context.config.capture as Partial<CaptureConfig> as CaptureConfig) };
  const parts = { ...given, config, log, load };
  if (context.config.handOver || location.search.includes(HANDOVER_PARAMETER)) {
    load("handover")
      .then(({ startHandover }) => given.signal.aborted || startHandover({ ...given, context }))
      .catch(log);
  }
  const { uTurn, struggle } = config.friction;
  const friction = watchClicks(parts);
  const safe: SourceParts = {
    ...parts,
    atEnding: (ending) =>
      parts.atEnding((why) => {
        try {
          return ending(why);
        } catch (error) {
          log(error);
          return {};
        }
      }),
  };
  const forms = config.forms || struggle ? new Forms(safe) : null;
  captureClicks(parts, early, (clicked, event) => {
    if (clicked.element) forms?.tried();
    friction.clicked(clicked, event);
  });
  captureEngagement(safe);
  if (config.copies) captureCopies(parts);
  if (config.errors || config.friction.error) captureErrors(parts, friction.failed);
  if (uTurn) captureTurns(uTurn, safe);
  if (config.vitals) whenIdle(() => startVitals(safe).catch(log));
}

async function startVitals(parts: SourceParts): Promise<void> {
  if (parts.signal.aborted) return;
  const { captureVitals } = await parts.load("vital");
  if (!parts.signal.aborted) captureVitals(parts);
}

/** After the page has loaded, when it has nothing else to do; some browsers cannot say when that is. */
function whenIdle(task: () => void): void {
  const wait = () => ("requestIdleCallback" in window ? requestIdleCallback(task) : setTimeout(task));
  if (document.readyState === "complete") wait();
  else addEventListener("load", wait, { once: true });
}
