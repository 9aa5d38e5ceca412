import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { OUTBOX_MAX_AGE_MS } from "../../../models/report-time.ts";
import { type DeployConfig, missing, SECRETS, secretNames } from "../../../worker/cli/deploy.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const GUIDE = read("DEPLOY.md");
const WRANGLER_TOML = read("wrangler.toml");

const folder = mkdtempSync(join(tmpdir(), "waypost-deploy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const READY: DeployConfig = { kv_namespaces: [{ binding: "CONFIG", id: "0123456789abcdef".repeat(2) }], vars: {} };
const ALL = ["ADMIN_TOKEN", "ID_KEY", "TOKEN_KEY"];

test("deploy names what is missing, a sentence each, with the command that mends it", () => {
  const placeholder: DeployConfig = { kv_namespaces: [{ binding: "CONFIG", id: "waypost-config" }], vars: {} };
  expect(missing(placeholder, ["ID_KEY"], "staging")).toEqual([
    expect.stringMatching(
      /^The KV namespace CONFIG .+ npx wrangler kv namespace create CONFIG --env staging, .+ \[env\.staging\]\.$/,
    ),
    expect.stringMatching(/^The secret TOKEN_KEY is not set .+: npx wrangler secret put TOKEN_KEY --env staging$/),
    expect.stringMatching(/^The secret ADMIN_TOKEN is not set .+: npx wrangler secret put ADMIN_TOKEN --env staging$/),
  ]);
  expect(missing({ ...READY, vars: { DATA_REGION: "europe" } }, ALL, "")).toEqual([
    'DATA_REGION is “europe” in wrangler.toml: it is one of "", "eu", "fedramp".',
  ]);
  for (const CONSOLE_ORIGIN of ["https://console.example/", "http://console.example", "console.example", 1]) {
    expect(missing({ ...READY, vars: { CONSOLE_ORIGIN } }, ALL, "staging")).toEqual([
      `CONSOLE_ORIGIN is “${CONSOLE_ORIGIN}” in wrangler.toml, below [env.staging]: it is an origin, as https://console.example, to the letter.`,
    ]);
  }
  expect(missing({ ...READY, vars: { CONSOLE_ORIGIN: "https://console.example" } }, ALL, "")).toEqual([]);
  for (const ACCESS_TEAM of ["https://shop.cloudflareaccess.com/", "shop", "http://shop.cloudflareaccess.com"]) {
    expect(missing({ ...READY, vars: { ACCESS_TEAM } }, ALL, "")).toEqual([
      `ACCESS_TEAM is “${ACCESS_TEAM}” in wrangler.toml: it is an origin, as https://TEAM.cloudflareaccess.com, to the letter.`,
    ]);
  }
  for (const OIDC_ISSUER of ["login.example", "http://login.example", 1]) {
    expect(missing({ ...READY, vars: { OIDC_ISSUER } }, ALL, "")).toEqual([
      `OIDC_ISSUER is “${OIDC_ISSUER}” in wrangler.toml: it is the provider's issuer, an https address, to the letter.`,
    ]);
  }
  // An issuer may have a path, and end in a slash.
  const vars = { ACCESS_TEAM: "https://shop.cloudflareaccess.com", OIDC_ISSUER: "https://login.example/tenant/" };
  expect(missing({ ...READY, vars }, ALL, "")).toEqual([]);
  // The twin: nothing is missing, or nobody was asked for secrets.
  expect(missing({ ...READY, vars: { DATA_REGION: "eu" } }, [...ALL, "TOKEN_KEY_BEFORE"], "")).toEqual([]);
  expect(missing(READY, null, "")).toEqual([]);
});

test("secrets are read from what wrangler prints, whatever stands before it", () => {
  const printed = `a warning\n[\n  { "name": "ID_KEY", "type": "secret_text" },\n  { "name": "TOKEN_KEY", "type": "secret_text" }\n]\n`;
  expect(secretNames(printed)).toEqual(["ID_KEY", "TOKEN_KEY"]);
  expect(secretNames("[]")).toEqual([]);
});

test("deploy refuses an option that it does not know, before it builds anything", async () => {
  const ended = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, ["worker/cli/deploy.ts", "--force"], { cwd: ROOT }, (_, __, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr.trimEnd()).toBe(
    "Unknown option '--force'. Use: npm run deploy [-- --env staging] [-- --dry-run]",
  );
});

/** What this file reads of wrangler's configuration, whose own types come without these. */
interface Bound {
  name: string;
  durable_objects: { bindings: { name: string; class_name: string }[] };
  kv_namespaces: { binding: string; id: string }[];
  r2_buckets: { binding: string; bucket_name: string }[];
  ratelimits: { name: string; namespace_id: string; simple: object }[];
  vars: Record<string, string>;
  assets?: { binding: string };
  observability?: { logs?: { invocation_logs: boolean } };
}

test("both environments bind the same things, under names and ids of their own", () => {
  const of = (env: string) => readConfig({ config: join(ROOT, "wrangler.toml"), env }) as unknown as Bound;
  const [production, staging] = [of(""), of("staging")];
  const shape = (config: Bound) => ({
    objects: config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]),
    stores: config.kv_namespaces.map(({ binding }) => binding),
    buckets: config.r2_buckets.map(({ binding }) => binding),
    limits: config.ratelimits.map(({ name, simple }) => [name, simple]),
    vars: Object.keys(config.vars),
    assets: config.assets?.binding,
  });
  expect(shape(staging)).toEqual(shape(production));
  expect(shape(production).objects.length).toBeGreaterThanOrEqual(4);
  expect([production.name, staging.name]).toEqual(["waypost", "waypost-staging"]);
  expect(staging.kv_namespaces[0]?.id).not.toBe(production.kv_namespaces[0]?.id);
  expect(staging.r2_buckets[0]?.bucket_name).not.toBe(production.r2_buckets[0]?.bucket_name);
  expect(staging.ratelimits[0]?.namespace_id).not.toBe(production.ratelimits[0]?.namespace_id);
  expect(production.observability?.logs?.invocation_logs).toBe(false);
});

const matches = (pattern: RegExp) => [...new Set([...GUIDE.matchAll(pattern)].map((match) => match[1] as string))];

test("every command that the guide names exists", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const npm = matches(/npm run (?:-s )?([a-z:]+)/g);
  expect(npm).toContain("deploy");
  for (const name of npm) expect(scripts).toHaveProperty([name]);
  const known = read("node_modules/wrangler/wrangler-dist/cli.js");
  // Words behind a command are its arguments; a group of commands (`wrangler secret`) is none itself.
  const isCommand = (words: string[]): boolean =>
    words.length > 1 &&
    (known.includes(`command: "${words.join(" ")}"`)
      ? !known.includes(`command: "${words.join(" ")} `)
      : isCommand(words.slice(0, -1)));
  const wrangler = matches(/npx (wrangler(?: [a-z0-9]+)+)/g);
  expect(wrangler).toContain("wrangler secret put");
  for (const command of wrangler) expect(isCommand(command.split(" ")), command).toBe(true);
  expect(isCommand("wrangler secret invent".split(" "))).toBe(false);
});

test("every binding, variable and secret that the guide names exists, and it says how each secret is set", () => {
  const env = read("worker/env.ts");
  const named = matches(/`([A-Z][A-Z_]{2,})(?: = "\w*")?`/g).filter((name) => name !== "CLOUDFLARE_API_TOKEN");
  expect(named).toEqual(expect.arrayContaining(["ADMIN_TOKEN", "DATA_REGION", "ID_KEY", "TOKEN_KEY"]));
  for (const name of named) expect(env, name).toMatch(new RegExp(`^  ${name}\\??: `, "m"));
  for (const name of matches(/binding = "(\w+)"/g)) expect(env, name).toMatch(new RegExp(`^  ${name}\\??: `, "m"));
  for (const name of Object.keys(SECRETS)) expect(GUIDE).toContain(`npx wrangler secret put ${name}`);
  for (const name of matches(/r2 bucket create ([\w-]+)/g)) expect(WRANGLER_TOML).toContain(`bucket_name = "${name}"`);
  for (const name of matches(/kv namespace create (\w+)/g)) expect(WRANGLER_TOML).toContain(`binding = "${name}"`);
});

test("every line for wrangler.toml that the guide gives is one that wrangler reads", () => {
  const blocks = matches(/```toml\n([\s\S]*?)```/g).map((block) => block.replace(/^ {2,3}/gm, ""));
  expect(blocks).toHaveLength(4);
  const path = join(folder, "wrangler.toml");
  writeFileSync(path, [WRANGLER_TOML, ...blocks].join("\n").replace('main = "', `main = "${ROOT}/`));
  const config = readConfig({ config: path });
  expect(config.routes).toHaveLength(3);
  expect(config.analytics_engine_datasets).toEqual([{ binding: "METRICS", dataset: "waypost" }]);
});

test("the guide's times are those of the code", () => {
  const hours = `${OUTBOX_MAX_AGE_MS / 3_600_000} hours`;
  expect(GUIDE.match(/\d+ hours/g)).toEqual([hours, hours]);
  expect(read("worker/cookie.ts")).toContain("const AGE_S = 395 * 86_400;");
  expect(GUIDE).toContain("After 13 months, the age of a cookie");
  expect(read("worker/site/config-object.ts")).toContain("const VERSIONS_KEPT = 50;");
  expect(GUIDE).toContain("keeps the last fifty versions");
});

test("the guide explains every event that is logged, and links to files that exist", () => {
  const events = /event:((?:\s*\|?\s*"[a-z-]+")+);/.exec(read("worker/log.ts"))?.[1]?.match(/[a-z-]+/g) ?? [];
  expect(events.length).toBeGreaterThan(4);
  expect(matches(/^\s*\| `([a-z-]+)` \| /gm)).toEqual(events);
  for (const link of matches(/\]\(([\w./]+)\)/g)) expect(existsSync(join(ROOT, link)), link).toBe(true);
  expect(read("README.md")).toContain("](DEPLOY.md)");
});
