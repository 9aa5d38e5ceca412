import { differenceInterval, type Share, wilsonInterval } from "../../models/analysis/interval.ts";
import { truthOf } from "../../test/world/truth.ts";
import { perSecond } from "./progress.ts";
import type { Simulation } from "./simulate.ts";

const grouped = (count: number) => count.toLocaleString("en-GB");
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const points = (difference: number) => `${difference < 0 ? "−" : "+"}${Math.abs(difference * 100).toFixed(1)}`;
const shareOf = ({ of, count }: Share) => (of === 0 ? "–" : percent(count / of));

/** The report in words, a line each: what was sent, and beside what is true of the world what was seen of it. */
export function simulationLines({ seed, world, missing, counts, sent, elapsedMs }: Simulation): string[] {
  const truth = truthOf(world);
  const people = counts.people + counts.refused;
  const stages = Object.entries(counts.stages).filter(([id]) => id !== world.stages.at(-1)?.id);
  const rate = perSecond(sent.touchpoints + sent.items, elapsedMs);
  return [
    `${grouped(people)} visitors of seed ${seed} in ${(elapsedMs / 1000).toFixed(1)} s: ${grouped(counts.people)} agreed, ${grouped(counts.refused)} refused`,
    `  visits       ${grouped(counts.visits)}`,
    `  touchpoints  ${grouped(sent.touchpoints)} by pages, ${grouped(sent.items)} by servers (${grouped(rate)} a second)`,
    `  asks         ${grouped(sent.asks)}`,
    `  refused      ${grouped(sent.refused)}${sent.firstRefusal === null ? "" : `, first ${sent.firstRefusal}`}`,
    ...(sent.waits > 0 ? [`  waits        ${grouped(sent.waits)}: the edge had said when to come again`] : []),
    "",
    "Drop-off: of the visits that come to a stage, those that end there. True, observed, its 95 % interval",
    ...stages.map(([id, share]) => dropOffLine(id, truth.dropOff[id] as number, share)),
    "",
    "Orders: of the people who agreed, those who order. True, observed, its 95 % interval",
    dropOffLine("", truth.personGoal, counts.goals),
    ...(world.campaigns.length > 0
      ? ["", "Uplift: what being shown adds to the orders of those whose moment it was, in percentage points"]
      : []),
    ...world.campaigns.map(({ campaign: { id } }) => upliftLine(id, truth.uplift[id]?.uplift as number, counts)),
    ...(missing.length > 0
      ? [
          "",
          `The site's pages do not ask for ${missing.join(", ")}: a new demo has them after npm start -- --simulate.`,
        ]
      : []),
  ];
}

function dropOffLine(id: string, truth: number, share: Share): string {
  const interval = wilsonInterval(share);
  const range = interval ? `${percent(interval.low)} to ${percent(interval.high)}` : "–";
  return `  ${id.padEnd(18)}${percent(truth).padStart(7)}  ${shareOf(share).padStart(7)}  ${range.padEnd(18)}  of ${grouped(share.of)}`;
}

function upliftLine(id: string, truth: number, { arms }: Simulation["counts"]): string {
  const { shown, heldOut } = arms[id] as Simulation["counts"]["arms"][string];
  const interval = differenceInterval(shown, heldOut);
  const observed = interval
    ? `observed ${points(shown.count / shown.of - heldOut.count / heldOut.of)} (${points(interval.low)} to ${points(interval.high)})`
    : "observed –";
  const of = `${shareOf(shown)} of ${grouped(shown.of)} shown, ${shareOf(heldOut)} of ${grouped(heldOut.of)} held out`;
  return `  ${id.padEnd(18)}true ${points(truth)}, ${observed}: ${of}`;
}
