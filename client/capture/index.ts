/** The capture chunk: loaded after the grant of `analytics`, ended in the task of its withdrawal. */
import { permits } from "../../models/consent.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { Decision } from "../../models/wire.ts";
import { createAsker } from "../asker.ts";
import { createClock } from "../clock.ts";
import type { Capture, PageContext } from "../context.ts";
import { Outbox } from "../outbox.ts";
import type { Presenter } from "../present.ts";
import { randomId } from "../random-id.ts";
import { ScoringGate } from "../scoring-gate.ts";
import { type Sent, Sync } from "../sync.ts";
import { recordCall } from "./call.ts";
import { captureClicks } from "./click.ts";
import { captureForms } from "./form.ts";
import { captureLeave } from "./leave.ts";
import { createListen } from "./listen.ts";
import { capturePages } from "./page.ts";
import { createRecorder } from "./recorder.ts";

/** Starts capture on this page, under a stream of its own. */
export function start(context: PageContext): Capture {
  const { config, log } = context;
  const ending = new AbortController();
  const { signal } = ending;
  const listen = createListen(signal, log);
  const stream = randomId(8);
  const clock = createClock();
  const outbox = new Outbox(context.durable);
  let presenter: Promise<Presenter> | null = null;
  let last: Decision | null = null;

  const sync = new Sync(context, outbox, clock, {
    features: (features) => scoring.replace(features, ownUnsent()),
    decision: (decision, sent) => {
      last = decision;
      log("decision", decision);
      context.emit("decision", decision);
      if (decision.verdict === "show") present(decision, sent).catch(log);
    },
  });
  const asker = createAsker(context, clock, (ask) => sync.ask(ask));
  const scoring = new ScoringGate({ context, clock, outbox, cross: asker.cross });
  const record = createRecorder(clock, (touchpoint) => {
    if (signal.aborted) return;
    outbox.add({ stream, touchpoint, stamp: context.stamp() });
    scoring.add(touchpoint);
    asker.see(touchpoint);
    sync.wake();
  });
  const ownUnsent = (): Touchpoint[] =>
    outbox.entries.filter((entry) => entry.stream === stream).map(({ touchpoint }) => touchpoint);

  async function present(decision: Decision, sent: Sent): Promise<void> {
    presenter ??= import("../present.ts").then(({ Presenter }) => new Presenter({ context, signal, record, sync }));
    await (await presenter).consider(decision, sent);
  }

  capturePages(record, context.sinceMs, { listen, signal });
  if (config.capture.clicks) captureClicks(record, listen);
  if (config.capture.forms) captureForms(record, listen);
  captureLeave(record, () => sync.flushLeaving(), listen);
  listen("online", () => sync.resume());
  sync.start().catch(log);
  scoring.consentChanged();

  return {
    call: (call) => recordCall(call, record, config),
    why: () => last,
    flush: () => sync.flushLeaving(),
    consentChanged() {
      scoring.consentChanged();
      if (!permits(context.stamp(), "personalization")) last = null;
    },
    stop() {
      ending.abort();
      scoring.stop();
      sync.stop();
      outbox.close();
    },
  };
}
