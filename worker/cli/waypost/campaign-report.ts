import type { CampaignCounts } from "../../../models/campaign-counts.ts";
import type { DryRunSum } from "../../../models/dry-run-sum.ts";
import type { ConsoleApi } from "./console-api.ts";
import { counted, table, timeText } from "./table.ts";

/** What the edge says of a campaign's counts. */
interface Counts {
  campaign: string;
  total: CampaignCounts[];
}

/** What the edge says of a dry run. */
export interface DryRunJob extends Omit<DryRunSum, "people"> {
  campaign: string;
  status: "running" | "done" | "failed";
  people: { done: number; total: number };
}

const ASK_AGAIN_MS = 500;

/** What a campaign did, in lines: verdicts first, for who asks why nobody sees it, then the arms. */
export function countsLines({ campaign, total }: Counts): string[] {
  if (total.length === 0) return [`Nobody has been asked about “${campaign}” yet: no page has met its trigger.`];
  return total.flatMap(({ version, arms, reasons }, i) => [
    ...(i > 0 ? [""] : []),
    `${campaign}, version ${version}`,
    "",
    ...(Object.keys(reasons).length > 0 ? [table(["VERDICT", "TIMES"], falling(reasons)), ""] : []),
    arms.length === 0 ? "No one was exposed to it yet." : armsTable(arms),
  ]);
}

function armsTable(arms: CampaignCounts["arms"]): string {
  const outcomes = [...new Set(arms.flatMap((arm) => Object.keys(arm.outcomes)))].sort();
  const goals = [...new Set(arms.flatMap((arm) => Object.keys(arm.goals)))];
  const head = ["ARM", "PEOPLE", ...outcomes.map((one) => one.toUpperCase()), ...goals.map((goal) => `GOAL ${goal}`)];
  const rows = arms.map((arm) => [
    arm.arm,
    String(arm.people),
    ...outcomes.map((one) => String(arm.outcomes[one] ?? 0)),
    ...goals.map((goal) => {
      const { n, sumY } = arm.goals[goal] ?? { n: 0, sumY: 0 };
      return n === 0 ? "" : `${sumY} (${(sumY / n).toFixed(3)} a person)`;
    }),
  ]);
  return table(head, rows);
}

/** What a dry run has found, in lines. */
export function dryRunLines(job: DryRunJob): string[] {
  const { campaign, people, shown, showings, perPerson, reasons, displaced, examples } = job;
  if (job.status === "failed")
    return [`The dry run of “${campaign}” failed after ${people.done} of ${people.total} people: try it again.`];
  if (people.total === 0) return ["Nobody is in the people index yet, so there is nothing to try it on."];
  const share = ((shown / people.total) * 100).toFixed(1);
  const often = Object.entries(perPerson).map(([times, count]) => [times, String(count)]);
  return [
    `Of ${people.total} people, ${shown} (${share} %) would have seen “${campaign}”, ${counted(showings, "time")} in all, were nobody held out.`,
    "",
    table(["TIMES", "PEOPLE"], often),
    ...(Object.keys(reasons).length > 0
      ? ["", table(["VERDICT", "TIMES"], falling(reasons))]
      : ["", "Its trigger was met by nobody."]),
    "",
    ...(Object.keys(displaced).length > 0
      ? [table(["WOULD HAVE GIVEN WAY", "SHOWINGS"], falling(displaced))]
      : ["No other campaign would have given way."]),
    ...examples.slice(0, 3).map(({ person, shownAt }) => `e.g. ${person}, at ${shownAt.map(timeText).join(", ")}`),
  ];
}

function falling(counts: Record<string, number>): string[][] {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => [name, String(count)]);
}

/** Asks how far a job is until it is over, and says so where somebody watches. */
export async function followDryRun(
  call: ConsoleApi["call"],
  parameters: { site: string; campaign: string },
): Promise<DryRunJob> {
  for (;;) {
    const { body } = await call<DryRunJob>("readDryRun", { parameters });
    const { status, people } = body;
    if (process.stderr.isTTY) process.stderr.write(`\r${people.done} of ${people.total} people`);
    if (status !== "running") {
      if (process.stderr.isTTY) process.stderr.write("\n");
      return body;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
