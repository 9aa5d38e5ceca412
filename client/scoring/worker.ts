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

/** onnxruntime-web below the base: its chunk and its WebAssembly, with their SRI digests. Written in by the build. */
declare const WAYPOST_RUNTIME: Record<"module" | "wasm", { path: string; integrity: string }>;

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
  const { module, wasm } = WAYPOST_RUNTIME;
  const checked = ({ path, integrity }: typeof module) =>
    fetch(base + path, { integrity, credentials: "omit", referrerPolicy: "origin" });
  // No worker checks what it imports: the same bytes are asked for with their digest first, and come from the cache then.
  const [response] = await Promise.all([checked(wasm), checked(module).then((script) => script.arrayBuffer())]);
  const runtime: typeof import("./onnx-runtime.ts") = await import(base + module.path);
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
