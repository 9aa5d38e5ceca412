import { readModel, runModel } from "../../models/onnx.ts";
import type { ModelRef, PublishedConfig, ScoreName } from "../../models/site-config.ts";
import type { LoadedModel, LoadedModels, Run } from "./scorer.ts";

export type ModelSource = Pick<PublishedConfig, "models" | "triggers" | "engine">;

/** Opens a model with onnxruntime-web. Rejects where that can't be loaded, or can't run it. */
export type OpenModel = (bytes: Uint8Array) => Promise<Run>;

/**
 * Loads the models that a trigger needs. One that does not arrive, is not what the configuration names, or cannot be
 * run is left out: that score is then never given, and everything else goes on. `openModel` is called only where the site
 * asks for onnxruntime-web, or a model has an operator that the compact engine lacks.
 */
export async function loadModels(
  base: string,
  { models, triggers, engine }: ModelSource,
  openModel: OpenModel | null,
): Promise<LoadedModels> {
  const names = new Set(triggers.flatMap((trigger) => (trigger.kind === "score" ? [trigger.score] : [])));
  const loaded = await Promise.all(
    [...names].map(async (name): Promise<[ScoreName, LoadedModel] | null> => {
      const model = await load(base, models[name], { engine, openModel }).catch(() => null);
      return model && [name, model];
    }),
  );
  return Object.fromEntries(loaded.filter((entry) => entry !== null));
}

interface Engines {
  engine: PublishedConfig["engine"];
  openModel: OpenModel | null;
}

async function load(base: string, ref: ModelRef, { engine, openModel }: Engines): Promise<LoadedModel | null> {
  const { path, sha256, version } = ref;
  const response = await fetch(base + path, { credentials: "omit", referrerPolicy: "origin" });
  if (!response.ok) return null;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!(await hasDigest(bytes, sha256))) return null;
  const read = readModel(bytes);
  if (openModel && (engine === "onnxruntime-web" || (!read.ok && read.reason === "unsupported-operator"))) {
    // Where it fails, the compact engine answers as well as it can: a policy may forbid WebAssembly.
    const run = await openModel(bytes).catch(() => null);
    if (run) return { version, engine: "onnxruntime-web", run };
  }
  if (!read.ok) return null;
  const { model } = read;
  return { version, engine: "compact", run: (vector) => runModel(model, vector) };
}

/** Pages without TLS have no `crypto.subtle`; there, script and model come over the same line anyway. */
async function hasDigest(bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<boolean> {
  if (!crypto.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}
