import { readModel, runModel } from "../../../models/onnx.ts";
import { answer } from "./answer.ts";

/** Our engine in a worker: loads a model and scores one row of ones. */
await answer(async (bytes, row) => {
  const read = readModel(bytes);
  if (!read.ok) throw new Error(read.detail);
  return runModel(read.model, row);
});
