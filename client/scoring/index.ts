/** The scoring chunk: runs the engine in a worker, or where the site allows none, on the main thread. */
import { wrap } from "comlink";
import type { FeatureState } from "../../models/features.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { PageClock } from "../clock.ts";
import type { PageContext } from "../context.ts";
import type { ChunkFile } from "../load-chunk.ts";
import type { Outbox } from "../outbox.ts";
import type { Crossing, Step } from "./scorer.ts";
import type { Engine, Start } from "./worker.ts";

/** Stall is also not acting: without a touchpoint the score is looked at again this often. */
const TICK_MS = 1_000;

export interface ScoringParts {
  context: PageContext;
  clock: PageClock;
  outbox: Outbox;
  cross: (crossing: Crossing) => void;
  /** Ends what is still starting. */
  signal: AbortSignal;
}

export interface Scoring {
  add: (touchpoint: Touchpoint) => void;
  replace: (features: FeatureState, later: Touchpoint[]) => void;
  stop: () => void;
}

/** The engine wherever it runs. Each call answers with the features after it and the bands that were crossed. */
interface Running {
  add: (touchpoints: Touchpoint[], now: number) => Promise<Step | undefined>;
  replace: (features: FeatureState, later: Touchpoint[], now: number) => Promise<Step | undefined>;
  tick: (now: number) => Promise<Step | undefined>;
  end: () => void;
}

/** Starts scoring from the features that an earlier page left. Rejects where no engine can start. */
export async function startScoring(parts: ScoringParts, features: FeatureState | undefined): Promise<Scoring> {
  const { context, clock, outbox, cross, signal } = parts;
  const { journey, triggers, thresholds, models, engine: asked } = context.config;
  const start: Start = {
    base: context.setting.base,
    config: { journey, triggers, thresholds, models, engine: asked },
    ...(features ? { features } : {}),
  };
  const engine = await startEngine(context, start, signal);
  let stopped = false;
  const take = (step: Promise<Step | undefined>, isTick = false) => {
    step
      .then((done) => {
        if (stopped || !done) return;
        if (!isTick) outbox.keep("features", done.features);
        done.crossed.forEach(cross);
      })
      .catch(context.log);
  };
  const tick = () => {
    if (document.visibilityState !== "hidden") take(engine.tick(clock()), true);
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    add: (touchpoint) => take(engine.add([touchpoint], clock())),
    replace: (state, later) => take(engine.replace(state, later, clock())),
    stop() {
      stopped = true;
      clearInterval(timer);
      engine.end();
    },
  };
}

async function startEngine(context: PageContext, start: Start, signal: AbortSignal): Promise<Running> {
  if (context.setting.worker !== "off") {
    try {
      return await startInWorker(context, start, signal);
    } catch (error) {
      signal.throwIfAborted();
      context.log("no worker:", error);
    }
  }
  const { startOnMainThread } = await context.load("main-thread");
  return startOnMainThread(start);
}

async function startInWorker(
  { setting, workerFile }: PageContext,
  start: Start,
  signal: AbortSignal,
): Promise<Running> {
  const file = await workerFile();
  const source = setting.worker === "blob" ? await blobOf(file) : file.url;
  // Withdrawn while the file was looked up: an abort that is past is told to nobody.
  signal.throwIfAborted();
  const worker = new Worker(source, { type: "module" });
  const { port1, port2 } = new MessageChannel();
  signal.addEventListener("abort", () => worker.terminate());
  worker.postMessage(null, [port2]);
  const engine = wrap<Engine>(port1);
  try {
    // A worker that cannot be loaded never answers: it only says so.
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener("error", reject);
      engine.start(start).then(resolve, reject);
    });
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    if (source.startsWith("blob:")) URL.revokeObjectURL(source);
  }
  return { add: engine.add, replace: engine.replace, tick: engine.tick, end: () => worker.terminate() };
}

/**
 * A worker may not come from another origin, but its bytes may. Fetched rather than imported by the blob: so its digest is
 * checked, which no worker's own URL is, and the policy needs to allow no script of that origin. Rejects where it differs.
 */
async function blobOf({ url, integrity }: ChunkFile): Promise<string> {
  const response = await fetch(url, { integrity, credentials: "omit", referrerPolicy: "origin" });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return URL.createObjectURL(new Blob([await response.text()], { type: "text/javascript" }));
}
