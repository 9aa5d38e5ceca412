import * as ort from "onnxruntime-web/wasm";
import { answer } from "./answer.ts";

/** onnxruntime-web in a worker, in its smallest form: the same model, the same row. */
await answer(async (bytes, row) => {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: new URL("/score/ort.wasm", self.location.href) };
  const session = await ort.InferenceSession.create(bytes);
  const { p } = await session.run({ x: new ort.Tensor("float32", row, [1, row.length]) });
  const [first] = Array.from((p as ort.Tensor).data as Float32Array);
  return first as number;
});
