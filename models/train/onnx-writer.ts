/** Writes .onnx files: the part of onnx.proto3 that our models need, fields in ascending order, so equal input gives equal bytes. */

/** A value of an attribute; the key says its type. */
type AttributeValue =
  | { f: number }
  | { i: number }
  | { s: string }
  | { floats: readonly number[] }
  | { ints: readonly number[] }
  | { strings: readonly string[] };

export interface NodeSpec {
  op: string;
  /** Absent: ai.onnx. */
  domain?: string;
  inputs: readonly string[];
  output: string;
  attributes?: Record<string, AttributeValue>;
}

export interface ModelSpec {
  name: string;
  /** Columns of the input `x`. The output is `p`, of one column. */
  width: number;
  nodes: readonly NodeSpec[];
  /** Row-major float32 values, with their dimensions. */
  tensors?: Record<string, { dims: readonly number[]; values: readonly number[] }>;
  metadata: Record<string, string>;
}

type Bytes = number[];
const utf8 = new TextEncoder();
const [IR_VERSION, OPSET, ML_OPSET, FLOAT] = [8, 13, 3, 1];
/** AttributeProto: field and AttributeType of each kind of value. */
const ATTRIBUTE = { f: [2, 1], i: [3, 2], s: [4, 3], floats: [7, 6], ints: [8, 7], strings: [9, 8] } as const;

/** The bytes of a model file (IR 8, opset 13, ai.onnx.ml 3). Integers are 0 to 2^53. */
export function writeOnnx({ name, width, nodes, tensors = {}, metadata }: ModelSpec): Uint8Array<ArrayBuffer> {
  const graph = [
    ...nodes.flatMap((node) => message(1, nodeBytes(node))),
    ...message(2, text(name)),
    ...Object.entries(tensors).flatMap(([tensor, { dims, values }]) =>
      message(5, [
        ...message(1, dims.flatMap(varint)),
        ...integer(2, FLOAT),
        ...message(8, text(tensor)),
        ...message(9, values.flatMap(float32)),
      ]),
    ),
    ...message(11, valueBytes("x", width)),
    ...message(12, valueBytes("p", 1)),
  ];
  const opset = (domain: string, version: number) => message(8, [...message(1, text(domain)), ...integer(2, version)]);
  return Uint8Array.from([
    ...integer(1, IR_VERSION),
    ...message(2, text("waypost")),
    ...message(7, graph),
    ...opset("", OPSET),
    ...opset("ai.onnx.ml", ML_OPSET),
    ...Object.entries(metadata).flatMap(([key, value]) =>
      message(14, [...message(1, text(key)), ...message(2, text(value))]),
    ),
  ]);
}

/** A branch goes to row `whenTrue` of its tree where `feature <= threshold` in float32; a leaf adds its weight. */
export type TreeRow = { feature: number; threshold: number; whenTrue: number; whenFalse: number } | { leaf: number };

/** A TreeEnsembleRegressor of one target: the sum of one leaf a tree, and the base value. Row 0 of a tree is its root. */
export function treeEnsemble(
  trees: readonly (readonly TreeRow[])[],
  { input, output, base }: { input: string; output: string; base?: number },
): NodeSpec {
  const all = trees.flatMap((rows, tree) => rows.map((row, id) => ({ row, tree, id })));
  const branch = (key: "feature" | "threshold" | "whenTrue" | "whenFalse") =>
    all.map(({ row }) => ("leaf" in row ? 0 : row[key]));
  const leaves = all.flatMap(({ row, tree, id }) => ("leaf" in row ? [{ weight: row.leaf, tree, id }] : []));
  return {
    op: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: [input],
    output,
    attributes: {
      ...(base === undefined ? {} : { base_values: { floats: [base] } }),
      n_targets: { i: 1 },
      nodes_falsenodeids: { ints: branch("whenFalse") },
      nodes_featureids: { ints: branch("feature") },
      nodes_modes: { strings: all.map(({ row }) => ("leaf" in row ? "LEAF" : "BRANCH_LEQ")) },
      nodes_nodeids: { ints: all.map(({ id }) => id) },
      nodes_treeids: { ints: all.map(({ tree }) => tree) },
      nodes_truenodeids: { ints: branch("whenTrue") },
      nodes_values: { floats: branch("threshold") },
      target_ids: { ints: leaves.map(() => 0) },
      target_nodeids: { ints: leaves.map(({ id }) => id) },
      target_treeids: { ints: leaves.map(({ tree }) => tree) },
      target_weights: { floats: leaves.map(({ weight }) => weight) },
    },
  };
}

function nodeBytes({ op, domain = "", inputs, output, attributes = {} }: NodeSpec): Bytes {
  return [
    ...inputs.flatMap((input) => message(1, text(input))),
    ...message(2, text(output)),
    ...message(4, text(op)),
    ...Object.entries(attributes).flatMap(([key, value]) => message(5, attributeBytes(key, value))),
    ...(domain === "" ? [] : message(7, text(domain))),
  ];
}

function attributeBytes(name: string, value: AttributeValue): Bytes {
  const kind = Object.keys(value)[0] as keyof typeof ATTRIBUTE;
  const [field, type] = ATTRIBUTE[kind];
  const bytes = () => {
    if ("f" in value) return [...varint(field * 8 + 5), ...float32(value.f)];
    if ("i" in value) return integer(field, value.i);
    if ("s" in value) return message(field, text(value.s));
    if ("floats" in value) return message(field, value.floats.flatMap(float32));
    if ("ints" in value) return message(field, value.ints.flatMap(varint));
    return value.strings.flatMap((string) => message(field, text(string)));
  };
  return [...message(1, text(name)), ...bytes(), ...integer(20, type)];
}

/** A float32 tensor [N, width]. */
function valueBytes(name: string, width: number): Bytes {
  const shape = [...message(1, message(2, text("N"))), ...message(1, integer(1, width))];
  const tensorType = [...integer(1, FLOAT), ...message(2, shape)];
  return [...message(1, text(name)), ...message(2, message(1, tensorType))];
}

function message(field: number, bytes: Bytes): Bytes {
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
}

function integer(field: number, value: number): Bytes {
  return [...varint(field * 8), ...varint(value)];
}

function varint(value: number): Bytes {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function float32(value: number): Bytes {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return [0, 1, 2, 3].map((i) => view.getUint8(i));
}

function text(value: string): Bytes {
  return [...utf8.encode(value)];
}
