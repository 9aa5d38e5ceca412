import { expect, test } from "vitest";
import intentGolden from "../../models/intent/golden.json" with { type: "json" };
import { type Model, type ReadModel, readModel, runModel } from "../../models/onnx.ts";
import { MODEL_BYTES_MAX } from "../../models/onnx-file.ts";
import stallGolden from "../../models/stall/golden.json" with { type: "json" };
import { type ModelSpec, type NodeSpec, treeEnsemble, writeOnnx } from "../../models/train/onnx-writer.ts";
import { starterBytes } from "../../models/train/starter.ts";
import { handMadeGraph, threeTrees } from "./onnx-graphs.ts";

type Spec = Partial<ModelSpec> & Pick<ModelSpec, "nodes">;

function built(spec: Spec, width = spec.width ?? 2): Model {
  const read = readModel(writeOnnx({ name: "test", width, metadata: {}, ...spec }), width);
  if (!read.ok) throw new Error(`${read.reason}: ${read.detail}`);
  return read.model;
}

function refused(spec: Spec, width = 2): ReadModel {
  return readModel(writeOnnx({ name: "test", width, metadata: {}, ...spec }), width);
}

const row = (...values: number[]) => Float32Array.from(values);

test.each([
  ["stall", stallGolden],
  ["intent", intentGolden],
] as const)("E1 the compact engine gives the golden answers of the %s model within its tolerance", (name, golden) => {
  const read = readModel(starterBytes(name));
  expect(read).toMatchObject({ ok: true, model: { metadata: { version: golden.model, kind: "rule" } } });
  if (!read.ok) return;
  expect(golden.rows.length).toBeGreaterThanOrEqual(50);
  for (const { x, p } of golden.rows) {
    expect(Math.abs(runModel(read.model, Float32Array.from(x)) - p)).toBeLessThanOrEqual(golden.tolerance);
  }
});

test("E2 a graph of seven operators gives what is worked out by hand", () => {
  // x = (1, −2, 0.5). Gemm: 1·1 − 2·3 + 0.5·(−2) + 0.5 = −5.5 and 1·2 − 2·4 + 0.5·8 − 1 = −3. Clip to [−4, 10]: (−4, −3).
  // Mul by (0.5, 2): (−2, −6). MatMul with (1, −0.5): −2 + 3 = 1. Sub 1: 0. Add ln 3. Sigmoid(ln 3) = 3/4.
  const model = built(handMadeGraph);
  expect(Math.abs(runModel(model, row(1, -2, 0.5)) - 0.75)).toBeLessThanOrEqual(1e-7);
  // x = 0: (0.5, −1), unclipped; (0.25, −2); 0.25 + 1 = 1.25; 0.25; sigmoid(0.25 + ln 3) = 3e^0.25 / (1 + 3e^0.25) = 0.7939027.
  expect(Math.abs(runModel(model, row(0, 0, 0)) - 0.7939027)).toBeLessThanOrEqual(1e-7);
});

test("E3 three trees add up, and a value on a threshold goes to the true side, one float32 above it to the other", () => {
  const model = built(threeTrees);
  // Leaves by hand: x0 <= 0 ? 1 : 2; x1 <= 0.5 ? (x0 <= −1 ? 10 : 20) : 30; 100 for all; base −0.5.
  expect(runModel(model, row(0, 0.5))).toBe(1 + 20 + 100 - 0.5);
  expect(runModel(model, row(0.1, 0.6))).toBe(2 + 30 + 100 - 0.5);
  expect(runModel(model, row(-1, 0.5))).toBe(1 + 10 + 100 - 0.5);
  expect(runModel(model, row(0, 0.5 + 2 ** -24))).toBe(1 + 30 + 100 - 0.5);
  expect(runModel(model, row(2 ** -149, 0.5))).toBe(2 + 20 + 100 - 0.5);
});

/** One node over x = (3, −2), its row summed into p. */
const ONE_OPERATOR: [string, NodeSpec, ModelSpec["tensors"], number][] = [
  ["Add", { op: "Add", inputs: ["x", "c"], output: "y" }, { c: { dims: [2], values: [10, 1] } }, 12],
  ["Add of one number", { op: "Add", inputs: ["x", "c"], output: "y" }, { c: { dims: [], values: [1] } }, 3],
  ["Add of itself", { op: "Add", inputs: ["x", "x"], output: "y" }, {}, 2],
  ["Sub", { op: "Sub", inputs: ["c", "x"], output: "y" }, { c: { dims: [1, 2], values: [1, 1] } }, 1],
  ["Mul", { op: "Mul", inputs: ["x", "c"], output: "y" }, { c: { dims: [1, 1], values: [4] } }, 4],
  ["Div", { op: "Div", inputs: ["x", "c"], output: "y" }, { c: { dims: [2], values: [2, 4] } }, 1],
  [
    "Min",
    { op: "Min", inputs: ["x", "c", "d"], output: "y" },
    { c: { dims: [1], values: [2] }, d: { dims: [1], values: [1] } },
    -1,
  ],
  ["Max", { op: "Max", inputs: ["x", "c"], output: "y" }, { c: { dims: [1], values: [-1] } }, 2],
  [
    "Clip",
    { op: "Clip", inputs: ["x", "c", "d"], output: "y" },
    { c: { dims: [], values: [-1] }, d: { dims: [], values: [2] } },
    1,
  ],
  ["Clip below only", { op: "Clip", inputs: ["x", "c"], output: "y" }, { c: { dims: [], values: [0] } }, 3],
  ["Clip above only", { op: "Clip", inputs: ["x", "", "c"], output: "y" }, { c: { dims: [], values: [0] } }, -2],
  ["Identity", { op: "Identity", inputs: ["x"], output: "y" }, {}, 1],
  ["Cast to float", { op: "Cast", inputs: ["x"], output: "y", attributes: { to: { i: 1 } } }, {}, 1],
  [
    "Gemm with alpha, beta and transB",
    {
      op: "Gemm",
      inputs: ["x", "c", "d"],
      output: "y",
      attributes: { alpha: { f: 2 }, beta: { f: -1 }, transB: { i: 1 } },
    },
    { c: { dims: [2, 2], values: [1, 0, 5, 7] }, d: { dims: [1], values: [4] } },
    // 2·(3·1 − 2·0) − 4 = 2 and 2·(3·5 − 2·7) − 4 = −2.
    0,
  ],
  ["MatMul", { op: "MatMul", inputs: ["x", "c"], output: "y" }, { c: { dims: [2, 2], values: [1, 0, 5, 7] } }, -21],
];

test.each(ONE_OPERATOR)("E4 %s", (_, node, tensors, expected) => {
  const sum = { op: "MatMul", inputs: ["y", "ones"], output: "p" };
  const model = built({ nodes: [node, sum], tensors: { ...tensors, ones: { dims: [2, 1], values: [1, 1] } } });
  expect(runModel(model, row(3, -2))).toBe(expected);
});

test("E5 arithmetic is float32: 2^24 + 1 + 1 stays 2^24 where each step is rounded", () => {
  const big = 2 ** 24;
  const nodes = [{ op: "Gemm", inputs: ["x", "ones"], output: "p" }];
  const model = built({ nodes, width: 3, tensors: { ones: { dims: [3, 1], values: [1, 1, 1] } } });
  expect(runModel(model, row(big, 1, 1))).toBe(big);
  expect(runModel(model, row(1, 1, big))).toBe(big + 2);
});

test("E6 numbers that are none give 0, and so does a row of another width (S28)", () => {
  const model = built({ nodes: [{ op: "Div", inputs: ["x", "x"], output: "p" }], width: 1 });
  expect(runModel(model, row(5))).toBe(1);
  for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(runModel(model, row(x))).toBe(0);
  expect(runModel(model, row(0))).toBe(0);
  expect(runModel(model, row())).toBe(0);
  expect(runModel(model, row(5, 5))).toBe(0);
  // Not even where the graph would lose sight of it: a tree sends NaN to one side and goes on.
  expect(runModel(built(threeTrees), row(Number.NaN, 0.5))).toBe(0);
  expect(runModel(model, row(5))).toBe(1);
});

const identity = { op: "Identity", inputs: ["x"], output: "p" };

test("E7 an operator, an option or a version that is not ours is refused by name", () => {
  const reason = "unsupported-operator";
  expect(refused({ nodes: [{ op: "Tanh", inputs: ["x"], output: "p" }] })).toEqual({
    ok: false,
    reason,
    detail: "Tanh",
  });
  expect(refused({ nodes: [{ ...identity, domain: "com.example" }] })).toMatchObject({
    reason,
    detail: "com.example.Identity",
  });
  expect(refused({ nodes: [{ op: "toString", inputs: ["x"], output: "p" }] })).toMatchObject({ reason });
  expect(refused({ nodes: [{ op: "Cast", inputs: ["x"], output: "p", attributes: { to: { i: 7 } } }] })).toMatchObject({
    reason,
  });
  const [trees] = threeTrees.nodes as [NodeSpec];
  for (const attributes of [
    { aggregate_function: { s: "AVERAGE" } },
    { post_transform: { s: "LOGISTIC" } },
    { n_targets: { i: 2 } },
    { target_ids: { ints: [0, 0, 0, 1, 0, 0] } },
    { nodes_values_as_tensor: { s: "" } },
  ]) {
    const nodes = [{ ...trees, attributes: { ...trees.attributes, ...attributes } }];
    expect(refused({ nodes })).toMatchObject({
      reason,
      detail: expect.stringMatching(/^(aggregate|post|n_t|more|nodes)/),
    });
  }
});

test("E8 a model of another shape than one x in and one p out is refused", () => {
  const reason = "wrong-shape";
  expect(readModel(starterBytes("stall")).ok).toBe(true);
  expect(readModel(starterBytes("stall"), 16)).toMatchObject({ reason });
  expect(refused({ nodes: [identity] })).toMatchObject({ reason, detail: "p has 2 columns" });
  expect(
    refused({
      nodes: [{ op: "Add", inputs: ["x", "c"], output: "p" }],
      tensors: { c: { dims: [3], values: [1, 2, 3] } },
    }),
  ).toMatchObject({ reason });
  expect(
    refused({
      nodes: [{ op: "MatMul", inputs: ["x", "c"], output: "p" }],
      tensors: { c: { dims: [3, 1], values: [1, 2, 3] } },
    }),
  ).toMatchObject({ reason });
  expect(
    refused({ nodes: [{ op: "Add", inputs: ["c", "c"], output: "p" }], tensors: { c: { dims: [1], values: [1] } } }),
  ).toMatchObject({ reason });
  expect(
    refused({ nodes: [{ op: "Sigmoid", inputs: ["c"], output: "p" }], tensors: { c: { dims: [1], values: [1] } } }),
  ).toMatchObject({ reason });
});

const MISFITS: [string, NodeSpec["inputs"], ModelSpec["tensors"]][] = [
  ["Add", ["x", "c"], { c: { dims: [2, 1], values: [1, 1] } }],
  ["Add", ["x", "c"], { c: { dims: [0], values: [] } }],
  ["Add", ["x", "c"], { c: { dims: [3], values: [1, 2, 3] } }],
  ["Add", ["x"], {}],
  ["Add", ["x", "x", "x"], {}],
  ["Add", ["x", ""], {}],
  ["Sigmoid", ["x", "x"], {}],
  ["Clip", ["x", "c"], { c: { dims: [2], values: [0, 0] } }],
  ["Clip", ["x", "", "c"], { c: { dims: [2], values: [0, 0] } }],
  ["Clip", ["x", "x"], {}],
  ["Clip", ["x", "", "x"], {}],
  ["Clip", ["x", "c", "c", "c"], { c: { dims: [], values: [0] } }],
  ["Gemm", ["x"], {}],
  ["Gemm", ["x", "x"], {}],
  ["Gemm", ["x", "c"], { c: { dims: [2], values: [1, 1] } }],
  ["Gemm", ["x", "c"], { c: { dims: [2, 0], values: [] } }],
  ["Gemm", ["x", "c", "d"], { c: { dims: [2, 2], values: [1, 1, 1, 1] }, d: { dims: [3], values: [1, 1, 1] } }],
  ["Gemm", ["x", "c", "d"], { c: { dims: [2, 2], values: [1, 1, 1, 1] }, d: { dims: [2, 1], values: [1, 1] } }],
  ["Gemm", ["x", "c", "c", "c"], { c: { dims: [2, 2], values: [1, 1, 1, 1] } }],
];

test.each(MISFITS)("E8 %s of %j does not fit %j", (op, inputs, tensors) => {
  expect(refused({ nodes: [{ op, inputs, output: "p" }], tensors: tensors ?? {} })).toMatchObject({
    ok: false,
    reason: "wrong-shape",
  });
});

test("E9 a file that contradicts itself is refused as malformed", () => {
  const reason = "malformed";
  expect(refused({ nodes: [] })).toMatchObject({ reason });
  expect(refused({ nodes: [{ ...identity, inputs: ["y"] }] })).toMatchObject({ reason });
  expect(refused({ nodes: [identity, identity], width: 1 }, 1)).toMatchObject({ reason });
  expect(refused({ nodes: [{ ...identity, output: "" }] })).toMatchObject({ reason });
  expect(refused({ nodes: [{ ...identity, output: "y" }] })).toMatchObject({ reason, detail: "nothing computes p" });
  expect(refused({ nodes: [identity], tensors: { c: { dims: [2, 2], values: [1, 2, 3] } } })).toMatchObject({
    reason,
    detail: "a tensor of 2 x 2 has 3 values",
  });
  expect(readModel(new Uint8Array(MODEL_BYTES_MAX + 1))).toMatchObject({
    reason,
    detail: `larger than ${MODEL_BYTES_MAX} bytes`,
  });
  const [trees] = threeTrees.nodes as [NodeSpec];
  for (const attributes of [
    { nodes_truenodeids: { ints: [0, 0, 0, 1, 3, 0, 0, 0, 0] } },
    { nodes_truenodeids: { ints: [9, 0, 0, 1, 3, 0, 0, 0, 0] } },
    { nodes_featureids: { ints: [2, 0, 0, 1, 0, 0, 0, 0, 0] } },
    { nodes_values: { floats: [0] } },
    {
      nodes_modes: {
        strings: ["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF", "LEAFY"],
      },
    },
    { nodes_modes: { strings: Array(9).fill("LEAF") } },
    { target_nodeids: { ints: [1, 1, 3, 4, 2, 0] } },
    { target_weights: { floats: [1] } },
    { base_values: { floats: [1, 2] } },
  ]) {
    expect(refused({ nodes: [{ ...trees, attributes: { ...trees.attributes, ...attributes } }] })).toMatchObject({
      reason,
    });
  }
});

test("E10 a small file cannot ask for a long run: shared tensors count every time they are used", () => {
  const tensors = {
    c: { dims: [200, 200], values: Array<number>(40_000).fill(0) },
    d: { dims: [2, 200], values: Array<number>(400).fill(0) },
  };
  const chain = (length: number) => {
    const nodes: NodeSpec[] = [{ op: "MatMul", inputs: ["x", "d"], output: "y0" }];
    for (let i = 0; i < length; i++) nodes.push({ op: "MatMul", inputs: [`y${i}`, "c"], output: `y${i + 1}` });
    return refused({ nodes, tensors });
  };
  expect(chain(20)).toMatchObject({ reason: "malformed", detail: "nothing computes p" });
  expect(chain(30)).toMatchObject({ reason: "wrong-shape", detail: expect.stringContaining("steps") });
});

test("E11 metadata is data: a key named __proto__ changes nothing and can be read (S6)", () => {
  const metadata = JSON.parse('{"__proto__": "polluted", "version": "v1"}');
  const model = built({ nodes: [identity], width: 1, metadata });
  expect(Object.entries(model.metadata)).toEqual([
    ["__proto__", "polluted"],
    ["version", "v1"],
  ]);
  expect(Object.getPrototypeOf(model.metadata)).toBe(Object.prototype);
});

test.each([
  ["BRANCH_LEQ", [1, 1, 0]],
  ["BRANCH_LT", [1, 0, 0]],
  ["BRANCH_GTE", [0, 1, 1]],
  ["BRANCH_GT", [0, 0, 1]],
  ["BRANCH_EQ", [0, 1, 0]],
  ["BRANCH_NEQ", [1, 0, 1]],
])("E18 %s below, on and above its threshold", (mode, expected) => {
  const rows = [{ feature: 0, threshold: 2, whenTrue: 1, whenFalse: 2 }, { leaf: 1 }, { leaf: 0 }];
  const node = treeEnsemble([rows], { input: "x", output: "p" });
  const attributes = { ...node.attributes, nodes_modes: { strings: [mode, "LEAF", "LEAF"] } };
  const model = built({ nodes: [{ ...node, attributes }], width: 1 });
  expect([1, 2, 3].map((x) => runModel(model, row(x)))).toEqual(expected);
});
