import { FEATURES } from "../features.ts";
import type { ScoreName, Thresholds } from "../site-config.ts";
import { type NodeSpec, type TreeRow, treeEnsemble, writeOnnx } from "./onnx-writer.ts";

/**
 * The two models that a site has before it has data. Each is a rule that somebody wrote, in the form of a model, so that
 * everything after it already works as it will with a trained one. Nothing in them was learned, and they say so.
 */
export interface Starter {
  name: ScoreName;
  version: string;
  /** Bands that fit the rule's own steps; a site's configuration decides. */
  thresholds: Thresholds;
  /** What the rule is, in one sentence, for file and card. */
  rule: string;
  /** Features that it reads; the others have no influence. */
  reads: readonly string[];
}

/**
 * The stall rule's steps: from how many typical dwells of silence on, which value. The bands (0.5, 0.8) are reached
 * after one and after two: one is what a visitor who is not stuck takes, two leaves out most who merely read slowly.
 */
export const STALL_STEPS: readonly { above: number; value: number }[] = [
  { above: -1, value: 0.1 },
  { above: 0.5, value: 0.3 },
  { above: 1, value: 0.55 },
  { above: 2, value: 0.85 },
];

/**
 * The intent rule: sigmoid(4.5 · progress + 0.5 · touchpoints − 4.25), touchpoints as log1p. Chosen so that the first
 * page is 0.02; half way (a cart) with 3 touchpoints reaches 0.2, three quarters (a checkout) with 8 reaches 0.55.
 */
export const INTENT = { progress: 4.5, touchpoints: 0.5, bias: -4.25 } as const;

export const STARTERS: Record<ScoreName, Starter> = {
  stall: {
    name: "stall",
    version: "stall-rule-1",
    thresholds: { medium: 0.5, high: 0.8 },
    rule: "In the second stage or deeper, goal not reached: a step up at each multiple of the stage's typical dwell without a touchpoint.",
    reads: ["unfinished", "idleRatio"],
  },
  intent: {
    name: "intent",
    version: "intent-rule-1",
    thresholds: { medium: 0.2, high: 0.55 },
    rule: "The nearer the goal, and the more touchpoints in this visit, the higher.",
    reads: ["progress", "touchpoints"],
  },
};

/** The .onnx file of a starter model. The same bytes every time. */
export function starterBytes(name: ScoreName): Uint8Array<ArrayBuffer> {
  const { version, thresholds, rule } = STARTERS[name];
  const metadata = {
    name,
    version,
    kind: "rule",
    rule,
    source: "written by hand; not trained on any data",
    features: FEATURES.map((feature) => feature.name).join(","),
    thresholds: JSON.stringify(thresholds),
  };
  const width = FEATURES.length;
  if (name === "stall") return writeOnnx({ name: version, width, nodes: [stallTree()], metadata });
  const weights = FEATURES.map(({ name: n }) => (n === "progress" || n === "touchpoints" ? INTENT[n] : 0));
  return writeOnnx({
    name: version,
    width,
    nodes: [
      { op: "Gemm", inputs: ["x", "weights", "bias"], output: "logit" },
      { op: "Sigmoid", inputs: ["logit"], output: "p" },
    ],
    tensors: {
      weights: { dims: [width, 1], values: weights },
      bias: { dims: [1], values: [INTENT.bias] },
    },
    metadata,
  });
}

/**
 * One tree: 0 unless the visitor is under way; then a chain of `idleRatio <= step`, the first that holds being the
 * answer. Row 2i is the i-th branch and row 2i + 1 its leaf; the last row is for whom no branch held.
 */
function stallTree(): NodeSpec {
  const indexOf = (name: string) => FEATURES.findIndex((feature) => feature.name === name);
  const branches = [{ feature: indexOf("unfinished"), threshold: 0.5, leaf: 0 }];
  for (const [i, { above }] of STALL_STEPS.entries()) {
    const before = STALL_STEPS[i - 1];
    if (before) branches.push({ feature: indexOf("idleRatio"), threshold: above, leaf: before.value });
  }
  const rows = branches.flatMap(({ feature, threshold, leaf }, i): TreeRow[] => [
    { feature, threshold, whenTrue: 2 * i + 1, whenFalse: 2 * i + 2 },
    { leaf },
  ]);
  return treeEnsemble([[...rows, { leaf: STALL_STEPS.at(-1)?.value ?? 0 }]], { input: "x", output: "p" });
}
