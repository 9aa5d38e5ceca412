/**
 * `node build-package.ts [FOLDER]`: the npm package `waypost` into a folder (default `.package/`), ready for `npm publish`.
 * It has a package.json of its own, because who imports `load` needs none of what the edge is made of.
 */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { WORKED_CAMPAIGNS } from "./worker/cli/waypost/worked-campaigns.ts";
import { WORKED } from "./worker/cli/waypost/worked-sources.ts";

const ROOT = import.meta.dirname;

const README = `# waypost

Puts the Waypost script tag on a page and gives typed calls.

\`\`\`ts
import { load } from "waypost";

const waypost = load({ site: "PUBLIC_KEY" });
waypost.track("Signup Started", { plan: "team" });
\`\`\`

Brings the command \`waypost\` too, with which a team keeps its configuration as files:

\`\`\`sh
npx waypost login --edge https://console.example
npx waypost pull --edge https://console.example --site shop
npx waypost plan
\`\`\`
`;

/** Worked mappings and campaigns are files beside the command, and inside it where there is only the one file. */
const worked: Plugin = {
  name: "worked",
  setup: ({ onLoad }) =>
    onLoad({ filter: /worked-(sources|campaigns)\.ts$/ }, ({ path }) => ({
      contents: path.endsWith("sources.ts")
        ? `export const WORKED = ${JSON.stringify(WORKED)};`
        : `export const WORKED_CAMPAIGNS = ${JSON.stringify(WORKED_CAMPAIGNS)};`,
    })),
};

/** The command `waypost` as one file without dependencies, for whatever Node a team or its CI has. */
export async function buildCommand(outfile: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["worker/cli/waypost/main.ts"],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Its CommonJS form would be taken for Node; the other one bundles.
    mainFields: ["module", "main"],
    plugins: [worked],
  });
}

export async function buildPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["client/load.ts"],
    outfile: join(folder, "load.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
  });
  await buildCommand(join(folder, "waypost.js"));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [
    tsc,
    "-p",
    join(ROOT, "client/tsconfig.package.json"),
    "--outDir",
    join(folder, "types"),
  ]);
  const { name, version, description, license } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const manifest = {
    name,
    version,
    description,
    license,
    type: "module",
    sideEffects: false,
    exports: { ".": { types: "./types/client/load.d.ts", default: "./load.js" } },
    bin: { waypost: "./waypost.js" },
    engines: { node: ">=20.12" },
    files: ["load.js", "waypost.js", "types"],
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, "README.md"), README);
  await writeFile(join(folder, "LICENSE"), await readFile(join(ROOT, "LICENSE")));
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(ROOT, ".package"));
  await buildPackage(folder);
  console.log(`npm package built into ${folder}`);
}
