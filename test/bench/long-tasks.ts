import { setTimeout as sleep } from "node:timers/promises";
import type { CDPSession } from "playwright-core";
import { openAndDrive, type Returning } from "./visit.ts";

/** What a script runs in one task of the main thread, CPU ms: the longest, and how many are above the bound. */
export interface LongTasks {
  longestMs: number;
  over: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** µs by the wall, and of the thread's own CPU time. */
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"];
/** Entries into script, in the trace's words. The page's own code is a few lines; the control shows what they are. */
const SCRIPT = /^(EvaluateScript|FunctionCall|V8\.RunMicrotasks|RunMicrotasks|v8\.compile.*|v8\.evaluateModule)$/;

/** One visit under a trace, which costs time itself: so it is not the visit whose CPU is counted. */
export async function traceVisit({ context, host }: Returning, slowdown: number, boundMs: number): Promise<LongTasks> {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await cdp.send("Tracing.start", {
    transferMode: "ReturnAsStream",
    traceConfig: { includedCategories: CATEGORIES },
  });
  await openAndDrive(page, cdp, host);
  await sleep(500);
  const perTaskMs = scriptPerTask(await endTrace(cdp));
  await page.close();
  return { longestMs: Math.max(0, ...perTaskMs), over: perTaskMs.filter((ms) => ms > boundMs).length };
}

async function endTrace(cdp: CDPSession): Promise<TraceEvent[]> {
  const complete = new Promise<string>((resolve) =>
    cdp.once("Tracing.tracingComplete", ({ stream }) => resolve(stream ?? "")),
  );
  await cdp.send("Tracing.end");
  const handle = await complete;
  let json = "";
  for (let eof = false; !eof; ) {
    const chunk = await cdp.send("IO.read", { handle, size: 1 << 20 });
    json += chunk.data;
    eof = chunk.eof;
  }
  return (JSON.parse(json) as { traceEvents: TraceEvent[] }).traceEvents;
}

/** CPU ms of script in each task of the page's main thread: the outermost entries into script that the task holds. */
function scriptPerTask(events: TraceEvent[]): number[] {
  const threads = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const onMain = threads.map(({ pid, tid }) =>
    events.filter((event) => event.pid === pid && event.tid === tid && event.ph === "X").sort((a, b) => a.ts - b.ts),
  );
  const scripted = onMain.map((own) => own.filter(({ name }) => SCRIPT.test(name)));
  // A browser keeps a renderer in reserve: the page's is the one that ran its script.
  const page = scripted.reduce((most, one, i) => (one.length > (scripted[most] ?? []).length ? i : most), 0);
  const tasks = (onMain[page] ?? []).filter(({ name }) => name === "RunTask");
  const sums = new Array<number>(tasks.length).fill(0);
  let task = 0;
  let endedUs = 0;
  for (const { ts, dur = 0, tdur = 0 } of scripted[page] ?? []) {
    if (ts < endedUs) continue;
    endedUs = ts + dur;
    while (task < tasks.length && (tasks[task] as TraceEvent).ts + ((tasks[task] as TraceEvent).dur ?? 0) < ts) task++;
    if (task < tasks.length) sums[task] = (sums[task] ?? 0) + tdur / 1000;
  }
  return sums;
}
