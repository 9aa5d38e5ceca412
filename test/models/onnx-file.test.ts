import { expect, test } from "vitest";
import { readModel, runModel } from "../../models/onnx.ts";
import { starterBytes } from "../../models/train/starter.ts";

/** p = 2x as another writer may put it: numbers one by one, tensors among the inputs, fields that we do not read. */
function byOtherWriter({ ir = 8, domain = "ai.onnx", version = 13 } = {}): Uint8Array {
  const bytesOf = (part: string | number[]) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part);
  const part = (no: number, content: string | number[]) => [no * 8 + 2, bytesOf(content).length, ...bytesOf(content)];
  const int = (no: number, value: number) => [no * 8, value];
  const tensorType = [...int(1, 1), ...part(2, [...part(1, part(2, "N")), ...part(1, int(1, 1))])];
  const value = (name: string) => [...part(1, name), ...part(2, part(1, tensorType))];
  const two = [0, 0, 0, 0x40];
  const operator = [...part(3, "node-name"), ...part(4, "Mul"), ...part(7, "ai.onnx")];
  const graph = [
    ...part(1, [...part(1, "x"), ...part(1, "c"), ...part(2, "p"), ...operator]),
    // dims 1 and 1, one field each; float_data (field 4) as one field of wire type 5.
    ...part(5, [...int(1, 1), ...int(1, 1), ...int(2, 1), 4 * 8 + 5, ...two, ...part(8, "c")]),
    ...part(11, value("c")),
    ...part(11, value("x")),
    ...part(12, value("p")),
  ];
  const opset = [...part(1, domain), ...int(2, version)];
  return Uint8Array.from([...int(1, ir), ...part(7, graph), ...part(8, opset), ...int(5, 3)]);
}

test("E17 a file by another writer is read as the format allows it", () => {
  const read = readModel(byOtherWriter(), 1);
  expect(read.ok && runModel(read.model, Float32Array.of(21))).toBe(42);
  expect(readModel(byOtherWriter({ ir: 3 }), 1).ok).toBe(true);
});

test("E17 versions whose meaning we do not implement are refused by name", () => {
  const reason = "unsupported-operator";
  expect(readModel(byOtherWriter({ ir: 9 }), 1)).toMatchObject({ reason, detail: "IR version 9, at most 8 is read" });
  expect(readModel(byOtherWriter({ version: 14 }), 1)).toMatchObject({
    reason,
    detail: 'operator set "ai.onnx" is version 14, not 13',
  });
  expect(readModel(byOtherWriter({ domain: "com.example" }), 1)).toMatchObject({
    reason,
    detail: 'operator set "com.example" is not known',
  });
  expect(readModel(byOtherWriter({ domain: "ai.onnx.ml", version: 3 }), 1)).toMatchObject({ reason: "malformed" });
});

test("E17 a tensor of other numbers than float32 fits nothing", () => {
  const bytes = starterBytes("intent");
  // The weights: dims (field 1, packed) 17 and 1, then data_type (field 2), 1 for float32 and 7 for int64.
  const dims = [10, 2, 17, 1, 16, 1];
  const at = bytes.findIndex((_, i) => dims.every((byte, j) => bytes[i + j] === byte));
  expect(readModel(bytes).ok).toBe(true);
  bytes[at + 5] = 7;
  expect(readModel(bytes)).toMatchObject({ ok: false, reason: "wrong-shape" });
});

/** Reads and, if it still is a model, runs: anything may come out but a throw, or a number that is none. */
function survives(bytes: Uint8Array): boolean {
  const read = readModel(bytes);
  if (!read.ok) return false;
  const p = runModel(read.model, new Float32Array(17).fill(0.5));
  expect(Number.isFinite(p)).toBe(true);
  return true;
}

// What comes after the operator sets that a model needs can be cut off whole: the other set, and each of 7 metadata entries.
test.each([
  ["stall", 7],
  ["intent", 8],
] as const)("E12 the %s model cut off at any length is refused but for the %i ends of whole parts", (name, ends) => {
  const bytes = starterBytes(name);
  expect(survives(bytes)).toBe(true);
  let still = 0;
  for (let length = 0; length < bytes.length; length++) if (survives(bytes.subarray(0, length))) still++;
  expect(still).toBe(ends);
});

test.each(["stall", "intent"] as const)(
  "E13 every single bit flipped in the %s model is refused or still a model",
  (name) => {
    const bytes = starterBytes(name);
    let still = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (survives(flipped)) still++;
    }
    expect(still).toBeGreaterThan(0);
    expect(still).toBeLessThan(bytes.length * 8);
  },
);

test("E14 bytes at random, and lengths that promise more than there is, are refused", () => {
  let seed = 1;
  const next = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed >>> 24;
  };
  for (let i = 0; i < 2000; i++) expect(survives(Uint8Array.from({ length: i % 200 }, next))).toBe(false);
  // Field 7 (the graph) of 2^63 − 1 bytes; a number of eleven bytes; a group, which is no longer written.
  for (const bytes of [
    [0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 127],
    Array(11).fill(255),
    [0x3b, 0x3c],
    [0x08],
  ]) {
    expect(readModel(Uint8Array.from(bytes))).toMatchObject({ ok: false, reason: "malformed" });
  }
});
