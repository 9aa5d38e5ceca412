import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { median } from "../median.ts";
import { spentMs } from "./cpu.ts";
import { startOwnWorker } from "./own-worker.ts";

/** Enough that what a request costs by itself does not count. */
const DECISIONS = 500;

/** CPU of one decision about 200 live campaigns in workerd, ms: the median of some rounds. Throws where another was chosen. */
export async function decideMs(rounds: number): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("decide-entry.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const worker = await startOwnWorker(outputFiles[0]?.text ?? "");
  try {
    const times: number[] = [];
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      const spent = await spentMs(worker.pid, async () => {
        const answer = await fetch(worker.url, { method: "POST", body: String(DECISIONS) });
        const chosen = await answer.text();
        if (chosen !== "campaign-199") throw new Error(`chose “${chosen}”`);
      });
      if (round > 0) times.push(spent / DECISIONS);
    }
    return median(times);
  } finally {
    await worker.close();
  }
}
