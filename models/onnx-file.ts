/**
 * Reads the protobuf of an .onnx file into plain values: the part of onnx.proto3 (IR version 8) that our operators need;
 * everything else is skipped. The bytes are untrusted: whatever they are, reading them ends, and ends in a value.
 */

/** 5 times what 300 trees of 15 leaves take. Reading as many bytes takes 60 ms where they are a model, 350 ms at worst. */
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
interface OnnxAttribute {
  f: number;
  i: number;
  s: string;
  floats: number[];
  ints: number[];
  strings: string[];
}

export interface OnnxNode {
  /** Operator set that it comes from; ai.onnx is "". */
  domain: string;
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

interface Graph {
  nodes: OnnxNode[];
  /** Initializers, by name. */
  tensors: Map<string, OnnxTensor>;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

export interface OnnxFile extends Graph {
  irVersion: number;
  /** Version of each operator set, by domain; ai.onnx is "". */
  opsets: Map<string, number>;
  metadata: Record<string, string>;
}

/** One field of a message: `int` of a varint (wire type 0), `bytes` of every other. */
interface Field {
  no: number;
  wire: number;
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
    else if (no === 8) opsets.set(domainOf(readText(part, 1, faults)), readInt(part, 2, faults) ?? 0);
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
  const domain = domainOf(readText(bytes, 7, faults));
  const node: OnnxNode = { domain, op: "", inputs: [], outputs: [], attributes: new Map() };
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
  const dataType = readInt(bytes, 2, faults) ?? 0;
  eachField(bytes, faults, (field) => {
    if (field.no === 1) for (const i of readInts(field, faults)) dims.push(i);
    else if (dataType === FLOAT && (field.no === 4 || field.no === 9)) {
      for (const f of readFloats(field, faults)) data.push(f);
    }
  });
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (dataType === FLOAT && size !== data.length)
    faults.push(`a tensor of ${dims.join(" x ")} has ${data.length} values`);
  return { dataType, dims, floats: Float32Array.from(data) };
}

/** ValueInfoProto: a name and, four messages deep, what kind of tensor it is. */
function readValue(bytes: Uint8Array, faults: Faults): OnnxValue {
  const tensorType = readPart(readPart(bytes, 2, faults).bytes, 1, faults).bytes;
  const dims: number[] = [];
  eachField(readPart(tensorType, 2, faults).bytes, faults, ({ no, bytes: dim }) => {
    if (no === 1) dims.push(readInt(dim, 1, faults) ?? -1);
  });
  return { name: readText(bytes, 1, faults), dataType: readInt(tensorType, 1, faults) ?? 0, dims };
}

/** ai.onnx may be written out or left empty. */
function domainOf(name: string): string {
  return name === "ai.onnx" ? "" : name;
}

/** The last field of a number (the one that counts, says protobuf), or an empty one. */
function readPart(bytes: Uint8Array, no: number, faults: Faults): Field {
  let found: Field = { no, wire: -1, int: 0, bytes: NO_BYTES };
  eachField(bytes, faults, (field) => {
    if (field.no === no) found = field;
  });
  return found;
}

function readText(bytes: Uint8Array, no: number, faults: Faults): string {
  return text.decode(readPart(bytes, no, faults).bytes);
}

function readInt(bytes: Uint8Array, no: number, faults: Faults): number | null {
  const { wire, int } = readPart(bytes, no, faults);
  return wire === 0 ? int : null;
}

/** Repeated integers come one a field, or packed into one. */
function readInts(field: Field, faults: Faults): number[] {
  if (field.wire === 0) return [field.int];
  const ints: number[] = [];
  const cursor = { bytes: field.bytes, at: 0 };
  while (cursor.at < field.bytes.length && faults.length === 0) ints.push(readVarint(cursor, faults));
  return ints;
}

/** Floats lie as 4 bytes, lowest first: one a field, packed, or as a tensor's raw data. */
function readFloats({ bytes }: Field, faults: Faults): number[] {
  if (bytes.length % 4 !== 0) faults.push(`${bytes.length} bytes are no whole number of floats`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true));
}

function eachField(bytes: Uint8Array, faults: Faults, read: (field: Field) => void): void {
  const cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length && faults.length === 0) {
    const key = readVarint(cursor, faults);
    const no = Math.floor(key / 8);
    const wire = key % 8;
    const int = wire === 0 ? readVarint(cursor, faults) : 0;
    const length = wire === 2 ? readVarint(cursor, faults) : (FIXED_BYTES.get(wire) ?? -1);
    if (length < 0 || length > bytes.length - cursor.at) faults.push(`field ${no} does not fit into its message`);
    if (faults.length > 0) return;
    read({ no, wire, int, bytes: bytes.subarray(cursor.at, cursor.at + length) });
    cursor.at += length;
  }
}

/** Bytes of a value by its wire type. Type 2 says its length itself; groups (3, 4) are not written since protobuf 2. */
const FIXED_BYTES = new Map([
  [0, 0],
  [1, 8],
  [5, 4],
]);

/** Seven bits a byte, lowest first, at most ten bytes; 64 bits, signed. Exact for what a double holds exactly. */
function readVarint(cursor: { bytes: Uint8Array; at: number }, faults: Faults): number {
  const parts = [0, 0, 0];
  for (let i = 0; i < 10; i++) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) break;
    parts[i >> 2] = (parts[i >> 2] ?? 0) + (byte & 127) * 128 ** (i & 3);
    if (byte >= 128) continue;
    const [low = 0, middle = 0, high = 0] = parts;
    const top = (high & 255) >= 128 ? (high & 255) - 256 : high & 255;
    return (top * 2 ** 28 + middle) * 2 ** 28 + low;
  }
  faults.push("a number that does not end");
  return 0;
}
