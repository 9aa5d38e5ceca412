import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FEATURES } from "../models/features.ts";
import { readModel } from "../models/onnx.ts";

const MODELS = join(import.meta.dirname, "../models");

test("B35 every model has a card: version, purpose, what it reads, what it was trained on, how good it is, and whose it is", () => {
  for (const name of ["stall", "intent"]) {
    const card = readFileSync(join(MODELS, name, "card.md"), "utf8");
    const read = readModel(new Uint8Array(readFileSync(join(MODELS, name, "model.onnx"))));
    const version = read.ok ? read.model.metadata.version : undefined;
    expect(card.split("\n")[0]).toBe(`# ${version}`);
    for (const entry of ["Purpose", "What it does not say", "Training data", "Accuracy", "Owner"]) {
      expect([name, entry, new RegExp(`^- ${entry}: \\S`, "m").test(card)]).toEqual([name, entry, true]);
    }
    // As long as the privacy page says so of both, in every language.
    expect(card).toContain("**This is a rule, not a trained model.**");
    const [, reads = ""] = /^## What it reads\n([\s\S]*?)\n## /m.exec(card) ?? [];
    const named = [...reads.matchAll(/^- `(\w+)`: \S/gm)].map(([, feature]) => feature);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((feature) => !FEATURES.some(({ name: known }) => known === feature))).toEqual([]);
  }
});
