/** The capture chunk: loaded after the grant of `analytics`, ended in the task of its withdrawal. */
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { Decision } from "../../models/wire.ts";
import type { Asking } from "../asking.ts";
import { createClock } from "../clock.ts";
import type { Capture, PageContext } from "../context.ts";
import { Outbox } from "../outbox.ts";
import { Sync } from "../sync.ts";
import { recordCall } from "./call.ts";
import { captureClicks } from "./click.ts";
import { captureForms } from "./form.ts";
import { captureLeave } from "./leave.ts";
import { createListen } from "./listen.ts";
import { capturePages } from "./page.ts";
import { createRecorder, type Observed } from "./recorder.ts";

/** Starts capture on this page, under a stream of its own. */
export function start(context: PageContext): Capture {
  const { config, log } = context;
  const ending = new AbortController();
  const { signal } = ending;
  const listen = createListen(signal, log);
  const clock = createClock();
  const outbox = new Outbox(context.randomId(8), context.durable);
  /** Null while nothing can be asked; until its chunk has come, the list of what happened since. */
  let asking: Asking | Touchpoint[] | null = null;
  let last: Decision | null = null;

  const sync = new Sync(context, outbox, clock, {
    features(features) {
      const later = outbox.own().map(({ touchpoint }) => touchpoint);
      if (isThere(asking)) asking.replace(features, later);
    },
    decision(decision, leftMs) {
      last = decision;
      context.emit("decision", decision);
      if (decision.verdict === "show" && isThere(asking)) asking.show(decision, leftMs).catch(log);
    },
  });
  const { record, drain } = createRecorder(clock, context.stamp, (touchpoint, stamp) => {
    if (signal.aborted) return;
    outbox.add(touchpoint, stamp);
    if (isThere(asking)) asking.add(touchpoint);
    else asking?.push(touchpoint);
    sync.wake();
  });

  function report(outcome: Observed): void {
    record(outcome);
    drain();
    sync.flush();
  }

  function leave(): void {
    drain();
    sync.flushLeaving();
  }

  function consentChanged(): void {
    if (!context.permits("scoring")) outbox.keep("features", null);
    const wanted = config.triggers.length > 0 && context.permits("personalization");
    if (!wanted) stopAsking();
    else if (isThere(asking)) asking.consentChanged();
    else if (!asking) startAsking().catch(log);
  }

  async function startAsking(): Promise<void> {
    const since: Touchpoint[] = [];
    asking = since;
    const chunk = await import("../asking.ts");
    if (asking !== since) return;
    const started = new chunk.Asking({ context, clock, outbox, sync, report });
    asking = started;
    for (const touchpoint of since) started.add(touchpoint);
  }

  function stopAsking(): void {
    if (isThere(asking)) asking.stop();
    asking = null;
    last = null;
  }

  consentChanged();
  capturePages(record, context.sinceMs, { listen, signal });
  if (config.capture.clicks) captureClicks(record, listen);
  if (config.capture.forms) captureForms(record, listen);
  captureLeave(record, leave, listen);
  listen("online", () => sync.resume());
  sync.start().catch(log);

  return {
    call: (call) => recordCall(call, record, config),
    consentChanged,
    why: () => last,
    flush: leave,
    stop() {
      ending.abort();
      stopAsking();
      sync.stop();
      outbox.close();
    },
  };
}

function isThere(asking: Asking | Touchpoint[] | null): asking is Asking {
  return asking !== null && !Array.isArray(asking);
}
