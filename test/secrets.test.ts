import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type TestBundle, testBundle } from "./harness/bundle.ts";
import { bundleWorker } from "./harness/edge.ts";

const ROOT = join(import.meta.dirname, "..");

let page: TestBundle;
beforeAll(async () => {
  page = await testBundle();
});

/** What secrets look like, ours and those that people leave lying about. Text that is no value (`ID_KEY: randomKey(32)`) is none. */
const SHAPES: Record<string, RegExp> = {
  "a secret of ours with a value":
    /\b\w*(?:ID_KEY|TOKEN_KEY|TOKEN_KEY_BEFORE|ADMIN_TOKEN|WRITE_KEY)\b["']?\s*[:=]\s*["']?(?=[\w-]*\d)[\w-]{16,}/i,
  "32 bytes beside a word for a secret":
    /(?:key|secret|token|password)\b[^\n]{0,40}?["'`=: ](?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{43}(?![\w=-])/i,
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[\w+/]/,
  "a cloud's key": /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bghp_\w{36}\b|\bnpm_[A-Za-z0-9]{36}\b|\bxox[abp]-[\w-]{20,}/,
  "a webhook's secret": /\bwhsec_[A-Za-z0-9+/]{24,}/,
};

function shapesIn(text: string): string[] {
  return Object.keys(SHAPES).filter((shape) => (SHAPES[shape] as RegExp).test(text));
}

/** Files that git would take: all but what .gitignore names, which holds names and one pattern of folders. */
function filesOfRepository(folder = ""): string[] {
  const ignored = readFileSync(join(ROOT, ".gitignore"), "utf8")
    .split("\n")
    .map((line) => line.replace(/\/$/, ""));
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === ".git" || ignored.includes(entry.name) || entry.name.startsWith(".tsbuild")) return [];
    return entry.isDirectory() ? filesOfRepository(path) : [path];
  });
}

function withShapes(files: readonly string[], root: string): string[] {
  return files.flatMap((path) =>
    shapesIn(readFileSync(join(root, path), "latin1")).map((shape) => `${path}: ${shape}`),
  );
}

test("S21 no file of the repository holds a secret", () => {
  const files = filesOfRepository();
  expect(files.length).toBeGreaterThan(200);
  expect(withShapes(files, ROOT)).toEqual([]);
  expect(files.filter((path) => /(^|\/)\.(dev\.vars|env)(\.|$)/.test(path))).toEqual([]);
});

test("S21 neither what pages load nor the Worker holds one", async () => {
  const files = readdirSync(page.dist, { recursive: true, encoding: "utf8" }).filter(
    (path) => statSync(join(page.dist, path)).isFile() && !path.endsWith(".wasm"),
  );
  expect(files.length).toBeGreaterThan(10);
  expect(withShapes(files, page.dist)).toEqual([]);
  const { modules } = await bundleWorker();
  expect(modules.flatMap(({ text }) => shapesIn(text))).toEqual([]);
});

test("S21 each shape is seen where one is planted, and a name without a value is none", () => {
  const key = () => `aB3${randomBytes(30).toString("base64url")}`;
  expect(shapesIn(`ID_KEY=${key()}`)).toContain("a secret of ours with a value");
  expect(shapesIn(`"TOKEN_KEY_BEFORE": "${key()}",`)).toContain("a secret of ours with a value");
  expect(shapesIn(`const secret = "${key()}";`)).toContain("32 bytes beside a word for a secret");
  expect(shapesIn(`-----BEGIN ${"EC PRIVATE"} KEY-----\nMHcCAQ`)).toContain("a private key");
  expect(shapesIn(`AKIA${"ABCDEFGHIJKLMNOP"}`)).toContain("a cloud's key");
  expect(shapesIn(`whsec_${randomBytes(24).toString("base64")}`)).toContain("a webhook's secret");
  expect(shapesIn('{ ID_KEY: randomKey(32), ADMIN_TOKEN: "…" }; Authorization: Bearer $ADMIN_TOKEN')).toEqual([]);
});

test("S21 the Worker's bundle is whole: names of secrets are in it, and values are not", async () => {
  const text = (await bundleWorker()).modules.map((file) => file.text).join("");
  for (const name of ["ID_KEY", "TOKEN_KEY", "TOKEN_KEY_BEFORE", "ADMIN_TOKEN"]) expect(text).toContain(name);
});
