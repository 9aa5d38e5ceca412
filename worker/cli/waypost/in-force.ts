import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConfigDifference, configDiff } from "../../../models/config-diff.ts";
import type { SiteConfig } from "../../../models/site-config.ts";
import { CommandError } from "../command-error.ts";
import type { SiteApi } from "./command.ts";
import { type ConfigText, readConfigFile, rewritten } from "./config-file.ts";
import { RefusedCall } from "./console-api.ts";
import { CONFIG_FILE, type OpenedProject, writeProject } from "./project.ts";

/** What is in force at a site; version 0 and no configuration where nothing was applied yet. */
export interface InForce {
  version: number;
  config: SiteConfig | null;
}

export async function readInForce({ call, site }: SiteApi): Promise<InForce> {
  try {
    const { body } = await call<{ version: number; config: SiteConfig }>("readConfig", { parameters: { site } });
    return { version: body.version, config: body.config };
  } catch (error) {
    if (error instanceof RefusedCall && error.refusal === "no-configuration") return { version: 0, config: null };
    throw error;
  }
}

/** The files and what is in force, and how both differ from what the files were made from. */
export interface Compared {
  project: OpenedProject;
  file: ConfigText;
  inForce: InForce;
  /** From what is in force to the files. */
  differences: ConfigDifference[];
  /** What somebody else changed since the files were pulled. */
  theirs: ConfigDifference[];
  /** Where both were changed, and not alike. */
  conflicts: string[];
}

/** Compares the files with what is in force. Throws `CommandError` where there is no project, or its file is wrong. */
export async function compare(api: SiteApi): Promise<Compared> {
  const { project } = api;
  if (!project) throw new CommandError("There are no files here: waypost init, or waypost pull, writes them.");
  const file = await readConfigFile(join(project.folder, CONFIG_FILE));
  const inForce = await readInForce(api);
  const base = project.version === inForce.version ? inForce.config : await readVersion(api, project.version);
  const theirs = configDiff(base ?? {}, inForce.config ?? {});
  const ours = configDiff(base ?? {}, file.config);
  const differences = configDiff(inForce.config ?? {}, file.config);
  const differing = differences.map(({ path }) => path);
  const conflicts = ours
    .map(({ path }) => path)
    .filter(
      (path) => theirs.some((other) => overlap(path, other.path)) && differing.some((other) => overlap(path, other)),
    );
  return { project, file, inForce, differences, theirs, conflicts };
}

async function readVersion({ call, site }: SiteApi, version: number): Promise<SiteConfig | null> {
  if (version === 0) return null;
  const { body } = await call<{ config: SiteConfig }>("readVersion", { parameters: { site, version } });
  return body.config;
}

/** Whether one of two paths is the other, or within it. */
function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

/** Writes a configuration into the files, as made from a version: what means the same there stays as it was written. */
export async function writeFiles(project: OpenedProject, config: SiteConfig, version: number): Promise<void> {
  const path = join(project.folder, CONFIG_FILE);
  const written = await readConfigFile(path).then(
    (file) => rewritten(file, config),
    // There is none yet, or one that means nothing: nothing in it can stay.
    () => null,
  );
  await writeFile(path, written ?? fresh(project.edge, config));
  await writeProject({ ...project, version });
}

function fresh(edge: string, config: SiteConfig): string {
  // Editors that know the schema complete what is typed, and underline what is wrong.
  return `${JSON.stringify({ $schema: `${edge}/api/schemas/site-config.json`, ...config }, null, 2)}\n`;
}
