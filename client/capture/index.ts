/** The capture chunk: loaded after the grant of `analytics`, ended in the task of its withdrawal. */
import type { Proof } from "../../models/identity.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { Asking } from "../asking.ts";
import { createClock } from "../clock.ts";
import type { Capture, PageContext } from "../context.ts";
import { Outbox } from "../outbox.ts";
import { PREVIEW } from "../preview.ts";
import { Sync } from "../sync.ts";
import { recordCall } from "./call.ts";
import { captureLeave } from "./leave.ts";
import { createListen } from "./listen.ts";
import { capturePages, type Pages } from "./page.ts";
import { createRecorder, type Observed, type Recorder } from "./recorder.ts";
import type { EarlyClick, Ending } from "./sources.ts";

/** Clicks kept for a chunk that is slow to come. */
const EARLY_MAX = 50;

/** Starts capture on this page, under a stream of its own. */
export function start(context: PageContext): Capture {
  const { config, log } = context;
  const life = new AbortController();
  const { signal } = life;
  const listen = createListen(signal, log);
  const clock = createClock();
  const outbox = new Outbox(context);
  /** Null while nothing can be asked; until its chunk has come, the list of what happened since. */
  let asking: Asking | Touchpoint[] | null = null;

  const sync = new Sync(context, outbox, clock, {
    features: (features) => isThere(asking) && asking.replace(features),
    decision: (decision, leftMs) => isThere(asking) && asking.decided(decision, leftMs),
  });
  const recording = createRecorder(clock, context.gate, (touchpoint, stamp) => {
    if (signal.aborted) return;
    outbox.add(touchpoint, stamp);
    if (isThere(asking)) asking.add(touchpoint);
    else asking?.push(touchpoint);
    sync.wake();
  });
  let pages: Pages | undefined;
  /** Address of the view that is ending just now: what is told of its end happened there, not where the page is by now. */
  let endedHref: string | undefined;
  const record: Recorder = (observed) => {
    pages?.settle();
    recording.record(endedHref === undefined ? observed : { ...observed, href: endedHref });
  };

  const endings: Ending[] = [];
  const ending = (why: Parameters<Ending>[0], href?: string) => {
    endedHref = href;
    const props = Object.assign({}, ...endings.map((end) => end(why)));
    endedHref = undefined;
    return props;
  };
  /** Clicks that the tag kept; null once the sources hear them themselves. */
  let early: EarlyClick[] | null = [];

  async function startSources(): Promise<void> {
    const sources = await context.load("sources");
    if (signal.aborted || !early) return;
    const atEnding = (end: Ending) => endings.push(end);
    sources.startSources({ context, record, listen, signal, atEnding }, early);
    early = null;
  }

  /** A chunk that did not come: what was kept for it goes, and the page goes on without. */
  function failed(then: () => void): (error: unknown) => void {
    return (error) => {
      log(error);
      then();
    };
  }

  function report(outcome: Observed): void {
    record(outcome);
    recording.drain();
    sync.flush();
  }

  function flush(): void {
    recording.drain();
    sync.flushLeaving();
  }

  function consentChanged(): void {
    if (!context.permits("scoring")) outbox.keep("features", null);
    const wanted = (config.triggers[0] || context.setting.hash.includes(PREVIEW)) && context.permits("personalization");
    if (!wanted) stopAsking();
    else if (isThere(asking)) asking.consentChanged();
    else if (!asking) startAsking().catch(failed(stopAsking));
  }

  async function startAsking(): Promise<void> {
    const since: Touchpoint[] = [];
    asking = since;
    const chunk = await context.load("asking");
    if (asking !== since) return;
    const started = new chunk.Asking({ context, clock, outbox, sync, report });
    asking = started;
    for (const touchpoint of since) started.add(touchpoint);
  }

  function stopAsking(): void {
    if (isThere(asking)) asking.stop();
    asking = null;
  }

  consentChanged();
  pages = capturePages(recording.record, context.sinceMs, {
    listen,
    signal,
    // An edge that is older than this page knows of none.
    query: config.capture.query ?? [],
    permits: context.permits,
    ending: (href) => ending("view", href),
  });
  captureLeave(record, { listen, flush, ending: () => ending("leave") });
  startSources().catch(
    failed(() => {
      early = null;
    }),
  );
  listen("online", () => sync.resume());
  // Another tab may have ended meanwhile: what it left goes with this page's next batch.
  listen("visibilitychange", () => document.visibilityState === "visible" && outbox.recover().catch(log));
  sync.start().catch(log);

  return {
    call(call) {
      if (call.name === "click")
        early = early?.concat({ path: call.args, perfMs: call.perfMs }).slice(-EARLY_MAX) ?? null;
      else {
        const [user, , proof] = call.args;
        // Whether it proves anything is for the edge to judge.
        if (call.name === "identify" && proof) sync.proof = { user: `${user}`, token: `${(proof as Proof).token}` };
        recordCall(call, record, config);
      }
    },
    consentChanged,
    why: () => (isThere(asking) ? asking.last : null),
    flush,
    stop() {
      life.abort();
      stopAsking();
      outbox.close();
      return sync.stop();
    },
  };
}

function isThere(asking: Asking | Touchpoint[] | null): asking is Asking {
  return asking !== null && !Array.isArray(asking);
}
