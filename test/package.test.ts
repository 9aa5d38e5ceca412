import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage } from "../build-package.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");

let folder: string;
let pkg: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-package-"));
  pkg = join(folder, "waypost");
  await buildPackage(pkg);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** TypeScript 5.9 comes with the tool that checks packages; 7 is the project's own. */
const attw = createRequire(import.meta.url).resolve("@arethetypeswrong/cli/package.json");
const compilers = {
  "5.9": createRequire(createRequire(attw).resolve("@arethetypeswrong/core")).resolve("typescript/bin/tsc"),
  "7.0": join(ROOT, "node_modules/typescript/bin/tsc"),
};

/** What a site's code looks like, with one mistake that the types must find. */
const CONSUMER = `import { load, type PageEvents, type Waypost } from "waypost";
const waypost: Waypost = load({ site: "PUBLIC_KEY", worker: "blob" });
waypost.track("Signup Started", { plan: "team" });
waypost.on("decision", ({ verdict, reason }) => console.log(verdict === "show", reason satisfies string));
const consent: PageEvents["consent"]["purposes"] = waypost.consent.get().purposes;
waypost.consent.set([...consent, "scoring"]);
`;
const MISTAKE = `waypost.on("decisions", () => {});\n`;

async function compile(tsc: string, module: string, source: string): Promise<string> {
  const site = await mkdtemp(join(folder, "site-"));
  await mkdir(join(site, "node_modules"));
  await symlink(pkg, join(site, "node_modules/waypost"), "dir");
  await writeFile(join(site, "package.json"), '{"type":"module"}');
  await writeFile(join(site, "site.ts"), source);
  const resolution = module === "nodenext" ? "nodenext" : "bundler";
  const options = ["--noEmit", "--strict", "--lib", "es2024,dom", "--skipLibCheck", "false"];
  const args = [tsc, ...options, "--module", module, "--moduleResolution", resolution, "site.ts"];
  return run(process.execPath, args, { cwd: site }).then(
    () => "",
    ({ stdout }) => stdout,
  );
}

for (const [version, tsc] of Object.entries(compilers)) {
  test.concurrent(`the types of the package compile under TypeScript ${version} with every library checked`, async () => {
    const { stdout } = await run(process.execPath, [tsc, "--version"]);
    expect(stdout).toContain(`Version ${version}`);
    expect(await compile(tsc, "esnext", CONSUMER)).toBe("");
    expect(await compile(tsc, "nodenext", CONSUMER)).toBe("");
    expect(await compile(tsc, "nodenext", CONSUMER + MISTAKE)).toMatch(/^site\.ts\(7,\d+\): error TS2345/);
  });
}

test.concurrent("publint and attw find nothing wrong with the package", async () => {
  const { messages } = await publint({ pkgDir: pkg, pack: false, strict: true });
  expect(messages).toEqual([]);
  const cli = join(dirname(attw), "dist/index.js");
  await run(process.execPath, [cli, "--pack", pkg, "--profile", "esm-only"]);
  // The twin: what an ESM-only package can't do is a problem where it is asked for.
  await expect(run(process.execPath, [cli, "--pack", pkg])).rejects.toMatchObject({ code: 1 });
});

test("the package holds one small module without a dependency, its types, the command, and nothing else", async () => {
  const manifest = JSON.parse(await readFile(join(pkg, "package.json"), "utf8"));
  expect(manifest).not.toHaveProperty("dependencies");
  const files = (await readdir(pkg, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const names = files.map(({ name }) => name);
  expect(
    names.filter((name) => !/\.d\.ts$|^(load\.js|waypost\.js|package\.json|README\.md|LICENSE)$/.test(name)),
  ).toEqual([]);
  expect((await readFile(join(pkg, "load.js"))).length).toBeLessThan(2_500);
});

test("the package's command runs where nothing else is installed", async () => {
  const site = await mkdtemp(join(folder, "command-"));
  const { stdout } = await run(process.execPath, [join(pkg, "waypost.js"), "help"], { cwd: site });
  expect(stdout).toMatch(/^npx waypost COMMAND/);
  const { bin } = JSON.parse(await readFile(join(pkg, "package.json"), "utf8"));
  expect(bin).toEqual({ waypost: "./waypost.js" });
});

test("on a server, where there is no document, load gives an API whose calls do nothing", async () => {
  const { load } = (await import(join(pkg, "load.js"))) as typeof import("../client/load.ts");
  const waypost = load({ site: "PUBLIC_KEY" });
  waypost.track("Rendered on a server");
  expect(waypost.consent.get()).toEqual({ rev: 0, purposes: [], decided: false });
  expect(waypost.why()).toBeNull();
  expect(globalThis).not.toHaveProperty("waypost");
});
