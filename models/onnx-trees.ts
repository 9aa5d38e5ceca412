import type { OnnxNode } from "./onnx-file.ts";

/** How a branch compares the feature with its threshold to go to its true side; the last is a leaf. */
const MODES: readonly string[] = [
  "BRANCH_LEQ",
  "BRANCH_LT",
  "BRANCH_GTE",
  "BRANCH_GT",
  "BRANCH_EQ",
  "BRANCH_NEQ",
  "LEAF",
];
const LEAF = MODES.length - 1;

/** All trees of an ensemble, a row a node; indices are rows. */
export interface Trees {
  roots: number[];
  mode: Uint8Array;
  feature: Int32Array;
  /** A branch's threshold, or a leaf's weight. */
  value: Float32Array;
  whenTrue: Int32Array;
  whenFalse: Int32Array;
  base: number;
}

/** Why an ensemble cannot be run: an option that we do not compute, or a table that contradicts itself. */
export interface TreesRefused {
  reason: "unsupported-operator" | "malformed";
  detail: string;
}

/** The trees of a TreeEnsembleRegressor (ai.onnx.ml 3) with one target, over a row of `width` features. */
export function readTrees({ attributes }: OnnxNode, width: number): Trees | TreesRefused {
  const ints = (name: string) => attributes.get(name)?.ints ?? [];
  const floats = (name: string) => attributes.get(name)?.floats ?? [];
  const option = unknownOption({ attributes });
  if (option) return { reason: "unsupported-operator", detail: option };
  const mode = Uint8Array.from(attributes.get("nodes_modes")?.strings ?? [], (name) => MODES.indexOf(name));
  const [tree, id, feature] = [ints("nodes_treeids"), ints("nodes_nodeids"), ints("nodes_featureids")];
  const [whenTrue, whenFalse, value] = [ints("nodes_truenodeids"), ints("nodes_falsenodeids"), floats("nodes_values")];
  const base = floats("base_values");
  if (
    mode.length === 0 ||
    mode.some((m) => m > LEAF) ||
    [tree, id, feature, whenTrue, whenFalse, value].some((column) => column.length !== mode.length) ||
    feature.some((f, row) => mode[row] !== LEAF && !(f >= 0 && f < width)) ||
    base.length > 1
  ) {
    return { reason: "malformed", detail: "a table of tree nodes that contradicts itself" };
  }
  const rows = new Map(tree.map((t, row) => [`${t}/${id[row]}`, row]));
  const rowOf = (child: number, row: number) => (mode[row] === LEAF ? -1 : (rows.get(`${tree[row]}/${child}`) ?? -1));
  const trees: Trees = {
    roots: tree.flatMap((t, row) => (row === 0 || t !== tree[row - 1] ? [row] : [])),
    mode,
    feature: Int32Array.from(feature),
    value: Float32Array.from(value),
    whenTrue: Int32Array.from(whenTrue, rowOf),
    whenFalse: Int32Array.from(whenFalse, rowOf),
    base: base[0] ?? 0,
  };
  const targets = ints("target_treeids").map((t, i) => rows.get(`${t}/${ints("target_nodeids")[i]}`) ?? -1);
  if (!reachesEachOnce(trees)) return { reason: "malformed", detail: "nodes that are no trees" };
  return weighLeaves(trees, targets, floats("target_weights"))
    ? trees
    : { reason: "malformed", detail: "leaves without one weight each" };
}

/** The name of an option that has another meaning than the one computed here, or null. */
function unknownOption({ attributes }: Pick<OnnxNode, "attributes">): string | null {
  for (const [name, { s, i, ints }] of attributes) {
    if (name.endsWith("_as_tensor")) return name;
    if (name === "aggregate_function" && s !== "SUM") return `${name} ${s}`;
    if (name === "post_transform" && s !== "NONE") return `${name} ${s}`;
    if (name === "n_targets" && i !== 1) return `${name} ${i}`;
    if (name === "target_ids" && ints.some((target) => target !== 0)) return "more than one target";
  }
  return null;
}

/** Whether walking down from the roots meets every node, and none twice: so every walk ends, at a leaf. */
function reachesEachOnce({ roots, mode, whenTrue, whenFalse }: Trees): boolean {
  const waiting = [...roots];
  const met = new Uint8Array(mode.length);
  let count = 0;
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    if (row < 0 || met[row] === 1) return false;
    met[row] = 1;
    count++;
    if (mode[row] !== LEAF) waiting.push(whenTrue[row] ?? -1, whenFalse[row] ?? -1);
  }
  return count === mode.length;
}

/** Puts each leaf's weight in its row. False unless every leaf, and nothing else, gets exactly one. */
function weighLeaves({ mode, value }: Trees, targets: readonly number[], weights: readonly number[]): boolean {
  const leaves = mode.filter((m) => m === LEAF).length;
  if (targets.length !== leaves || weights.length !== leaves || new Set(targets).size !== leaves) return false;
  for (const [i, row] of targets.entries()) {
    if (mode[row] !== LEAF) return false;
    value[row] = weights[i] ?? 0;
  }
  return true;
}

/**
 * The sum of the leaves that a row of features falls into, tree by tree in float32, then the base value: the order in
 * which onnxruntime adds. Features and thresholds are float32 both, so that a value beside a threshold falls alike.
 * A feature that is not a number fails every comparison but BRANCH_NEQ.
 */
export function sumTrees(trees: Trees, features: Float32Array): number {
  let sum = 0;
  for (const root of trees.roots) {
    let row = root;
    while (trees.mode[row] !== LEAF) {
      row = (goesTrue(trees, row, features) ? trees.whenTrue[row] : trees.whenFalse[row]) ?? 0;
    }
    sum = Math.fround(sum + (trees.value[row] ?? 0));
  }
  return Math.fround(sum + trees.base);
}

function goesTrue({ mode, feature, value }: Trees, row: number, features: Float32Array): boolean {
  const x = features[feature[row] ?? 0] ?? 0;
  const threshold = value[row] ?? 0;
  switch (mode[row]) {
    case 0:
      return x <= threshold;
    case 1:
      return x < threshold;
    case 2:
      return x >= threshold;
    case 3:
      return x > threshold;
    case 4:
      return x === threshold;
    default:
      return x !== threshold;
  }
}
