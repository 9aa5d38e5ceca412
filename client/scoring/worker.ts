/** The scoring worker: a thread of its own for the engine, so that scoring never delays the page. */
import { expose } from "comlink";
import type { FeatureState } from "../../models/features.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { loadModels, type ModelSource, type OpenModel } from "./models.ts";
import { Scorer, type ScoringConfig, type Step } from "./scorer.ts";

export interface Start {
  base: string;
  config: ScoringConfig & ModelSource;
  features?: FeatureState;
}

/** onnxruntime-web below the base: its chunk, its WebAssembly and the SRI digest of that. Written in by the build. */
declare const WAYPOST_RUNTIME: { module: string; wasm: string; integrity: string };

let scorer: Scorer | null = null;

const engine = {
  async start({ base, config, features }: Start): Promise<void> {
    let runtime: Promise<typeof import("./onnx-runtime.ts")> | undefined;
    const openModel: OpenModel = async (bytes) => {
      runtime ??= loadRuntime(base);
      return (await runtime).openModel(bytes);
    };
    scorer = new Scorer(config, await loadModels(base, config, openModel), features);
  },
  add: async (touchpoints: Touchpoint[], now: number): Promise<Step | undefined> => scorer?.add(touchpoints, now),
  replace: async (features: FeatureState, later: Touchpoint[], now: number): Promise<Step | undefined> =>
    scorer?.replace(features, later, now),
  tick: async (now: number): Promise<Step | undefined> => scorer?.tick(now),
};
export type Engine = typeof engine;

async function loadRuntime(base: string): Promise<typeof import("./onnx-runtime.ts")> {
  const { module, wasm, integrity } = WAYPOST_RUNTIME;
  const [runtime, response] = await Promise.all([
    import(base + module) as Promise<typeof import("./onnx-runtime.ts")>,
    fetch(base + wasm, { integrity, credentials: "omit" }),
  ]);
  runtime.configure(await response.arrayBuffer());
  return runtime;
}

/**
 * Takes the one port that the maker of this worker sends, and hears nothing else: whoever gets hold of the worker itself
 * could ask comlink for any property of the engine, prototypes included (S6, S25).
 */
function onMessage({ ports: [port] }: MessageEvent): void {
  if (!port) return;
  removeEventListener("message", onMessage);
  expose(engine, port);
}
addEventListener("message", onMessage);
