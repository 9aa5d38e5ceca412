/**
 * The chunk with onnxruntime-web, loaded by the scoring worker where a model needs it or the site asks for it: some 2.3 MB
 * as it travels. The entry without WebGPU, because only that one has the tree operators and the smaller file.
 */
import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import type { Run } from "./scorer.ts";

/** Call once, with the bytes of its WebAssembly, before any model is opened. */
export function configure(wasm: ArrayBuffer): void {
  // One thread needs no cross-origin isolation, which hardly any page has.
  env.wasm.numThreads = 1;
  env.wasm.wasmBinary = wasm;
  env.logLevel = "error";
}

/** Opens a model that takes `x`, float32 [N, width], and gives `p`, float32 [N, 1]. Rejects where it can't be run. */
export async function openModel(bytes: Uint8Array): Promise<Run> {
  const session = await InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  return async (vector) => {
    const { p } = await session.run({ x: new Tensor("float32", vector, [1, vector.length]) });
    return Number(p?.data[0]);
  };
}
