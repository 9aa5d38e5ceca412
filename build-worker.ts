/**
 * `node build-worker.ts`: the Worker as one file, into dist-worker/, which is what wrangler deploys (`[build]` of
 * wrangler.toml) and what the tests run. Wrangler's own bundling takes no plugins, and two libraries bring what nothing
 * here calls: a fifth of the Worker, which every cold start would read.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const ROOT = import.meta.dirname;
const UNICODE = join(ROOT, "worker/unicode-class.ts");

/**
 * Ways to write a Parquet column that history has none of (models/history.ts): variants, geometry, Bloom filters, deltas.
 * A file of somebody else's that had them could not be read.
 */
const columnsOfHistory: Plugin = {
  name: "columns-of-history",
  setup: ({ onLoad }) =>
    onLoad(
      {
        filter: /\/hyparquet(-writer)?\/src\/(variant|wkb|geospatial|bloom|xxhash|delta)\.js$/,
      },
      async ({ path }) => {
        const source = await readFile(path, "utf8");
        const names = [...source.matchAll(/^export (?:function\*?|const|class) (\w+)/gm)].map(([, name]) => name);
        if (names.length === 0) throw new Error(`${path} exports nothing that is known here`);
        const absent = `function absent() { throw new Error("history has no such column"); }\nfunction none() {}\n`;
        // Every file is asked for the filters that it has.
        const made = names.map((name) => `export { ${name === "writeBlooms" ? "none" : "absent"} as ${name} };`);
        return { contents: absent + made.join("\n") };
      },
    ),
};

/** What `\p{Letter}` means is known to the engine: re2js brings it again, as tables that are a quarter of its weight. */
const unicodeOfEngine: Plugin = {
  name: "unicode-of-engine",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/re2js\/build\/index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const replaced = ["CATEGORIES", "SCRIPTS"].reduce((text, tables) => {
        const literal = new RegExp(`static ${tables} = new LazyMap\\(\\{[^]*?\\n\\t\\}\\);`);
        if (!literal.test(text))
          throw new Error(`re2js keeps its ${tables} in another way: look at unicode-class.ts again`);
        const made = `unicodeClasses((ranges) => new UnicodeRangeTable(ranges), ${tables === "SCRIPTS"})`;
        return text.replace(literal, `static ${tables} = ${made};`);
      }, source);
      const contents = `import { unicodeClasses } from ${JSON.stringify(UNICODE)};\n${replaced}`;
      return { contents, resolveDir: dirname(path) };
    }),
};

export interface WorkerBundle {
  text: string;
  /** For stack traces, which the platform maps back. */
  sourceMap: string;
  /** esbuild's account of what is in it. */
  outputs: Metafile["outputs"];
}

/** Rejects where anything cannot be bundled. */
export async function buildWorker(): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { worker: "worker/index.ts" },
    outdir: "dist-worker",
    bundle: true,
    minify: true,
    // Names of functions are for stack traces alone, and those are mapped.
    keepNames: false,
    format: "esm",
    target: "es2024",
    sourcemap: true,
    legalComments: "none",
    write: false,
    metafile: true,
    external: ["cloudflare:*", "node:*"],
    loader: { ".onnx": "binary" },
    conditions: ["workerd", "worker", "browser"],
    plugins: [columnsOfHistory, unicodeOfEngine],
    logLevel: "warning",
  });
  const text = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const sourceMap = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "";
  return { text, sourceMap, outputs: metafile.outputs };
}

if (import.meta.main) {
  const folder = join(ROOT, "dist-worker");
  const { text, sourceMap } = await buildWorker();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "worker.js"), text);
  await writeFile(join(folder, "worker.js.map"), sourceMap);
}
