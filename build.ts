/**
 * `node build.ts`: everything that a page loads, into dist/ (DESIGN §2). The chunks come first, under names that hash
 * their content; the tag comes last, with those names written into it, and alone keeps its name.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type BuildOptions, build as bundle, type Metafile } from "esbuild";
import type { ChunkName } from "./client/context.ts";
import type { ScoreName } from "./models/site-config.ts";

const ROOT = import.meta.dirname;
const MODELS: readonly ScoreName[] = ["stall", "intent"];

/** What is split into chunks of one module graph, so that Preact is loaded once for banner and nudge. */
const CHUNKS = {
  capture: "client/capture/index.ts",
  sources: "client/capture/sources.ts",
  banner: "widgets/visitor/banner.tsx",
  nudge: "widgets/visitor/nudge.tsx",
};
const WORKER = "client/scoring/worker.ts";
const TAG = "client/tag.ts";

/** Assets are public and the same for everybody; a name with a hash never changes its content. */
const HEADERS = `/*
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  X-Content-Type-Options: nosniff
/waypost.js
  Cache-Control: public, max-age=300, stale-while-revalidate=86400
/chunks/*
  Cache-Control: public, max-age=31536000, immutable
/models/*
  Cache-Control: public, max-age=31536000, immutable
`;

export interface Built {
  dist: string;
  /** Output files by what they are for, with esbuild's account of their inputs. Paths are relative to the repository. */
  outputs: Metafile["outputs"];
}

/** Builds into `dist`, which is emptied first. Rejects where anything cannot be bundled. */
export async function build(dist: string = join(ROOT, "dist")): Promise<Built> {
  await rm(dist, { recursive: true, force: true });
  await mkdir(join(dist, "models"), { recursive: true });
  const base: BuildOptions & { metafile: true } = {
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    metafile: true,
    target: "es2022",
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
  };
  const chunkOptions = { ...base, format: "esm", outdir: dist, entryNames: "chunks/[name]-[hash]" } as const;
  const [chunks, worker] = await Promise.all([
    bundle({ ...chunkOptions, entryPoints: named(CHUNKS), splitting: true, chunkNames: "chunks/[name]-[hash]" }),
    bundle({ ...chunkOptions, entryPoints: named({ "scoring-worker": WORKER }) }),
  ]);
  const outputs = { ...chunks.metafile.outputs, ...worker.metafile.outputs };
  const names: Record<ChunkName, string> = {
    capture: nameOf(outputs, CHUNKS.capture),
    sources: nameOf(outputs, CHUNKS.sources),
    banner: nameOf(outputs, CHUNKS.banner),
    nudge: nameOf(outputs, CHUNKS.nudge),
    worker: nameOf(outputs, WORKER),
  };
  const tag = await bundle({
    ...base,
    format: "iife",
    entryPoints: [TAG],
    outfile: join(dist, "waypost.js"),
    define: { WAYPOST_CHUNKS: JSON.stringify(names) },
  });
  await Promise.all(MODELS.map((name) => copyModel(name, dist)));
  await writeFile(join(dist, "_headers"), HEADERS);
  return { dist, outputs: { ...outputs, ...tag.metafile.outputs } };
}

function named(entries: Record<string, string>): { in: string; out: string }[] {
  return Object.entries(entries).map(([name, path]) => ({ in: path, out: name }));
}

/** Path below dist/ of the bundle whose entry is `source`. */
function nameOf(outputs: Metafile["outputs"], source: string): string {
  const path = Object.keys(outputs).find((output) => outputs[output]?.entryPoint === source);
  if (!path) throw new Error(`${source} was not bundled`);
  return `chunks/${basename(path)}`;
}

/** Under the name by which the published configuration refers to it: see `modelRefs` in worker/models.ts. */
async function copyModel(name: ScoreName, dist: string): Promise<void> {
  const source = join(ROOT, "models", name, "model.onnx");
  const sha256 = createHash("sha256")
    .update(await readFile(source))
    .digest("hex");
  await copyFile(source, join(dist, "models", `${name}-${sha256.slice(0, 16)}.onnx`));
}

/** Bytes of a file as it travels: raw, gzip 9, brotli 11. */
export function sizesOf(bytes: Uint8Array): { raw: number; gzip: number; brotli: number } {
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length };
}

if (import.meta.main) {
  const { dist, outputs } = await build();
  const rows = Object.keys(outputs).map(async (path) => {
    const sizes = sizesOf(await readFile(join(ROOT, path)));
    return [basename(path), sizes] as const;
  });
  console.table(Object.fromEntries((await Promise.all(rows)).sort(([a], [b]) => a.localeCompare(b))));
  console.log(`built into ${dist}`);
}
