import type { MapView } from "../../../models/analysis/graph.ts";
import type { SiteConfig } from "../../../models/site-config.ts";
import { CommandError } from "../command-error.ts";
import { type Command, flagText, openSite } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { counted, table } from "./table.ts";

const USAGE = "map [--from DAY] [--to DAY] [--segment ID] [--json]";
const EDGES_SHOWN = 15;

/** `waypost map`: where visits come through, and where they end. */
export const map: Command = {
  usage: USAGE,
  summary: "shows the journey's map: stages, how many visits end there, the steps between them and how long they take",
  options: { from: { type: "string" }, to: { type: "string" }, segment: { type: "string" }, json: { type: "boolean" } },
  async run(given) {
    if (given.words.length > 0) throw new CommandError(`Use: waypost ${USAGE}`);
    const { call, site } = await openSite(given);
    const { body: inForce } = await call<{ config: SiteConfig }>("readConfig", { parameters: { site } });
    const asked = ["from", "to", "segment"].flatMap((name) => {
      const value = flagText(given, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const journey = inForce.config.journeys[0]?.id as string;
    const parameters = { site, journey, ...Object.fromEntries(asked) };
    const { body } = await call<MapView>("readMap", { parameters });
    console.log(given.flags.json ? JSON.stringify(body, null, 2) : mapLines(body).join("\n"));
    return EXIT.done;
  },
};

/** A map in lines. Shares stand with their 95 % interval. */
function mapLines(view: MapView): string[] {
  const { visits, touchpoints, goals, late, stages, edges, orders } = view;
  const money = Object.entries(orders.amounts).map(([currency, amount]) => `${amount.toFixed(2)} ${currency}`);
  const rows = stages.map(({ id, name, visits: came, ends, endShare, endShareLow, endShareHigh }) => [
    name,
    String(came),
    id === view.goal ? "goal" : String(ends),
    id === view.goal || endShare === null ? "" : shareText(endShare, endShareLow, endShareHigh),
  ]);
  const nameOf = (id: string) => stages.find((stage) => stage.id === id)?.name ?? id;
  const steps = edges
    .slice(0, EDGES_SHOWN)
    .map(({ from, to, count, medianMs }) => [nameOf(from), nameOf(to), String(count), durationText(medianMs)]);
  const more = edges.length - steps.length;
  return [
    `${view.journey}: ${counted(visits, "visit")}, ${counted(touchpoints, "touchpoint")}, ${goals} reached the goal${late > 0 ? `; ${late} came too late to be put in order` : ""}`,
    ...(orders.count > 0 ? [`${counted(orders.count, "order")}: ${money.join(", ")}`] : []),
    "",
    table(["STAGE", "VISITS", "END HERE", "SHARE"], rows),
    ...(steps.length > 0
      ? ["", table(["FROM", "TO", "TIMES", "MEDIAN"], steps)]
      : ["", "No visit has gone from one stage to another yet."]),
    ...(more > 0 ? [`and ${more} more: waypost map --json`] : []),
  ];
}

function shareText(share: number, low: number | null, high: number | null): string {
  const percent = (value: number | null) => ((value ?? 0) * 100).toFixed(1);
  return `${percent(share)} % (${percent(low)} to ${percent(high)})`;
}

function durationText(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
