import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import type { WorkerBundle } from "../build-worker.ts";
import { type TestBundle, testBundle } from "./harness/bundle.ts";
import { bundleWorker } from "./harness/edge.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const { dependencies, version } = JSON.parse(read("package.json")) as {
  dependencies: Record<string, string>;
  version: string;
};

/** What a cold start reads: quick. */
const WORKER_GZIP_MAX = 150_000;
/** What is read when it is first asked for: a team's calls, files of history. With it, all is far below every plan's bound. */
const LATER_GZIP_MAX = 150_000;

/** Bytes in gzip of the modules that are read at a start, or of all others. */
const gzipOf = (isFirst: boolean) =>
  edge.modules
    .filter(({ path }) => edge.first.includes(path) === isFirst)
    .reduce((bytes, { text }) => bytes + gzipSync(text, { level: 9 }).length, 0);

let page: TestBundle;
let edge: WorkerBundle;
beforeAll(async () => {
  [page, edge] = await Promise.all([testBundle(), bundleWorker()]);
});

interface Listed {
  name: string;
  where: string;
  size: string;
  why: string;
}

/** The rows of ARCHITECTURE.md's table of what ships. */
function listed(): Listed[] {
  const table =
    read("ARCHITECTURE.md").split("| package | where | in the bundle | why |\n|---|---|---|---|\n")[1] ?? "";
  const rows = table.split("\n\n")[0]?.split("\n") ?? [];
  return rows.map((row) => {
    const [, name = "", where = "", size = "", why = ""] = row.split("|").map((cell) => cell.trim());
    return { name, where, size, why };
  });
}

/** Bytes that a package brings into what is built, by esbuild's own account; in the page minified. */
function bytesOf(name: string): { page: number; edge: number } {
  const sum = (outputs: WorkerBundle["outputs"]) =>
    Object.values(outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([path]) => path.includes(`node_modules/${name}/`))
      .reduce((bytes, [, { bytesInOutput }]) => bytes + bytesInOutput, 0);
  return { page: sum(page.outputs), edge: sum(edge.outputs) };
}

/** Names that a minifier gives depend on all that is beside them, so a size moves a little with what it has no part in. */
const toleranceOf = (bytes: number) => Math.max(100, bytes / 100);

test("S30 every runtime dependency is listed with its reason, pinned, and with the bytes that a build of now gives it", () => {
  expect(
    listed()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(dependencies).sort());
  for (const { name, where, size, why } of listed()) {
    const bytes = bytesOf(name);
    const side = where.startsWith("edge") ? "edge" : "page";
    expect(bytes[side], name).toBeGreaterThan(0);
    expect(bytes[side === "edge" ? "page" : "edge"], name).toBe(0);
    const listedBytes = Number(/^(\d+\.\d) KB/.exec(size)?.[1]) * 1000;
    expect(Math.abs(listedBytes - bytes[side]), `${name}: ${size}`).toBeLessThanOrEqual(toleranceOf(bytes[side]));
    expect(why.length, name).toBeGreaterThan(20);
    expect(dependencies[name], name).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test("S30 no package but these is in anything that ships", () => {
  const inputs = [...Object.values(page.outputs), ...Object.values(edge.outputs)].flatMap(({ inputs }) =>
    Object.keys(inputs),
  );
  const packages = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(packages)].sort()).toEqual(Object.keys(dependencies).sort());
});

test("S30 a cold start of the Worker reads at most 150 KB in gzip, and nothing that only a team asks for", () => {
  expect(gzipOf(true)).toBeLessThanOrEqual(WORKER_GZIP_MAX);
  const inputs = (isFirst: boolean) =>
    edge.modules
      .filter(({ path }) => edge.first.includes(path) === isFirst)
      .flatMap(({ path }) => Object.keys(edge.outputs[`dist-worker/${path}`]?.inputs ?? {}));
  expect(inputs(true)).toContain("worker/routes/collect.ts");
  expect(inputs(true)).not.toContain("worker/api.ts");
  expect(inputs(false)).toContain("worker/api.ts");
});

test("S30 what is read only when it is first asked for weighs at most 150 KB in gzip", () => {
  expect(gzipOf(false)).toBeLessThanOrEqual(LATER_GZIP_MAX);
});

test("U28 the version that the edge tells of itself is that of package.json", () => {
  expect(/export const VERSION = "([^"]+)";/.exec(read("worker/version.ts"))?.[1]).toBe(version);
});
