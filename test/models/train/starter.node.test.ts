import { readFileSync } from "node:fs";
import { onnx } from "onnx-proto";
import { expect, test } from "vitest";
import { FEATURES } from "../../../models/features.ts";
import type { ScoreName } from "../../../models/site-config.ts";
import { STARTERS, starterBytes } from "../../../models/train/starter.ts";
import { starterFiles } from "../../../worker/cli/models.ts";

const NAMES = Object.keys(STARTERS) as ScoreName[];
const committed = (name: ScoreName, file: string) => new URL(`../../../models/${name}/${file}`, import.meta.url);

test.each(NAMES)("M7 what lies in models/%s is what `npm run models` makes, byte for byte", async (name) => {
  const files = await starterFiles(name);
  expect(Object.keys(files)).toEqual(["model.onnx", "card.md", "golden.json"]);
  for (const [file, content] of Object.entries(files)) {
    expect(readFileSync(committed(name, file)).equals(Buffer.from(content)), `${file}: run npm run models`).toBe(true);
  }
});

test.each(NAMES)(
  "M8 the %s file is valid ONNX by the reference schema, and keeps the contract's versions and shapes",
  (name) => {
    const model = onnx.ModelProto.decode(starterBytes(name));
    const plain = onnx.ModelProto.toObject(model, { longs: Number, arrays: true });
    expect(onnx.ModelProto.verify(plain)).toBeNull();
    expect(plain).toMatchObject({
      irVersion: 8,
      opsetImport: [
        { domain: "", version: 13 },
        { domain: "ai.onnx.ml", version: 3 },
      ],
    });
    const value = (valueName: string, width: number) => ({
      name: valueName,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "N" }, { dimValue: width }] } } },
    });
    expect(plain.graph.input).toMatchObject([value("x", FEATURES.length)]);
    expect(plain.graph.output).toMatchObject([value("p", 1)]);
    // The schema's own writer, given what its reader understood, writes the same bytes: nothing in the file was skipped.
    expect(Buffer.from(starterBytes(name)).equals(onnx.ModelProto.encode(model).finish())).toBe(true);
  },
);

test("M8 the stall tree, by the reference schema, splits on `unfinished` and then on `idleRatio` at 0.5, 1 and 2", () => {
  const { graph } = onnx.ModelProto.toObject(onnx.ModelProto.decode(starterBytes("stall")), { longs: Number });
  const [node] = graph.node;
  expect(node).toMatchObject({ opType: "TreeEnsembleRegressor", domain: "ai.onnx.ml" });
  const attribute = (key: string) => node.attribute.find((a: { name: string }) => a.name === key);
  const branches = attribute("nodes_modes").strings.map(
    (mode: Uint8Array) => Buffer.from(mode).toString() === "BRANCH_LEQ",
  );
  const columns = attribute("nodes_featureids").ints.filter((_: number, i: number) => branches[i]);
  expect(columns.map((column: number) => FEATURES[column]?.name)).toEqual([
    "unfinished",
    "idleRatio",
    "idleRatio",
    "idleRatio",
  ]);
  expect(attribute("nodes_values").floats.filter((_: number, i: number) => branches[i])).toEqual([0.5, 0.5, 1, 2]);
});
