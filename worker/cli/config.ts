/**
 * `npm run -s config -- export SITE [--file FILE]` writes the configuration in force, whole, to FILE or the terminal.
 * `npm run -s config -- restore SITE FILE [--over VERSION]` applies one as a new version, in place of the version that
 * the file was exported at, or of VERSION (0: there is none). `--edge URL`; the token is ADMIN_TOKEN of the environment.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import type { SiteConfig } from "../../models/site-config.ts";
import { isRecord } from "../../models/touchpoint.ts";
import type { Problem } from "../../models/wire.ts";
import { CommandError, runCommand } from "./command-error.ts";
import { readSiteKeys } from "./site-keys.ts";
import { whatIsWrong } from "./unreadable.ts";

const ROOT = join(import.meta.dirname, "../..");
const USAGE = "npm run -s config -- export SITE [--file FILE] | restore SITE FILE [--over VERSION]  [--edge URL]";

/** A file that export writes: what `GET /api/sites/:site/config` answers. */
interface ConfigFile {
  site: string;
  version: number;
  config: SiteConfig;
}

/** An edge, and who asks it. */
export interface ConfigTarget {
  /** Origin of the edge, with `/_w` where that is its place. */
  edge: string;
  token: string;
  site: string;
}

/** The configuration in force, as the text of a file. Throws `CommandError` in the edge's own words. */
export async function exportConfig(target: ConfigTarget): Promise<string> {
  return `${JSON.stringify(await (await ask(target, "GET", {})).json(), null, 2)}\n`;
}

/** Applies an exported configuration in place of version `over`; returns the new version. */
export async function restoreConfig(target: ConfigTarget, { config }: ConfigFile, over: number): Promise<number> {
  const answer = await ask(target, "PUT", {
    headers: { "If-Match": `"${over}"` },
    body: JSON.stringify(config),
  });
  return ((await answer.json()) as { version: number }).version;
}

async function ask({ edge, token, site }: ConfigTarget, method: string, more: RequestInit): Promise<Response> {
  const url = `${edge.replace(/\/+$/, "")}/api/sites/${encodeURIComponent(site)}/config`;
  const headers = { Authorization: `Bearer ${token}`, ...(more.headers as Record<string, string>) };
  const response = await fetch(url, { ...more, method, headers }).catch(() => {
    throw new CommandError(`${edge} does not answer. Is it running, and the address right?`);
  });
  if (response.ok) return response;
  const { title, detail } = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const advice =
    response.status === 412
      ? " Export it and compare; then restore with --over and that version, which replaces it knowingly."
      : "";
  throw new CommandError(`${method} ${url}: ${response.status} ${title ?? ""}. ${detail ?? ""}${advice}`);
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new CommandError(`${path} ${whatIsWrong(error)}`);
  }
  if (isRecord(value) && Number.isInteger(value.version) && isRecord(value.config)) return value as never;
  throw new CommandError(
    `${path} is no exported configuration: it needs “version” and “config”, as export writes them.`,
  );
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [command, site, file, ...rest] = positionals;
  if (site === undefined || rest.length > 0) throw new CommandError(`What, and of which site? ${USAGE}`);
  if (command === "export" && file === undefined) {
    const text = await exportConfig(await targetOf(site, values.edge));
    if (values.file === undefined) process.stdout.write(text);
    else await writeFile(values.file, text);
    return 0;
  }
  if (command === "restore" && file !== undefined) {
    const read = await readConfigFile(file);
    const over = values.over === undefined ? read.version : Number(values.over);
    if (!Number.isInteger(over) || over < 0) throw new CommandError(`--over is “${values.over}”: a version, or 0.`);
    const version = await restoreConfig(await targetOf(site, values.edge), read, over);
    console.log(
      `${site} has the configuration of ${file} as version ${version}; every edge has it within a minute or two.`,
    );
    return 0;
  }
  throw new CommandError(`Use: ${USAGE}`);
}

/** The edge that was named, or the local one with the token that `npm start` made. */
export async function targetOf(site: string, named: string | undefined): Promise<ConfigTarget> {
  const edge = named ?? (await readSiteKeys(site))?.edge;
  if (edge === undefined)
    throw new CommandError(`Which edge? Give --edge https://shop.example/_w, or npm start first.`);
  const local = named === undefined ? parseEnv(await readFile(join(ROOT, ".dev.vars"), "utf8").catch(() => "")) : {};
  const token = process.env.ADMIN_TOKEN ?? local.ADMIN_TOKEN;
  if (token === undefined) throw new CommandError("Set ADMIN_TOKEN in the environment: the token of the edge's /api.");
  return { edge, token, site };
}

function readArguments() {
  try {
    const text = { type: "string" } as const;
    return parseArgs({ allowPositionals: true, options: { edge: text, file: text, over: text } });
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: ${USAGE}`);
  }
}

if (import.meta.main) await runCommand(main);
