/**
 * The compact engine: runs the operators that our own models are made of, one row at a time, in float32 as onnxruntime
 * does. Ready in milliseconds where that takes half a second and 2.3 MB; a file with any other operator is refused, and
 * is for onnxruntime-web (DESIGN §7).
 */
import { FEATURES } from "./features.ts";
import { FLOAT, type OnnxFile, type OnnxNode, type OnnxTensor, type OnnxValue, readOnnxFile } from "./onnx-file.ts";
import { readTrees, sumTrees } from "./onnx-trees.ts";

/** A model ready to run. Made by `readModel`; nothing outside this file looks into `input`, `steps` and `output`. */
export interface Model {
  metadata: Record<string, string>;
  input: Float32Array;
  steps: readonly (() => void)[];
  output: Float32Array;
}

interface ModelRefused {
  ok: false;
  /** wrong-shape: not one `x` float32 [N, width] in and one `p` float32 [N, 1] out, or operands that do not fit. */
  reason: "malformed" | "unsupported-operator" | "wrong-shape";
  detail: string;
}
export type ReadModel = { ok: true; model: Model } | ModelRefused;

/** Versions of the operator sets whose meaning is implemented here (modelling contract: opset 13, ai.onnx.ml 3, IR 8). */
const IR_MAX = 8;
const OPSETS = new Map([
  ["", 13],
  ["ai.onnx.ml", 3],
]);
/**
 * Multiplications and other steps of one run, at most: some 4 ms. A small file could otherwise ask for hours, since
 * many nodes can share one large tensor. Our largest model, 300 trees of 15 leaves, needs 10,000.
 */
const WORK_MAX = 1_000_000;

/** A row that is computed for each x, or a tensor of the file. */
type Operand = { row: Float32Array; tensor: null } | { row: null; tensor: OnnxTensor };

interface Kernel {
  out: Float32Array;
  run: () => void;
  /** Steps of one run beyond one an element of `out`. */
  work?: number;
}
type Build = (node: OnnxNode, operands: (Operand | null)[]) => Kernel | ModelRefused;

/**
 * Reads an .onnx file whose `x` is a row of `width` features, in the order of FEATURES. The bytes are untrusted: whatever
 * they are, the answer is a value, and soon.
 */
export function readModel(bytes: Uint8Array, width: number = FEATURES.length): ReadModel {
  const file = readOnnxFile(bytes);
  if (typeof file === "string") return no("malformed", file);
  const refused = checkContract(file, width);
  if (refused) return refused;
  const input = new Float32Array(width);
  const values = new Map<string, Operand>([["x", { row: input, tensor: null }]]);
  for (const [name, tensor] of file.tensors) values.set(name, { row: null, tensor });
  const steps: (() => void)[] = [];
  let work = 0;
  for (const node of file.nodes) {
    const kernel = buildNode(node, values);
    if ("ok" in kernel) return kernel;
    work += kernel.out.length + (kernel.work ?? 0);
    if (work > WORK_MAX) return no("wrong-shape", `more than ${WORK_MAX} steps for one row`);
    steps.push(kernel.run);
    values.set(node.outputs[0] ?? "", { row: kernel.out, tensor: null });
  }
  const output = values.get("p")?.row;
  if (!output) return no("malformed", "nothing computes p");
  if (output.length !== 1) return no("wrong-shape", `p has ${output.length} columns`);
  return { ok: true, model: { metadata: file.metadata, input, steps, output } };
}

/**
 * The `p` of one row of features. 0, so that nothing is done, where a feature or `p` is not a finite number, or where
 * the row is not as wide as the model: a score that cannot be computed must not move anyone.
 */
export function runModel(model: Model, x: Float32Array): number {
  if (x.length !== model.input.length || !x.every(Number.isFinite)) return 0;
  model.input.set(x);
  for (const step of model.steps) step();
  const p = model.output[0] ?? 0;
  return Number.isFinite(p) ? p : 0;
}

function no(reason: ModelRefused["reason"], detail: string): ModelRefused {
  return { ok: false, reason, detail };
}

function checkContract(file: OnnxFile, width: number): ModelRefused | null {
  if (file.irVersion < 1 || file.nodes.length === 0) return no("malformed", "no model");
  if (file.irVersion > IR_MAX)
    return no("unsupported-operator", `IR version ${file.irVersion}, at most ${IR_MAX} is read`);
  for (const [domain, version] of file.opsets) {
    const known = OPSETS.get(domain);
    if (known !== version) {
      const wanted = known === undefined ? "is not known" : `is version ${version}, not ${known}`;
      return no("unsupported-operator", `operator set "${domain || "ai.onnx"}" ${wanted}`);
    }
  }
  if (file.nodes.some(({ domain, op }) => OPERATORS.has(op) && !file.opsets.has(domain))) {
    return no("malformed", "an operator of a set whose version is not said");
  }
  // Files of old exporters list their tensors among the inputs.
  const inputs = file.inputs.filter(({ name }) => !file.tensors.has(name));
  if (!isFloatRow(inputs, "x", width)) return no("wrong-shape", `the input is not x float32 [N, ${width}]`);
  return isFloatRow(file.outputs, "p", 1) ? null : no("wrong-shape", "the output is not p float32 [N, 1]");
}

function isFloatRow([value, ...others]: OnnxValue[], name: string, width: number): boolean {
  if (!value || others.length > 0) return false;
  return value.name === name && value.dataType === FLOAT && value.dims.length === 2 && value.dims[1] === width;
}

/** Nodes come in an order in which everything is computed before it is used, and no name twice. */
function buildNode(node: OnnxNode, values: Map<string, Operand>): Kernel | ModelRefused {
  const build = OPERATORS.get(node.op);
  if (!build) return no("unsupported-operator", node.op);
  const [output, ...more] = node.outputs;
  if (!output || more.length > 0 || values.has(output))
    return no("malformed", `${node.op} with outputs ${node.outputs}`);
  // An optional input that is left out has no name.
  const operands = node.inputs.map((name) => (name === "" ? null : (values.get(name) ?? undefined)));
  if (operands.includes(undefined)) return no("malformed", `${node.op} of what is not computed before it`);
  return build(node, operands as (Operand | null)[]);
}

/** The elements of an operand that combines element by element with a row: itself a row, or a tensor like one. */
function elementsOf(operand: Operand | null | undefined): Float32Array | null {
  if (!operand) return null;
  if (operand.row) return operand.row;
  const { dims, floats } = operand.tensor;
  return dims.slice(0, -1).every((dim) => dim === 1) ? floats : null;
}

/** An operator of one or more operands, element by element; one of a single element counts for all of a row. */
function elementwise(combine: (a: number, b: number) => number, operandsMin: number, operandsMax = operandsMin): Build {
  return ({ op }, operands) => {
    const all = operands.map(elementsOf);
    const length = Math.max(...all.map((elements) => elements?.length ?? 0));
    const [first, ...rest] = all.filter((elements) => elements !== null);
    const fit = all.every((elements) => elements?.length === 1 || elements?.length === length);
    if (!first || !fit || all.length < operandsMin || all.length > operandsMax || !operands.some((o) => o?.row)) {
      return no("wrong-shape", `${op} of operands that do not fit`);
    }
    const out = new Float32Array(length);
    const at = (elements: Float32Array, i: number) => elements[elements.length === 1 ? 0 : i] ?? 0;
    const run = () => {
      for (let i = 0; i < length; i++) {
        let value = at(first, i);
        for (const elements of rest) value = Math.fround(combine(value, at(elements, i)));
        out[i] = value;
      }
    };
    return { out, run, work: length * rest.length };
  };
}

/** An operator of one row, element by element. */
function map(f: (value: number) => number): Build {
  return ({ op }, [operand, ...more]) => {
    const row = operand?.row;
    if (!row || more.length > 0) return no("wrong-shape", `${op} of what is not one row`);
    const out = new Float32Array(row.length);
    const run = () => {
      for (let i = 0; i < out.length; i++) out[i] = f(row[i] ?? 0);
    };
    return { out, run };
  };
}

/** alpha · A·B + beta · C of a row A and tensors B and C, B perhaps transposed. MatMul is the same without the rest. */
const gemm: Build = ({ op, attributes }, [a, b, c, ...more]) => {
  const whole = (name: string) => attributes.get(name)?.i ?? 0;
  const factor = (name: string) => attributes.get(name)?.f ?? 1;
  const row = a?.row;
  const weights = b?.tensor;
  if (!row || !weights || more.length > 0 || whole("transA") !== 0)
    return no("wrong-shape", `${op} of other than a row and a tensor`);
  const transposed = whole("transB") !== 0;
  const [height, width] = transposed ? [weights.dims[1], weights.dims[0]] : weights.dims;
  const bias = c ? elementsOf(c) : null;
  if (
    weights.dataType !== FLOAT ||
    weights.dims.length !== 2 ||
    height !== row.length ||
    !width ||
    (c && (!bias || (bias.length !== 1 && bias.length !== width)))
  ) {
    return no("wrong-shape", `${op} of ${row.length} columns and ${weights.dims.join(" x ")} weights`);
  }
  const { floats } = weights;
  const [alpha, beta] = [factor("alpha"), factor("beta")];
  const out = new Float32Array(width);
  const run = () => {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let k = 0; k < row.length; k++) {
        const weight = floats[transposed ? j * row.length + k : k * width + j] ?? 0;
        sum = Math.fround(sum + Math.fround((row[k] ?? 0) * weight));
      }
      const shift = bias ? Math.fround(beta * (bias[bias.length === 1 ? 0 : j] ?? 0)) : 0;
      out[j] = Math.fround(alpha * sum) + shift;
    }
  };
  return { out, run, work: width * row.length };
};

/** Bounds of one element, either of which may be left out. */
const clip: Build = (node, [operand, low, high, ...more]) => {
  const [min, max] = [low, high].map((bound) => (bound ? elementsOf(bound) : null));
  if (more.length > 0 || (low && min?.length !== 1) || (high && max?.length !== 1) || low?.row || high?.row) {
    return no("wrong-shape", "Clip with bounds that are no single numbers");
  }
  const [least, most] = [min?.[0] ?? Number.NEGATIVE_INFINITY, max?.[0] ?? Number.POSITIVE_INFINITY];
  return map((value) => Math.min(most, Math.max(least, value)))(node, [operand ?? null]);
};

const cast: Build = (node, operands) =>
  node.attributes.get("to")?.i === FLOAT
    ? map((value) => value)(node, operands)
    : no("unsupported-operator", "Cast to other than float32");

const treeEnsemble: Build = (node, [operand, ...more]) => {
  const row = operand?.row;
  if (!row || more.length > 0) return no("wrong-shape", "trees over what is not one row");
  const trees = readTrees(node, row.length);
  if ("reason" in trees) return no(trees.reason, trees.detail);
  const out = new Float32Array(1);
  const run = () => {
    out[0] = sumTrees(trees, row);
  };
  return { out, run, work: trees.mode.length };
};

const OPERATORS = new Map<string, Build>([
  ["Gemm", gemm],
  ["MatMul", gemm],
  ["Add", elementwise((a, b) => a + b, 2)],
  ["Sub", elementwise((a, b) => a - b, 2)],
  ["Mul", elementwise((a, b) => a * b, 2)],
  ["Div", elementwise((a, b) => a / b, 2)],
  ["Min", elementwise(Math.min, 1, 64)],
  ["Max", elementwise(Math.max, 1, 64)],
  ["Sigmoid", map((value) => 1 / (1 + Math.exp(-value)))],
  ["Identity", map((value) => value)],
  ["Clip", clip],
  ["Cast", cast],
  ["ai.onnx.ml.TreeEnsembleRegressor", treeEnsemble],
]);
