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
const LATER_GZIP_MAX = 160_000;

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

/** A row of the table below it: packages that one of ours brings along, and what ships of them. */
function broughtAlong(): { names: string[]; by: string; size: string }[] {
  const table = read("ARCHITECTURE.md").split("| brought along | by | in the bundle |\n|---|---|---|\n")[1] ?? "";
  const rows = table.split("\n\n")[0]?.split("\n") ?? [];
  return rows.map((row) => {
    const [, names = "", by = "", size = ""] = row.split("|").map((cell) => cell.trim());
    return { names: names.split(", "), by, size };
  });
}

/** All that a package depends on, and so on, by the lockfile. */
function behind(name: string): Set<string> {
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Package> };
  const seen = new Set<string>();
  const visit = (one: string) => {
    const { dependencies: own, peerDependencies: peers } = packages[`node_modules/${one}`] ?? {};
    for (const next of Object.keys({ ...own, ...peers })) {
      if (seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(name);
  return seen;
}

interface Package {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const SIDES = ["page", "console", "edge"] as const;

/** Bytes that a package brings into what is built, by esbuild's own account, minified. */
function bytesOf(name: string): Record<(typeof SIDES)[number], number> {
  const sum = (outputs: WorkerBundle["outputs"]) =>
    Object.values(outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([path]) => path.includes(`node_modules/${name}/`))
      .reduce((bytes, [, { bytesInOutput }]) => bytes + bytesInOutput, 0);
  return { page: sum(page.outputs), console: sum(page.console), edge: sum(edge.outputs) };
}

/** Names that a minifier gives depend on all that is beside them, so a size moves a little with what it has no part in. */
const toleranceOf = (bytes: number) => Math.max(100, bytes / 100);

function expectSize(size: string, bytes: number, name: string): void {
  const listedBytes = Number(/^(\d+\.\d) KB/.exec(size)?.[1]) * 1000;
  const off = Math.abs(listedBytes - bytes);
  expect(off, `${name}: ${size}, built ${(bytes / 1000).toFixed(1)} KB`).toBeLessThanOrEqual(toleranceOf(bytes));
}

test("S30 every runtime dependency is listed with its reason, pinned, and with the bytes that a build of now gives it", () => {
  expect(
    listed()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(dependencies).sort());
  for (const { name, where, size, why } of listed()) {
    const bytes = bytesOf(name);
    const side = SIDES.find((one) => where.startsWith(one)) ?? "page";
    expect(bytes[side], name).toBeGreaterThan(0);
    const elsewhere = SIDES.filter((one) => one !== side && !where.includes(one));
    expect([name, elsewhere.filter((one) => bytes[one] > 0)]).toEqual([name, []]);
    expectSize(size, bytes[side], name);
    expect(why.length, name).toBeGreaterThan(20);
    expect(dependencies[name], name).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test("S30 no package but these is in anything that ships", () => {
  const outputs = [page.outputs, page.console, edge.outputs].flatMap((one) => Object.values(one));
  const inputs = outputs.flatMap(({ inputs }) => Object.keys(inputs));
  const packages = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const brought = broughtAlong();
  const known = [...Object.keys(dependencies), ...brought.flatMap(({ names }) => names)];
  expect([...new Set(packages)].sort()).toEqual(known.sort());
  for (const { names, by, size } of brought) {
    const all = behind(by);
    expect([by, names.filter((name) => !all.has(name))]).toEqual([by, []]);
    const bytes = names.map(bytesOf).reduce((sum, { page, edge }) => sum + page + edge, 0);
    expectSize(size, bytes, `brought by ${by}`);
  }
});

test("S30 a cold start of the Worker reads at most 150 KB in gzip, and nothing that only a team asks for, or a visitor of themselves", () => {
  expect(gzipOf(true)).toBeLessThanOrEqual(WORKER_GZIP_MAX);
  const inputs = (isFirst: boolean) =>
    edge.modules
      .filter(({ path }) => edge.first.includes(path) === isFirst)
      .flatMap(({ path }) => Object.keys(edge.outputs[`dist-worker/${path}`]?.inputs ?? {}));
  expect(inputs(true)).toContain("worker/routes/collect.ts");
  expect(inputs(true)).not.toContain("worker/api.ts");
  expect(inputs(true).filter((path) => /node_modules\/jose\/|worker\/rights\/page/.test(path))).toEqual([]);
  expect(inputs(false)).toContain("worker/api.ts");
  const schemas = /node_modules\/(?:@?valibot|hono-openapi)\//;
  expect(inputs(true).filter((path) => schemas.test(path))).toEqual([]);
  expect(inputs(false).some((path) => schemas.test(path))).toBe(true);
});

test("S30 what is read only when it is first asked for weighs at most 160 KB in gzip", () => {
  expect(gzipOf(false)).toBeLessThanOrEqual(LATER_GZIP_MAX);
});

test("U28 the version that the edge tells of itself is that of package.json", () => {
  expect(/export const VERSION = "([^"]+)";/.exec(read("worker/version.ts"))?.[1]).toBe(version);
});
