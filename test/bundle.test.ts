import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Built, build, sizesOf } from "../build.ts";

const ROOT = resolve(import.meta.dirname, "..");
let built: Built;
const dist = mkdtempSync(join(tmpdir(), "waypost-bundle-"));

beforeAll(async () => {
  built = await build(dist);
});
afterAll(() => rmSync(dist, { recursive: true, force: true }));

/** The output file made from an entry. */
function outputOf(entry: string): string {
  const path = Object.keys(built.outputs).find((output) => built.outputs[output]?.entryPoint === entry);
  if (!path) throw new Error(`${entry} was not bundled`);
  return path;
}

/** An output with all that it imports statically: what must arrive before it runs. */
function withStatic(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: imported, kind } of built.outputs[path]?.imports ?? []) {
    if (kind === "import-statement") withStatic(imported, seen);
  }
  return seen;
}

/** The source files inside, packages by their name alone. */
function filesIn(entry: string): string[] {
  const inputs = [...withStatic(outputOf(entry))].flatMap((path) => Object.keys(built.outputs[path]?.inputs ?? {}));
  const named = inputs.map((path) => /node_modules\/([^/]+)/.exec(path)?.[1] ?? path);
  return [...new Set(named)].filter((path) => !path.startsWith("<define:")).sort();
}

function bytesOf(kind: "gzip" | "brotli", ...entries: string[]): number {
  const paths = new Set(entries.flatMap((entry) => [...withStatic(outputOf(entry))]));
  return [...paths].reduce((sum, path) => sum + sizesOf(readFileSync(resolve(ROOT, path)))[kind], 0);
}

const TAG = "client/tag.ts";
const CAPTURE = "client/capture/index.ts";
const BANNER = "widgets/visitor/banner.tsx";
const NUDGE = "widgets/visitor/nudge.tsx";

test("the tag holds the gate and nothing that records, sends or draws", () => {
  expect(filesIn(TAG)).toEqual([
    "client/api.ts",
    "client/context.ts",
    "client/database-name.ts",
    "client/emitter.ts",
    "client/fetch-config.ts",
    "client/gate.ts",
    "client/privacy-control.ts",
    "client/random-id.ts",
    "client/runtime.ts",
    "client/send-consent.ts",
    "client/setting.ts",
    "client/stored.ts",
    "client/tag.ts",
    "models/consent.ts",
    "models/touchpoint.ts",
    "models/visit.ts",
    "models/wire.ts",
  ]);
});

test("the capture chunk holds no engine, no widget and no database", () => {
  expect(filesIn(CAPTURE)).toEqual([
    "client/batch.ts",
    "client/capture/call.ts",
    "client/capture/click.ts",
    "client/capture/element.ts",
    "client/capture/form.ts",
    "client/capture/index.ts",
    "client/capture/leave.ts",
    "client/capture/listen.ts",
    "client/capture/name.ts",
    "client/capture/page.ts",
    "client/capture/recorder.ts",
    "client/clock.ts",
    "client/outbox.ts",
    "client/retry.ts",
    "client/scrub.ts",
    "client/sync.ts",
    "models/touchpoint.ts",
    "models/wire.ts",
  ]);
});

test("the lazy chunks hold what their name says", () => {
  expect(filesIn("client/database.ts")).toEqual(["client/database-name.ts", "client/database.ts", "idb"]);
  expect(filesIn("client/asking.ts")).toEqual(["client/asking.ts", "models/stage.ts"]);
  expect(filesIn("client/present.ts")).toEqual(["client/present.ts"]);
  expect(filesIn("client/scoring/index.ts")).toEqual(["client/scoring/index.ts", "comlink"]);
});

test("the scoring worker is one file: engine, features and comlink", () => {
  const worker = "client/scoring/worker.ts";
  expect(withStatic(outputOf(worker)).size).toBe(1);
  expect(filesIn(worker)).toEqual([
    "client/scoring/models.ts",
    "client/scoring/scorer.ts",
    "client/scoring/worker.ts",
    "comlink",
    "models/features.ts",
    "models/onnx-file.ts",
    "models/onnx-trees.ts",
    "models/onnx.ts",
    "models/score.ts",
    "models/stage.ts",
    "models/visit.ts",
  ]);
});

test("nothing that judges audiences, and no ONNX runtime, is in any bundle of the page", () => {
  const inputs = Object.values(built.outputs).flatMap((output) => Object.keys(output.inputs));
  const judged = /models\/(rules|decision|answer|publish|analysis|train)|onnxruntime|re2js|worker\/(index|routes)/;
  expect(inputs.filter((path) => judged.test(path))).toEqual([]);
  // The twin: the same pattern does find such a file.
  expect(judged.test("models/rules.ts")).toBe(true);
});

test("Preact is in one file that banner and nudge share", () => {
  const holding = Object.entries(built.outputs).filter(([, { inputs }]) =>
    Object.keys(inputs).some((path) => path.includes("node_modules/preact/")),
  );
  expect(holding).toHaveLength(1);
  const [[path]] = holding as [[string, unknown]];
  expect(withStatic(outputOf(BANNER))).toContain(path);
  expect(withStatic(outputOf(NUDGE))).toContain(path);
});

test("bytes: the tag is at most 4,096 in brotli", () => {
  expect(bytesOf("brotli", TAG)).toBeLessThanOrEqual(4_096);
});

test("bytes: capture with all that it needs to run is at most 5,120 in brotli", () => {
  expect(bytesOf("brotli", CAPTURE)).toBeLessThanOrEqual(5_120);
});

test("bytes: the first layer of consent, tag and banner with Preact, is at most 13 KB in gzip", () => {
  expect(bytesOf("gzip", TAG, BANNER)).toBeLessThanOrEqual(13_000);
});

test("bytes: the first nudge with Preact and its presenter is at most 9 KB in brotli", () => {
  expect(bytesOf("brotli", NUDGE, "client/present.ts")).toBeLessThanOrEqual(9_000);
});

test("every file but the tag has its content's hash in its name, and the headers keep it for ever", () => {
  const names = Object.keys(built.outputs).map((path) => basename(path));
  expect(names.filter((name) => !/-[0-9A-Z]{8}\.js$/.test(name))).toEqual(["waypost.js"]);
  expect(
    Object.keys(built.outputs)
      .map((path) => basename(dirname(path)))
      .filter((dir) => dir === "chunks"),
  ).toHaveLength(names.length - 1);
  const headers = readFileSync(join(dist, "_headers"), "utf8");
  expect(headers).toMatch(/^\/chunks\/\*\n {2}Cache-Control: public, max-age=31536000, immutable$/m);
  expect(headers).toMatch(/^ {2}Access-Control-Allow-Origin: \*$/m);
  expect(headers).toMatch(/^ {2}Cross-Origin-Resource-Policy: cross-origin$/m);
});
