import type { GuardedBrowser } from "../harness/browser.ts";
import { waitFor } from "../harness/wait-for.ts";
import type { Contender } from "./contenders.ts";
import type { Host } from "./host.ts";
import { type LongTasks, traceVisit } from "./long-tasks.ts";
import { median } from "./median.ts";
import { trackTimes } from "./track-time.ts";
import { type Cost, type FirstVisit, measureVisit, returningVisitor } from "./visit.ts";

/** All that the visits of one contender gave, a value a round. */
export interface Visits {
  costs: Cost[];
  first: FirstVisit;
  /** At full speed against 16 ms, and at a quarter of it against 50 ms. */
  tasks: { full: LongTasks[]; slow: LongTasks[] };
  /** µs of single calls. */
  track: { full: number[]; slow: number[] };
}

/** Budgets of single tasks, ms, and the slowdown that stands for a cheap phone. */
const TASK_MS = { full: 16, slow: 50 };
const SLOWDOWN = 4;

/** Rounds of one visit of each contender, in an order that turns; the first `traced` rounds also look at tasks. */
export async function measureVisits(
  browser: GuardedBrowser,
  contenders: readonly Contender[],
  { rounds, traced, say }: { rounds: number; traced: number; say: (what: string) => void },
): Promise<Map<Contender, Visits>> {
  const all = new Map<Contender, Visits>();
  for (let round = 0; round < rounds; round++) {
    say(`visits, round ${round + 1} of ${rounds}`);
    const turn = round % contenders.length;
    for (const contender of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
      await measureOne(browser, contender, all, round < traced);
    }
  }
  return all;
}

async function measureOne(
  browser: GuardedBrowser,
  contender: Contender,
  all: Map<Contender, Visits>,
  isTraced: boolean,
): Promise<void> {
  const visitor = await returningVisitor(browser, contender, contender.hosts[0] as Host);
  const { page, cdp, host, first } = visitor;
  const from = host.taken.length;
  const known = all.get(contender);
  const visits = known ?? { costs: [], first, tasks: { full: [], slow: [] }, track: { full: [], slow: [] } };
  all.set(contender, visits);
  visits.costs.push(await measureVisit(visitor));
  visits.track.full.push(...(await trackTimes(page, cdp, 1)));
  visits.track.slow.push(...(await trackTimes(page, cdp, SLOWDOWN)));
  await page.close();
  await expectClicks(contender, () => host.taken.slice(from));
  if (isTraced) {
    visits.tasks.full.push(await traceVisit(visitor, 1, TASK_MS.full));
    visits.tasks.slow.push(await traceVisit(visitor, SLOWDOWN, TASK_MS.slow));
  }
  await visitor.close();
}

/** Fails where a contender did not note the clicks of the visit: what does nothing costs nothing. */
async function expectClicks({ click }: Contender, taken: () => Host["taken"]): Promise<void> {
  const noted = () => taken().reduce((sum, { collect, text }) => sum + (collect ? count(text, click) : 0), 0);
  await waitFor(noted, (clicks) => !click || clicks >= 20);
}

function count(text: string, what: RegExp | null): number {
  return what ? [...text.matchAll(what)].length : 0;
}

/** One line of the table; all but the control's are what comes on top of the control. */
export interface VisitFigures {
  contender: string;
  /** Main thread, ms, and as a ratio to the control of the same round. */
  cpuMs: number;
  cpuRatio: number;
  /** The worst task of each traced round, median; and how many were over the budget in all of them. */
  longestMs: { full: number; slow: number };
  over: { full: number; slow: number };
  scriptBytes: number;
  requests: { beforeChoice: number; visit: number };
  heapBytes: number;
  trackUs: { full: number; slow: number };
  trackP95Us: { full: number; slow: number };
}

export function visitFigures(all: ReadonlyMap<Contender, Visits>): VisitFigures[] {
  const control = [...all].find(([{ name }]) => name === "control")?.[1] as Visits;
  return [...all].map(([{ name }, { costs, first, tasks, track }]) => {
    const added = (of: (cost: Cost) => number) =>
      median(costs.map((cost, i) => of(cost) - (name === "control" ? 0 : of(control.costs[i] as Cost))));
    const both = <T>(of: (speed: "full" | "slow") => T) => ({ full: of("full"), slow: of("slow") });
    return {
      contender: name,
      cpuMs: added(({ cpuMs }) => cpuMs),
      cpuRatio: median(costs.map(({ cpuMs }, i) => cpuMs / (control.costs[i] as Cost).cpuMs)),
      longestMs: both((speed) => median(tasks[speed].map(({ longestMs }) => longestMs))),
      over: both((speed) => tasks[speed].reduce((sum, { over }) => sum + over, 0)),
      scriptBytes: first.scriptBytes,
      requests: { beforeChoice: first.requests, visit: median(costs.map(({ requests }) => requests)) },
      heapBytes: added(({ heapBytes }) => heapBytes),
      trackUs: both((speed) => median(track[speed])),
      trackP95Us: both((speed) => quantile(track[speed], 0.95)),
    };
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}
