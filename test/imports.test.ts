import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const EDGE_ONLY =
  /^models\/(rules|decision|answer|announce|audience|happened|turn|dry-run\b|campaign-faults|publish|publish-consent|config-faults|consent-faults|privacy-record|segment-set|webhook-mapping|texts\/(?!visitor-text)\w+|analysis\/.*|train\/.*)\.ts$/;

interface Import {
  from: string;
  /** Path below the repository, or the name of a package. */
  of: string;
}

function importsIn(folder: string): Import[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => join(folder, path));
  return files.flatMap((from) => importsOf(from, readFileSync(join(ROOT, from), "utf8")));
}

function importsOf(from: string, source: string): Import[] {
  const found = source.matchAll(/(?<!["/])(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, to = ""]) => ({
    from,
    of: to.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(from), to)) : to,
  }));
}

/** The imports that a rule forbids, as `from -> of`. */
function breaking(imports: Import[], isAllowed: (one: Import) => boolean): string[] {
  return imports.filter((one) => !isAllowed(one)).map(({ from, of }) => `${from} -> ${of}`);
}

const isCore = (path: string) => path.startsWith("models/") && !EDGE_ONLY.test(path);

const RULES: Record<string, (one: Import) => boolean> = {
  models: ({ from, of }) => of.startsWith("models/") || (from === "models/rules.ts" && of === "re2js"),
  client: ({ of }) =>
    of.startsWith("client/") || isCore(of) || ["idb", "comlink", "web-vitals", "onnxruntime-web/wasm"].includes(of),
  widgets: ({ from, of }) =>
    of.startsWith("widgets/") ||
    isCore(of) ||
    of === "preact" ||
    (from === "widgets/visitor/anchor.ts" && of === "@floating-ui/dom") ||
    (from.startsWith("widgets/console/") && ["preact/hooks", "@simplewebauthn/browser"].includes(of)),
  worker: ({ from, of }) =>
    of.startsWith("worker/") ||
    of.startsWith("models/") ||
    ["hono", "hono-openapi", "valibot", "@valibot/to-json-schema"].includes(of) ||
    of === "isbot" ||
    of === "jose" ||
    (from === "worker/access/passkey.ts" && of === "@simplewebauthn/server") ||
    (from === "worker/access/oidc.ts" && of === "oauth4webapi") ||
    of.startsWith("hono/") ||
    of === "cloudflare:workers" ||
    (from === "worker/audit/log.ts" && of === "node:crypto") ||
    (from === "worker/history/parquet.ts" && of.startsWith("hyparquet")) ||
    (/^worker\/cli\/[^/]+$/.test(from) && of.startsWith("test/world/")) ||
    (from === "worker/cli/import/parquet.ts" && of === "hyparquet") ||
    (from.startsWith("worker/cli/") &&
      (of.startsWith("node:") || ["onnxruntime-web/wasm", "build.ts", "wrangler", "jsonc-parser"].includes(of))),
  "test/world": ({ of }) => of.startsWith("test/world/") || of.startsWith("models/"),
};

test.each(Object.keys(RULES))("%s imports what it may, and nothing else", (folder) => {
  const imports = importsIn(folder);
  expect(imports.length).toBeGreaterThan(15);
  expect(breaking(imports, RULES[folder] as (one: Import) => boolean)).toEqual([]);
});

test("the core of models/ imports nothing of what judges at the edge", () => {
  const core = importsIn("models").filter(({ from }) => isCore(from));
  expect(breaking(core, ({ of }) => isCore(of))).toEqual([]);
});

test("a forbidden import is seen, in each of its forms", () => {
  const planted = 'import { decide } from "../models/decision.ts";\nconst x = import("preact");\nimport "node:fs";';
  const seen = breaking(importsOf("client/planted.ts", planted), RULES.client as (one: Import) => boolean);
  expect(seen).toEqual([
    "client/planted.ts -> models/decision.ts",
    "client/planted.ts -> preact",
    "client/planted.ts -> node:fs",
  ]);
});

/** Ways to an object that know nothing of the region. */
const REACHES = /\b(?:getByName|idFromName|idFromString|newUniqueId|jurisdiction)\b\s*\(/;

test("U30 no file of worker/ but objects.ts reaches an object", () => {
  const files = readdirSync(join(ROOT, "worker"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  expect(files.length).toBeGreaterThan(30);
  const reaching = files.filter((path) => REACHES.test(readFileSync(join(ROOT, "worker", path), "utf8")));
  expect(reaching).toEqual(["objects.ts"]);
  expect(REACHES.test("const stub = env.MAP.get(env.MAP.idFromName(shard));")).toBe(true);
});

test("the compiler refuses a page's import of what is judged at the edge, and takes one of the core", async () => {
  const folder = await mkdtemp(join(ROOT, ".tsbuild-planted-"));
  try {
    const compile = async (source: string) => {
      await writeFile(join(folder, "planted.ts"), source);
      await writeFile(
        join(folder, "tsconfig.json"),
        JSON.stringify({
          extends: "../client/tsconfig.json",
          compilerOptions: { outDir: "out", tsBuildInfoFile: "out/info", rootDir: ".." },
          include: ["planted.ts"],
          references: [{ path: "../models/tsconfig.core.json" }],
        }),
      );
      try {
        execFileSync("npx", ["tsc", "-b", folder], { cwd: ROOT, encoding: "utf8", stdio: "pipe" });
        return "";
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(await compile('export { permits } from "../models/consent.ts";\n')).toBe("");
    expect(await compile('export { decide } from "../models/decision.ts";\n')).toContain("TS6307");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
