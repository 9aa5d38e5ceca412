import { readModel } from "../../models/onnx.ts";
import type { ModelRef, PublishedConfig, ScoreName } from "../../models/site-config.ts";
import type { LoadedModel, LoadedModels } from "./scorer.ts";

/**
 * Loads the models that a trigger needs. One that does not arrive, is not what the configuration names, or cannot be
 * read is left out: that score is then never given, and everything else goes on.
 */
export async function loadModels(base: string, { models, triggers }: ModelSource): Promise<LoadedModels> {
  const names = new Set(triggers.flatMap((trigger) => (trigger.kind === "score" ? [trigger.score] : [])));
  const loaded = await Promise.all(
    [...names].map(async (name): Promise<[ScoreName, LoadedModel] | null> => {
      const model = await load(base, models[name]).catch(() => null);
      return model && [name, model];
    }),
  );
  return Object.fromEntries(loaded.filter((entry) => entry !== null));
}

export type ModelSource = Pick<PublishedConfig, "models" | "triggers">;

async function load(base: string, { path, sha256, version }: ModelRef): Promise<LoadedModel | null> {
  const response = await fetch(base + path, { credentials: "omit" });
  if (!response.ok) return null;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!(await hasDigest(bytes, sha256))) return null;
  const read = readModel(bytes);
  return read.ok ? { version, model: read.model } : null;
}

/** Pages without TLS have no `crypto.subtle`; there, script and model come over the same line anyway. */
async function hasDigest(bytes: Uint8Array<ArrayBuffer>, sha256: string): Promise<boolean> {
  if (!crypto.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === sha256;
}
