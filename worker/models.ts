import type { Runner } from "../models/answer.ts";
import intentBytes from "../models/intent/model.onnx";
import { readModel, runModel } from "../models/onnx.ts";
import type { ModelRef, ScoreName } from "../models/site-config.ts";
import stallBytes from "../models/stall/model.onnx";

const FILES: Record<ScoreName, ArrayBuffer> = { stall: stallBytes, intent: intentBytes };

/** The bundled models, ready to run. A file that cannot be read here is a broken build. */
export const RUNNERS: Record<ScoreName, Runner> = { stall: runnerOf("stall"), intent: runnerOf("intent") };

function runnerOf(name: ScoreName): Runner {
  const read = readModel(new Uint8Array(FILES[name]));
  if (!read.ok) throw new Error(`models/${name}/model.onnx: ${read.detail}`);
  const { model } = read;
  return { version: model.metadata.version ?? "unversioned", run: (x) => runModel(model, x) };
}

/** How the page finds the same bytes: `build.ts` lays them out under this name. Computed once an isolate. */
let refs: Promise<Record<ScoreName, ModelRef>> | undefined;

export function modelRefs(): Promise<Record<ScoreName, ModelRef>> {
  refs ??= Promise.all([refOf("stall"), refOf("intent")]).then(([stall, intent]) => ({ stall, intent }));
  return refs;
}

async function refOf(name: ScoreName): Promise<ModelRef> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", FILES[name]));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { version: RUNNERS[name].version, path: `models/${name}-${sha256.slice(0, 16)}.onnx`, sha256 };
}
