import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { GuardedBrowser } from "../harness/browser.ts";
import { type Answer, type Backend, startHost } from "./host.ts";
import { median } from "./median.ts";

const ENGINES = ["compact", "ort"] as const;
type Engine = (typeof ENGINES)[number];
/** `cold`: nothing cached. `warm`: a later page of the same browser. ms. */
export type FirstScore = Record<Engine, { cold: number; warm: number }>;

const HTML = `<!doctype html><title>Score</title><link rel="icon" href="data:,"><script>
window.score = (engine) => new Promise((resolve, reject) => {
  const startedMs = performance.now();
  const worker = new Worker("/score/" + engine + ".js", { type: "module" });
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.onmessage = ({ data }) => {
    resolve({ ms: performance.now() - startedMs, score: data });
    worker.terminate();
  };
});
</script>`;

interface ScoreWindow {
  score: (engine: Engine) => Promise<{ ms: number; score: number }>;
}

/** From the start of loading an engine in a worker to its first score, medians over interleaved rounds. */
export async function firstScores(browser: GuardedBrowser, rounds: number): Promise<FirstScore> {
  const host = await startHost(await backend(), () => HTML);
  const times: Record<Engine, { cold: number[]; warm: number[] }> = {
    compact: { cold: [], warm: [] },
    ort: { cold: [], warm: [] },
  };
  for (let round = 0; round < rounds; round++) {
    const scores: number[] = [];
    for (const engine of round % 2 === 0 ? ENGINES : ENGINES.toReversed()) {
      const context = await browser.newContext();
      for (const state of ["cold", "warm"] as const) {
        const page = await context.newPage();
        await page.goto(host.url);
        const { ms, score } = await page.evaluate((name) => (window as unknown as ScoreWindow).score(name), engine);
        times[engine][state].push(ms);
        scores.push(score);
        await page.close();
      }
      await context.close();
    }
    if (Math.max(...scores) - Math.min(...scores) > 1e-6) throw new Error(`the engines differ: ${scores.join()}`);
  }
  await host.close();
  const medians = (engine: Engine) => ({ cold: median(times[engine].cold), warm: median(times[engine].warm) });
  return { compact: medians("compact"), ort: medians("ort") };
}

async function backend(): Promise<Backend> {
  const files = new Map<string, Answer>();
  const put = (path: string, type: string, bytes: Buffer) =>
    files.set(path, { status: 200, type, bytes, headers: { "cache-control": "public, max-age=31536000, immutable" } });
  for (const engine of ENGINES) {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, "first-score", `${engine}-worker.ts`)],
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      write: false,
      logLevel: "error",
    });
    put(`/score/${engine}.js`, "text/javascript", Buffer.from((outputFiles[0] as { contents: Uint8Array }).contents));
  }
  const ortFolder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  put("/score/ort.wasm", "application/wasm", readFileSync(join(ortFolder, "ort-wasm-simd-threaded.wasm")));
  const model = new URL("../../models/stall/model.onnx", import.meta.url);
  put("/score/model.onnx", "application/octet-stream", readFileSync(model));
  return { head: "", isCollect: () => false, answer: async ({ path }) => files.get(path) ?? null };
}
