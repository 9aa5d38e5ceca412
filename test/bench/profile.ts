import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GuardedBrowser } from "../harness/browser.ts";
import type { Contender } from "./contenders.ts";
import type { Host } from "./host.ts";
import { openAndDrive, returningVisitor } from "./visit.ts";

const SHOWN = 12;

/** Where one visit spends its time: the functions with most time of their own, and the whole as a file for DevTools. */
export async function profileVisit(browser: GuardedBrowser, contender: Contender, folder: string): Promise<string[]> {
  const visitor = await returningVisitor(browser, contender, contender.hosts[0] as Host);
  const { page, cdp, host } = visitor;
  await cdp.send("Profiler.enable");
  await cdp.send("Profiler.setSamplingInterval", { interval: 100 });
  await cdp.send("Profiler.start");
  await openAndDrive(page, cdp, host);
  await sleep(5_500);
  const { profile } = await cdp.send("Profiler.stop");
  await visitor.close();
  const file = join(folder, `${contender.name.replaceAll(/\W+/g, "-")}.cpuprofile`);
  await writeFile(file, JSON.stringify(profile));
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spentUs = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const { functionName = "", url = "", lineNumber = 0, columnNumber = 0 } = frames.get(id) ?? {};
    if (functionName === "(idle)" || functionName === "(root)") continue;
    const where = url ? ` ${url.split("/").at(-1)}:${lineNumber + 1}:${columnNumber + 1}` : "";
    const name = `${functionName || "(anonymous)"}${where}`;
    spentUs.set(name, (spentUs.get(name) ?? 0) + (timeDeltas[i + 1] ?? 0));
  }
  const top = [...spentUs].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  return [...top.map(([name, us]) => `${(us / 1000).toFixed(1).padStart(8)} ms  ${name}`), `whole profile: ${file}`];
}
