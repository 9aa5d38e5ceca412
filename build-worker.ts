/**
 * `node build-worker.ts`: the Worker as a few modules, into dist-worker/, which is what wrangler deploys (`[build]` of
 * wrangler.toml) and what the tests run. Wrangler's own bundling takes no plugins, and some libraries bring what nothing
 * here calls: a fifth of the Worker, which every cold start would read. What only a team asks for (worker/api.ts) is a
 * module of its own, which is evaluated when it is first asked for.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

const ROOT = import.meta.dirname;
const FOLDER = "dist-worker";
const ENTRY = "worker.js";
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

/**
 * Makers of authenticators and their certificates: the console asks for no attestation, so no browser sends one that would
 * need them. What names a certificate all the same is refused.
 */
const attestationOfNobody: Plugin = {
  name: "attestation-of-nobody",
  setup: ({ onLoad }) =>
    onLoad(
      {
        filter:
          /\/@simplewebauthn\/server\/esm\/(registration\/verifications\/(tpm\/)?verifyAttestation(FIDOU2F|AndroidSafetyNet|AndroidKey|TPM|Apple)|metadata\/verifyAttestationWithMetadata|services\/(metadataService|defaultRootCerts\/[\w-]+)|helpers\/(convertX509PublicKeyToCOSE|getCertificateInfo|validateCertificatePath|isCertRevoked|mapX509SignatureAlgToCOSEAlg|validateExtFIDOGenCEAAGUID))\.js$/,
      },
      async ({ path }) => {
        const source = await readFile(path, "utf8");
        const names = [...source.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(
          ([, name]) => name,
        );
        if (names.length === 0) throw new Error(`${path} exports nothing that is known here`);
        const absent = `function absent() { throw new Error("no attestation was asked for"); }\n`;
        const noCertificate = `const none = "";\n`;
        const made = names.map((name) => `export { ${path.includes("Certs") ? "none" : "absent"} as ${name} };`);
        return { contents: absent + noCertificate + made.join("\n") };
      },
    ),
};

/** Other libraries for schemas, which the one for OpenAPI would speak to: ours are valibot's. */
const schemasOfValibot: Plugin = {
  name: "schemas-of-valibot",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/@standard-community\/[^/]+\/dist\/(arktype|effect|sury|typebox|zod)-[^/]+\.js$/ }, () => ({
      contents: "export {};",
    })),
};

/** A file of the bundle; its source map, for stack traces which the platform maps back, is another. */
export interface WorkerFile {
  /** Below dist-worker/. */
  path: string;
  text: string;
}

export interface WorkerBundle {
  /** Modules, the entry first; source maps are beside them. */
  modules: WorkerFile[];
  sourceMaps: WorkerFile[];
  /** Paths of the modules that a cold start reads: the entry, and what it imports statically. */
  first: string[];
  /** esbuild's account of what is in it. */
  outputs: Metafile["outputs"];
}

/** Rejects where anything cannot be bundled. */
export async function buildWorker(): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { worker: "worker/index.ts" },
    outdir: FOLDER,
    bundle: true,
    splitting: true,
    chunkNames: "[name]-[hash]",
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
    plugins: [columnsOfHistory, unicodeOfEngine, attestationOfNobody, schemasOfValibot],
    logLevel: "warning",
  });
  const files = outputFiles.map(({ path, text }) => ({ path: relative(join(ROOT, FOLDER), path), text }));
  const modules = files.filter(({ path }) => path.endsWith(".js"));
  modules.sort((a, b) => Number(b.path === ENTRY) - Number(a.path === ENTRY));
  const sourceMaps = files.filter(({ path }) => path.endsWith(".map"));
  return { modules, sourceMaps, first: readFirst(metafile.outputs), outputs: metafile.outputs };
}

/** The entry and all that it imports statically, and so on. */
function readFirst(outputs: Metafile["outputs"]): string[] {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === "import-statement" && next in outputs) visit(next);
  };
  visit(`${FOLDER}/${ENTRY}`);
  return [...seen].map((path) => relative(FOLDER, path));
}

if (import.meta.main) {
  const folder = join(ROOT, FOLDER);
  const { modules, sourceMaps } = await buildWorker();
  // What an earlier build left would be deployed with this one.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { path, text } of [...modules, ...sourceMaps]) await writeFile(join(folder, path), text);
}
