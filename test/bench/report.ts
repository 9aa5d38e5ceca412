import type { FirstScore } from "./first-score.ts";
import type { LossFigures } from "./losses.ts";
import type { NudgeTime } from "./nudge-time.ts";
import type { PEERS } from "./peers.ts";
import type { SentTwice } from "./sent-twice.ts";
import type { VisitFigures } from "./visits.ts";

/** Everything that one run found with a page. */
export interface Results {
  visits: VisitFigures[];
  /** The contenders of the loss tests, in the order of each list in `losses`. */
  senders: string[];
  losses: LossFigures;
  sentTwice: SentTwice;
  firstScore: FirstScore;
  nudge: NudgeTime;
}

/** A promise of DESIGN §9 beside what was measured. */
interface Budget {
  what: string;
  measured: string;
  met: boolean;
}

/** The tables, as lines of text. `peers`: those that ours is compared with. */
export function reportLines(results: Results, peers: typeof PEERS): string[] {
  const { visits, senders, losses } = results;
  return [
    "",
    "One visit: CPU of the main thread and heap added to the control (its own row: all of them), medians of the rounds;",
    "script run by one task in CPU time; script bytes in brotli; requests beside the page itself.",
    ...columns([VISIT_HEAD, ...visits.map(visitRow)]),
    "",
    "Events that reached the collector",
    ...columns([
      ["", ...senders],
      ...Object.entries(losses).map(([loss, tallies]) => [
        loss,
        ...tallies.map(
          ({ delivered, trials, repeated }) => `${delivered} of ${trials}${repeated ? `, ${repeated} repeated` : ""}`,
        ),
      ]),
    ]),
    "",
    "Budgets",
    ...columns(budgets(results, peers).map(({ what, measured, met }) => [what, measured, met ? "met" : "MISSED"])),
  ];
}

const VISIT_HEAD = [
  "",
  "CPU ms",
  "× control",
  "task ms",
  ">16",
  "4×: task ms",
  ">50",
  "script B",
  "requests before/after a choice",
  "heap KB",
  "track() µs median/p95",
  "4×: µs",
];

function visitRow(one: VisitFigures): string[] {
  const { longestMs, over, requests, trackUs, trackP95Us } = one;
  const times = (speed: "full" | "slow") => `${trackUs[speed].toFixed(0)}/${trackP95Us[speed].toFixed(0)}`;
  return [
    one.contender,
    one.cpuMs.toFixed(0),
    one.cpuRatio.toFixed(2),
    longestMs.full.toFixed(1),
    String(over.full),
    longestMs.slow.toFixed(1),
    String(over.slow),
    String(one.scriptBytes),
    `${requests.beforeChoice}/${requests.visit}`,
    (one.heapBytes / 1000).toFixed(0),
    times("full"),
    times("slow"),
  ];
}

/** Text in columns as wide as their widest; the first flush left, the others right. */
function columns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
  );
}

function budgets(results: Results, peers: typeof PEERS): Budget[] {
  const { visits, losses, senders, sentTwice, firstScore, nudge } = results;
  const of = (name: string) => visits.find(({ contender }) => contender === name) as VisitFigures;
  const smallest = Math.min(...peers.map((peer) => of(peer).cpuMs));
  const ours = visits.filter(({ contender }) => contender.startsWith("waypost"));
  const own = senders.indexOf("waypost");
  const lost = Object.values(losses).map((tallies) => tallies[own]);
  const scoreRatio = firstScore.compact.cold / firstScore.ort.cold;
  const nudgeRatio = nudge.firstMs / nudge.controlMs;
  return [
    ...ours.flatMap(({ contender, cpuMs, longestMs, over, trackUs }) => [
      {
        what: `${contender}: CPU at most ½ of the smallest peer's`,
        measured: `${cpuMs.toFixed(0)} of ${smallest.toFixed(0)} ms, ${(cpuMs / smallest).toFixed(2)}`,
        met: cpuMs <= smallest / 2,
      },
      {
        what: `${contender}: no task over 16 ms, at 4× over 50`,
        measured: `${longestMs.full.toFixed(1)}, ${longestMs.slow.toFixed(1)} ms`,
        met: over.full + over.slow === 0,
      },
      {
        what: `${contender}: track() at most 100 µs`,
        measured: `${trackUs.full.toFixed(0)} µs`,
        met: trackUs.full <= 100,
      },
    ]),
    {
      what: "all six loss tests",
      measured: lost.map((tally) => `${tally?.delivered}/${tally?.trials}`).join(" "),
      met: lost.every((tally) => tally?.delivered === tally?.trials),
    },
    {
      what: "sent twice, counted once",
      measured: `${sentTwice.events} events sent ${sentTwice.sent} times, counted ${sentTwice.counted} times`,
      met: sentTwice.sent >= 2 * sentTwice.events && sentTwice.counted === sentTwice.events,
    },
    {
      what: "first score at most 1/10 of onnxruntime-web's",
      measured: `${firstScore.compact.cold.toFixed(0)} of ${firstScore.ort.cold.toFixed(0)} ms cold, ${firstScore.compact.warm.toFixed(0)} of ${firstScore.ort.warm.toFixed(0)} cached, ${scoreRatio.toFixed(3)}`,
      met: scoreRatio <= 0.1,
    },
    {
      what: "ask to painted nudge at most 3× one row and an element",
      measured: `${nudge.firstMs.toFixed(0)} ms, cached ${nudge.laterMs.toFixed(0)}, of ${nudge.controlMs.toFixed(0)}, ${nudgeRatio.toFixed(2)}×`,
      met: nudgeRatio <= 3,
    },
  ];
}
