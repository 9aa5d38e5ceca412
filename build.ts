/**
 * `node build.ts`: everything that a page loads, into dist/ (DESIGN §2). The chunks come first, under names that hash
 * their content; the tag comes last, with those names written into it, and alone keeps its name.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from "esbuild";
import type { ChunkFiles, ChunkName } from "./client/load-chunk.ts";
import type { ScoreName } from "./models/site-config.ts";
import { WORDS } from "./models/texts/all.ts";

const ROOT = import.meta.dirname;
const MODELS: readonly ScoreName[] = ["stall", "intent"];

type Loaded = Exclude<ChunkName, "digests">;

/** What is made of components: split, so that Preact is loaded once for all. */
const SURFACES = {
  banner: "widgets/visitor/banner.tsx",
  nudge: "widgets/visitor/nudge.tsx",
  centre: "widgets/visitor/centre.tsx",
  tip: "widgets/visitor/tip.tsx",
  offer: "widgets/visitor/offer.tsx",
  survey: "widgets/visitor/survey.tsx",
  checklist: "widgets/visitor/checklist.tsx",
  tour: "widgets/visitor/tour.tsx",
  announcement: "widgets/visitor/announcement.tsx",
};
/**
 * One file each: what two of them share is small, and a request costs more. All are loaded by their names, never by an
 * `import()` of a path: only the tag knows the digests.
 */
const ALONE = {
  capture: "client/capture/index.ts",
  sources: "client/capture/sources.ts",
  vital: "client/capture/vital.ts",
  asking: "client/asking.ts",
  pageTriggers: "client/page-triggers.ts",
  live: "client/live.ts",
  handover: "client/handover.ts",
  present: "client/present.ts",
  lasting: "client/lasting.ts",
  control: "widgets/visitor/control.ts",
  receipt: "widgets/visitor/receipt.ts",
  preferences: "client/preferences.ts",
  ownReceipt: "client/own-receipt.ts",
  googleConsentMode: "client/google-consent-mode.ts",
  tcf: "client/tcf.ts",
  database: "client/database.ts",
  scoring: "client/scoring/index.ts",
  "main-thread": "client/scoring/main-thread.ts",
};
const WORKER = "client/scoring/worker.ts";
const RUNTIME = "client/scoring/onnx-runtime.ts";
/** Of all that onnxruntime-web brings, the file that its entry without WebGPU asks for. */
const RUNTIME_WASM = "onnxruntime-web/ort-wasm-simd-threaded.wasm";
const TAG = "client/tag.ts";
/** What a team sees. No page of a visitor's loads anything of it, and it shares no file with what they do load. */
const CONSOLE = "widgets/console";

/** Preact makes an element with the document that its parent names, past what `PAGE` injects. */
const preactDocument: Plugin = {
  name: "preact-document",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/preact\/dist\/preact\.mjs$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(/\w+\.ownerDocument\|\|document/g, "document");
      if (contents === source) throw new Error("Preact finds its document in another way: look at S7 again");
      return { contents };
    }),
};
/** What runs in a page, unlike what runs in the worker, has a document whose properties the page can shadow. */
const PAGE = {
  inject: ["client/own-document.ts"],
  plugins: [preactDocument],
} satisfies BuildOptions;
/** Elements are made by Preact's `createElement`, whatever the type checker is told: see element.ts. */
const COMPONENTS = {
  ...PAGE,
  inject: [...PAGE.inject, "widgets/visitor/element.ts"],
  tsconfigRaw: { compilerOptions: { jsx: "react", jsxFactory: "createElement", jsxFragmentFactory: "Fragment" } },
} satisfies BuildOptions;

/** Assets are public and the same for everybody; a name with a hash never changes its content. */
const HEADERS = `/*
  Access-Control-Allow-Origin: *
  Cross-Origin-Resource-Policy: cross-origin
  X-Content-Type-Options: nosniff
/waypost.js
  Cache-Control: public, max-age=300, stale-while-revalidate=86400
/waypost-*
  Cache-Control: public, max-age=31536000, immutable
/chunks/*
  Cache-Control: public, max-age=31536000, immutable
/models/*
  Cache-Control: public, max-age=31536000, immutable
`;

export interface Built {
  dist: string;
  /** Output files by what they are for, with esbuild's account of their inputs. Paths are relative to the repository. */
  outputs: Metafile["outputs"];
  /** The console's, apart. */
  console: Metafile["outputs"];
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
  const chunkNames = "chunks/[name]-[hash]";
  const [surfaces, alone, runtime] = await Promise.all([
    bundle({ ...chunkOptions, ...COMPONENTS, entryPoints: named(SURFACES), splitting: true, chunkNames }),
    bundle({ ...chunkOptions, ...PAGE, entryPoints: named(ALONE) }),
    bundle({ ...chunkOptions, entryPoints: named({ "onnx-runtime": RUNTIME }) }),
  ]);
  const [[module, sha256]] = (await filesOf(runtime.metafile.outputs, RUNTIME)) as [ChunkFiles[number]];
  const runtimeFiles = {
    module: { path: `chunks/${module}.js`, integrity: `sha256-${sha256}` },
    wasm: await copyRuntimeWasm(dist),
  };
  const worker = await bundle({
    ...chunkOptions,
    entryPoints: named({ "scoring-worker": WORKER }),
    define: { WAYPOST_RUNTIME: JSON.stringify(runtimeFiles) },
  });
  const outputs = Object.assign({}, ...[surfaces, alone, runtime, worker].map(({ metafile }) => metafile.outputs));
  const entries = Object.entries({ ...SURFACES, ...ALONE, worker: WORKER } satisfies Record<Loaded, string>);
  const listed = await Promise.all(entries.map(async ([name, entry]) => [name, await filesOf(outputs, entry)]));
  const { capture, banner, ...later }: Record<Loaded, ChunkFiles> = Object.fromEntries(listed);
  const digests = await writeDigests(later, dist);
  const tag = await bundle({
    ...base,
    ...PAGE,
    format: "iife",
    entryPoints: [TAG],
    outfile: join(dist, "waypost.js"),
    define: { WAYPOST_CHUNKS: JSON.stringify({ capture: [...capture, digests], banner, digests: [digests] }) },
  });
  await copyFile(join(dist, "waypost.js"), join(dist, pinnedName(await readFile(join(dist, "waypost.js")))));
  await Promise.all(MODELS.map((name) => copyModel(name, dist)));
  await writeWords(dist);
  await writeFile(join(dist, "_headers"), HEADERS);
  const console = await bundle({
    ...base,
    format: "esm",
    outdir: join(dist, "console"),
    entryPoints: named({ console: `${CONSOLE}/index.tsx`, style: `${CONSOLE}/console.css` }),
  });
  await copyFile(join(ROOT, CONSOLE, "index.html"), join(dist, "console/index.html"));
  return { dist, outputs: { ...outputs, ...tag.metafile.outputs }, console: console.metafile.outputs };
}

/** `words/de.json` and its like, which the edge reads (worker/words.ts): with no hash, because they go with its Worker. */
export async function writeWords(dist: string): Promise<void> {
  const folder = join(dist, "words");
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(WORDS).map(([language, words]) =>
      writeFile(join(folder, `${language}.json`), JSON.stringify(words)),
    ),
  );
}

function named(entries: Record<string, string>): { in: string; out: string }[] {
  return Object.entries(entries).map(([name, path]) => ({ in: path, out: name }));
}

/** The file of the bundle whose entry is `source`, then what it imports statically, as the tag names them. */
async function filesOf(outputs: Metafile["outputs"], source: string): Promise<ChunkFiles> {
  const own = Object.keys(outputs).find((output) => outputs[output]?.entryPoint === source);
  if (!own) throw new Error(`${source} was not bundled`);
  const paths = new Set([own]);
  // A set is walked through to what was added on the way.
  for (const path of paths) {
    for (const imported of outputs[path]?.imports ?? []) {
      if (imported.kind === "import-statement" && !imported.external) paths.add(imported.path);
    }
  }
  const digest = async (path: string) => sha("sha256", await readFile(join(ROOT, path)), "base64");
  return Promise.all([...paths].map(async (path) => [basename(path, ".js"), await digest(path)] as ChunkFiles[number]));
}

/** The tag lists the files that are asked for first; this chunk, which comes beside capture, lists those of all others. */
async function writeDigests(later: Record<string, ChunkFiles>, dist: string): Promise<ChunkFiles[number]> {
  const bytes = Buffer.from(`export default${JSON.stringify(later)}\n`);
  const name = `digests-${sha("sha256", bytes, "hex").slice(0, 8).toUpperCase()}`;
  await writeFile(join(dist, "chunks", `${name}.js`), bytes);
  return [name, sha("sha256", bytes, "base64")];
}

/** The same tag under a name that never means other bytes, for pages that pin it by its digest. */
export function pinnedName(tag: Uint8Array): string {
  return `waypost-${sha("sha256", tag, "hex").slice(0, 16)}.js`;
}

function sha(algorithm: "sha256" | "sha384", bytes: Uint8Array, encoding: "hex" | "base64"): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}

/** What `integrity` of the tag's element must be. */
export function integrityOf(tag: Uint8Array): string {
  return `sha384-${sha("sha384", tag, "base64")}`;
}

/** Under the name by which the published configuration refers to it: see `modelRefs` in worker/models.ts. */
async function copyModel(name: ScoreName, dist: string): Promise<void> {
  const source = join(ROOT, "models", name, "model.onnx");
  const sha256 = sha("sha256", await readFile(source), "hex");
  await copyFile(source, join(dist, "models", `${name}-${sha256.slice(0, 16)}.onnx`));
}

/** 14 MB; asked for by a worker that needs onnxruntime-web, and by nobody else. */
async function copyRuntimeWasm(dist: string): Promise<{ path: string; integrity: string }> {
  const source = fileURLToPath(import.meta.resolve(RUNTIME_WASM));
  const bytes = await readFile(source);
  const path = `chunks/onnx-runtime-${sha("sha256", bytes, "hex").slice(0, 8).toUpperCase()}.wasm`;
  await copyFile(source, join(dist, path));
  return { path, integrity: `sha256-${sha("sha256", bytes, "base64")}` };
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
