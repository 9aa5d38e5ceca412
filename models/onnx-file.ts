/**
 * Reads the protobuf of an .onnx file into plain values: the part of onnx.proto3 (IR version 8) that our operators need;
 * everything else is skipped. The bytes are untrusted: whatever they are, reading them ends, and ends in a value.
 */

/** 10 times what 300 trees of 15 leaves take; reading a file of this size takes some 50 ms. */
export const MODEL_BYTES_MAX = 1024 * 1024;
/** TensorProto.DataType of float32. */
export const FLOAT = 1;

export interface OnnxTensor {
  dataType: number;
  dims: number[];
  /** Row-major; empty where the tensor is not float32. */
  floats: Float32Array;
}

/** One attribute; which field counts is for its operator to know. Lists are empty where they are absent. */
export interface OnnxAttribute {
  f: number;
  i: number;
  s: string;
  floats: number[];
  ints: number[];
  strings: string[];
}

export interface OnnxNode {
  /** With the domain before it where that is not ai.onnx: "ai.onnx.ml.TreeEnsembleRegressor". */
  op: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, OnnxAttribute>;
}

/** An input or output of the graph; a dimension without a number is -1. */
export interface OnnxValue {
  name: string;
  dataType: number;
  dims: number[];
}

export interface OnnxFile {
  irVersion: number;
  /** Version of each operator set, by domain; ai.onnx is "". */
  opsets: Map<string, number>;
  nodes: OnnxNode[];
  tensors: Map<string, OnnxTensor>;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  metadata: Record<string, string>;
}

/** One field of a message: `int` of a varint, `bytes` of every other wire type. */
interface Field {
  no: number;
  int: number;
  bytes: Uint8Array;
}

/** What is wrong with a file, first fault first. Once there is one, nothing more is read. */
type Faults = string[];

const NO_BYTES = new Uint8Array(0);
const text = new TextDecoder();

/** The file, or in one sentence why it is none. */
export function readOnnxFile(bytes: Uint8Array): OnnxFile | string {
  if (bytes.length > MODEL_BYTES_MAX) return `larger than ${MODEL_BYTES_MAX} bytes`;
  const faults: Faults = [];
  const opsets = new Map<string, number>();
  const metadata: [string, string][] = [];
  const graph: Graph = { nodes: [], tensors: new Map(), inputs: [], outputs: [] };
  let irVersion = 0;
  eachField(bytes, faults, ({ no, int, bytes: part }) => {
    if (no === 1) irVersion = int;
    else if (no === 7) readGraph(part, faults, graph);
    else if (no === 8) opsets.set(domainOf(readText(part, 1, faults)), readInt(part, 2, faults));
    else if (no === 14) metadata.push([readText(part, 1, faults), readText(part, 2, faults)]);
  });
  // fromEntries defines own properties, so that a key "__proto__" stays a key.
  return faults[0] ?? { irVersion, opsets, metadata: Object.fromEntries(metadata), ...graph };
}

function readGraph(bytes: Uint8Array, faults: Faults, graph: Graph): void {
  eachField(bytes, faults, ({ no, bytes: part }) => {
    if (no === 1) graph.nodes.push(readNode(part, faults));
    else if (no === 5) graph.tensors.set(readText(part, 8, faults), readTensor(part, faults));
    else if (no === 11) graph.inputs.push(readValue(part, faults));
    else if (no === 12) graph.outputs.push(readValue(part, faults));
  });
}

function readNode(bytes: Uint8Array, faults: Faults): OnnxNode {
  const node: OnnxNode = { op: "", inputs: [], outputs: [], attributes: new Map() };
  const domain = domainOf(readText(bytes, 7, faults));
  eachField(bytes, faults, ({ no, bytes: part }) => {
    if (no === 1) node.inputs.push(text.decode(part));
    else if (no === 2) node.outputs.push(text.decode(part));
    else if (no === 4) node.op = (domain === "" ? "" : `${domain}.`) + text.decode(part);
    else if (no === 5) node.attributes.set(readText(part, 1, faults), readAttribute(part, faults));
  });
  return node;
}

function readAttribute(bytes: Uint8Array, faults: Faults): OnnxAttribute {
  const attribute: OnnxAttribute = { f: 0, i: 0, s: "", floats: [], ints: [], strings: [] };
  eachField(bytes, faults, (field) => {
    if (field.no === 2) attribute.f = readFloats(field, faults)[0] ?? 0;
    else if (field.no === 3) attribute.i = field.int;
    else if (field.no === 4) attribute.s = text.decode(field.bytes);
    else if (field.no === 7) for (const f of readFloats(field, faults)) attribute.floats.push(f);
    else if (field.no === 8) for (const i of readInts(field, faults)) attribute.ints.push(i);
    else if (field.no === 9) attribute.strings.push(text.decode(field.bytes));
  });
  return attribute;
}

/** Data that lies in another file is not there: the tensor is then empty, and does not fit its dimensions. */
function readTensor(bytes: Uint8Array, faults: Faults): OnnxTensor {
  const dims: number[] = [];
  const data: number[] = [];
  const dataType = readInt(bytes, 2, faults);
  eachField(bytes, faults, (field) => {
    if (field.no === 1) for (const i of readInts(field, faults)) dims.push(i);
    else if (dataType === FLOAT && (field.no === 4 || field.no === 9)) {
      for (const f of readFloats(field, faults)) data.push(f);
    }
  });
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (dataType === FLOAT && size !== data.length) faults.push(`a tensor of ${dims.join(" x ")} has ${data.length} values`);
  return { dataType, dims, floats: Float32Array.from(data) };
}

/** ValueInfoProto: a name and, four messages deep, what kind of tensor it is. */
function readValue(bytes: Uint8Array, faults: Faults): OnnxValue {
  const tensorType = readPart(readPart(bytes, 2, faults).bytes, 1, faults).bytes;
  const dims: number[] = [];
  eachField(readPart(tensorType, 2, faults).bytes, faults, ({ no, bytes: dim }) => {
    if (no === 1) dims.push(readInt(dim, 1, faults, -1));
  });
  return { name: readText(bytes, 1, faults), dataType: readInt(tensorType, 1, faults), dims };
}

/** ai.onnx may be written out or left empty. */
function domainOf(name: string): string {
  return name === "ai.onnx" ? "" : name;
}

/** The last field of a number (the one that counts, says protobuf), or an empty one. */
function readPart(bytes: Uint8Array, no: number, faults: Faults): Field {
  let found: Field = { no, int: 0, bytes: NO_BYTES };
  eachField(bytes, faults, (field) => {
    if (field.no === no) found = field;
  });
  return found;
}
