import { type ModelSpec, treeEnsemble } from "../../models/train/onnx-writer.ts";

/** Seven operators in a row over three features. Its numbers are worked out in onnx.test.ts. */
export const handMadeGraph: ModelSpec = {
  name: "by-hand",
  width: 3,
  nodes: [
    { op: "Gemm", inputs: ["x", "w", "b"], output: "a" },
    { op: "Clip", inputs: ["a", "low", "high"], output: "c" },
    { op: "Mul", inputs: ["c", "scale"], output: "m" },
    { op: "MatMul", inputs: ["m", "v"], output: "s" },
    { op: "Sub", inputs: ["s", "one"], output: "d" },
    { op: "Add", inputs: ["d", "ln3"], output: "logit" },
    { op: "Sigmoid", inputs: ["logit"], output: "p" },
  ],
  tensors: {
    w: { dims: [3, 2], values: [1, 2, 3, 4, -2, 8] },
    b: { dims: [2], values: [0.5, -1] },
    low: { dims: [], values: [-4] },
    high: { dims: [], values: [10] },
    scale: { dims: [1, 2], values: [0.5, 2] },
    v: { dims: [2, 1], values: [1, -0.5] },
    one: { dims: [1], values: [1] },
    ln3: { dims: [1, 1], values: [Math.log(3)] },
  },
  metadata: {},
};

/** Three trees over two features, of depth one, two and none. */
export const threeTrees: ModelSpec = {
  name: "three-trees",
  width: 2,
  nodes: [
    treeEnsemble(
      [
        [{ feature: 0, threshold: 0, whenTrue: 1, whenFalse: 2 }, { leaf: 1 }, { leaf: 2 }],
        [
          { feature: 1, threshold: 0.5, whenTrue: 1, whenFalse: 2 },
          { feature: 0, threshold: -1, whenTrue: 3, whenFalse: 4 },
          { leaf: 30 },
          { leaf: 10 },
          { leaf: 20 },
        ],
        [{ leaf: 100 }],
      ],
      { input: "x", output: "p", base: -0.5 },
    ),
  ],
  metadata: {},
};
