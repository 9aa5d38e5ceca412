/**
 * `npm run deploy [-- --env staging] [-- --dry-run]`: builds, says what is missing, and deploys (DEPLOY.md). A dry run
 * asks nobody and deploys nothing: it bundles, and prints the size and the bindings.
 */
import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../../build.ts";
import { CommandError, runCommand } from "./command-error.ts";

const ROOT = join(import.meta.dirname, "../..");
const USAGE = "npm run deploy [-- --env staging] [-- --dry-run]";
/** Where a dry run puts the bundle. */
const DRY_RUN_FOLDER = ".tsbuild/deploy";

/** Each with what makes it; none is ever in a file of the repository. */
export const SECRETS = {
  ID_KEY: "32 random bytes in base64url; it names visitors, and is kept for good",
  TOKEN_KEY: "32 random bytes in base64url",
  ADMIN_TOKEN: "32 random bytes in base64url; whoever has it runs every site",
} as const;

/** A KV namespace's id as Cloudflare gives it; what wrangler.toml has at first is a name. */
const KV_ID = /^[0-9a-f]{32}$/;
/** Variables that are an origin, with an example. */
const ORIGINS = { CONSOLE_ORIGIN: "https://console.example", ACCESS_TEAM: "https://TEAM.cloudflareaccess.com" };
/** "": wherever is nearest. */
const REGIONS = ["", "eu", "fedramp"];

/** What the deployment is told by wrangler.toml. */
export interface DeployConfig {
  kv_namespaces: readonly { binding: string; id?: string | undefined }[];
  vars: Record<string, unknown>;
}

/** What is missing before a deployment, a sentence each; `secrets` null: nobody was asked. */
export function missing(config: DeployConfig, secrets: readonly string[] | null, env: string): string[] {
  const flag = env === "" ? "" : ` --env ${env}`;
  const place = env === "" ? "wrangler.toml" : `wrangler.toml, below [env.${env}]`;
  const unnamed = config.kv_namespaces.filter(({ id = "" }) => !KV_ID.test(id));
  const region = config.vars.DATA_REGION ?? "";
  const origins = Object.entries(ORIGINS).map(([name, example]) => ({ name, example, value: config.vars[name] ?? "" }));
  const issuer = config.vars.OIDC_ISSUER ?? "";
  const unset = Object.entries(SECRETS).filter(([name]) => secrets !== null && !secrets.includes(name));
  return [
    ...unnamed.map(
      ({ binding, id = "" }) =>
        `The KV namespace ${binding} has the id “${id}”, which is none: run npx wrangler kv namespace create ${binding}${flag}, and put the id that it prints into ${place}.`,
    ),
    ...(REGIONS.some((known) => known === region)
      ? []
      : [`DATA_REGION is “${region}” in ${place}: it is one of ${REGIONS.map((known) => `"${known}"`).join(", ")}.`]),
    ...origins
      .filter(({ value }) => value !== "" && !isOrigin(value))
      .map(
        ({ name, value, example }) =>
          `${name} is “${value}” in ${place}: it is an origin, as ${example}, to the letter.`,
      ),
    ...(issuer === "" || isHttps(issuer)
      ? []
      : [`OIDC_ISSUER is “${issuer}” in ${place}: it is the provider's issuer, an https address, to the letter.`]),
    ...unset.map(([name, what]) => `The secret ${name} is not set (${what}): npx wrangler secret put ${name}${flag}`),
  ];
}

/** An address without path or slash, over https: what browsers send as `Origin`. */
function isOrigin(value: unknown): boolean {
  return isHttps(value) && new URL(value).origin === value;
}

function isHttps(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("https://") && URL.canParse(value);
}

/** Names of the secrets in what `wrangler secret list` prints: JSON, whatever stands before it. */
export function secretNames(printed: string): string[] {
  const list = JSON.parse(printed.slice(printed.indexOf("["))) as { name: string }[];
  return list.map(({ name }) => name);
}

async function main(): Promise<number> {
  const { env, isDry } = readArguments();
  // Only here: it takes seconds to load, and whoever mistyped an option need not wait for it.
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const config = readConfig({ config: join(ROOT, "wrangler.toml"), env }) as DeployConfig;
  const lacks = missing(config, null, env);
  // Secrets are asked for only where the rest is there: that needs an account.
  if (!isDry && lacks.length === 0) lacks.push(...missing(config, await secretsOf(env), env));
  if (!isDry && lacks.length > 0) {
    throw new CommandError(["Not deployed yet:", ...lacks.map((sentence) => `  ${sentence}`)].join("\n"));
  }
  await build();
  const dry = isDry ? ["--dry-run", "--outdir", DRY_RUN_FOLDER] : [];
  const { code } = await wrangler(["deploy", `--env=${env}`, ...dry], { stdio: "inherit" });
  for (const sentence of lacks) console.log(`Before a real deployment: ${sentence}`);
  if (code === 0 && !isDry) console.log("Deployed. Ask it how it is: GET /_w/v1/health on the site's host.");
  return code;
}

/** The secrets that are set. A Worker that was never deployed has none. */
async function secretsOf(env: string): Promise<string[]> {
  const { code, stdout, stderr } = await wrangler(["secret", "list", `--env=${env}`], { stdio: "pipe" });
  if (code === 0) return secretNames(stdout);
  const words = stdout + stderr;
  if (/code: 10007|does not exist/.test(words)) return [];
  if (/not authenticated|CLOUDFLARE_API_TOKEN|wrangler login/.test(words)) {
    throw new CommandError("Cloudflare does not know you here: npx wrangler login, or set CLOUDFLARE_API_TOKEN.");
  }
  throw new CommandError(`The secrets cannot be listed. In wrangler's words:\n${words.trim()}`);
}

async function wrangler(args: string[], options: SpawnOptions) {
  const child = spawn(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...args], {
    ...options,
    cwd: ROOT,
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_HIDE_BANNER: "true",
    },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, stdout, stderr };
}

function readArguments(): { env: string; isDry: boolean } {
  try {
    const { values } = parseArgs({ options: { env: { type: "string" }, "dry-run": { type: "boolean" } } });
    return { env: values.env ?? "", isDry: values["dry-run"] === true };
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: ${USAGE}`);
  }
}

if (import.meta.main) await runCommand(main);
