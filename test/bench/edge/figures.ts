import { execFileSync } from "node:child_process";
import type { Figure } from "../figures.ts";
import { freshness } from "../freshness.ts";
import { collectCpu } from "./collect-cpu.ts";
import { decideMs } from "./decide-time.ts";
import { evilPatterns } from "./evil-patterns.ts";
import { importRates } from "./import-rate.ts";
import { killRounds } from "./kill-rounds.ts";
import { ledgerExport } from "./ledger-export.ts";
import { mapQuery } from "./map-query.ts";

export interface EdgeSize {
  rounds: number;
  kills: number;
  batches: number;
  say: (what: string) => void;
}

/** Everything about the edge that needs no page: figures with their bounds, and the lines that stand for themselves. */
export async function edgeFigures({
  rounds,
  kills,
  batches,
  say,
}: EdgeSize): Promise<{ figures: Figure[]; lines: string[] }> {
  say("CPU of a batch at the edge");
  const cpu = await collectCpu(rounds);
  say("a decision about 200 campaigns");
  const decision = await decideMs(rounds);
  say("imports");
  const { memory, disk } = await importRates();
  say("the map");
  const map = await mapQuery(rounds);
  say("evil patterns");
  const evil = evilPatterns(rounds);
  say("until a batch is on the map");
  const fresh = await freshness(batches);
  say(`${kills} kills`);
  const kill = await killRounds(kills);
  say("100,000 consent records");
  const ledger = await ledgerExport();
  say("the bill");
  const bill = billLines();
  const times = "× plain 204";
  return {
    figures: [
      // Like beside like: what the local runtime puts before a Worker with assets is no part of either.
      {
        what: "collect, before the object, over a 204 behind the same router",
        value: cpu.before.ratio / cpu.behind.ratio,
        unit: "×",
        bound: 1.9,
      },
      { what: "the same over a bare 204", value: cpu.before.ratio, unit: times },
      { what: "collect, with the object, a known visitor of 30", value: cpu.known.ratio, unit: times, bound: 9 },
      { what: "the same with an ask and 20 campaigns", value: cpu.asking.ratio, unit: times, bound: 9 },
      { what: "collect, a visitor who was never seen", value: cpu.fresh.ratio, unit: times },
      { what: "a plain 204 behind the same local router of assets", value: cpu.behind.ratio, unit: times },
      { what: "plain 204", value: cpu.plain.ms, unit: "ms CPU" },
      { what: "a decision about 200 live campaigns, in workerd", value: decision, unit: "ms CPU", bound: 1 },
      { what: "100,000 consent records exported", value: ledger.exportS, unit: "s", bound: 10 },
      { what: "the same verified offline", value: ledger.verifyS, unit: "s" },
      { what: "memory that exporting them took", value: ledger.grownMb, unit: "MB" },
      { what: "import, state in memory", value: memory.touchpointsPerS, unit: "touchpoints/s", least: 2_000 },
      { what: "new visitors, state in memory", value: memory.visitorsPerS, unit: "visitors/s", least: 200 },
      { what: "import, state on this disk", value: disk.touchpointsPerS, unit: "touchpoints/s" },
      { what: "map query over reading the shards' sums", value: map.ratio, unit: "×", bound: 3 },
      { what: `a byte of ${map.bytes} bytes of sums: map`, value: map.mapNs, unit: "ns CPU" },
      { what: "a byte of the same sums: raw", value: map.rawNs, unit: "ns CPU" },
      { what: "evil patterns, 2,048 over 1,024 characters", value: evil.ratio, unit: "×", bound: 4 },
      { what: `slowest of ${evil.patterns}: ${evil.slowest.slice(0, 20)}`, value: evil.slowestMs, unit: "ms" },
      { what: `p95 until one of ${fresh.batches} batches is on the map`, value: fresh.p95Ms, unit: "ms", bound: 5_000 },
      {
        what: `kill -9, ${kill.rounds} rounds, ${kill.acked} batches acknowledged: lost`,
        value: kill.lost,
        unit: "",
        bound: 0,
      },
      { what: `with ${kill.inFlight} on their way: partial`, value: kill.partial, unit: "", bound: 0 },
      { what: "fields of the map that are wrong afterwards", value: kill.wrongOnMap, unit: "", bound: 0 },
    ],
    lines: bill,
  };
}

/** What a visit costs, as the test prints it that measures it. */
function billLines(): string[] {
  const printed = execFileSync("npm", ["run", "-s", "bill"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return printed.split("\n").filter((line) => /\S {2,}-?\d+\.\d+$|^\d+ visits of/.test(line));
}
