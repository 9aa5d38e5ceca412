import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";

/** Beside the configuration's file: of which site it is, where that is, and which version it was last equal to. */
export const PROJECT_FILE = "waypost.json";
export const CONFIG_FILE = "waypost.config.jsonc";

/** What `waypost.json` holds. It is no secret, and belongs into the repository. */
interface Project {
  edge: string;
  site: string;
  /** The version in force when the files were last equal to it; 0: there was none. */
  version: number;
}

/** A project and the folder that it is in. */
export interface OpenedProject extends Project {
  folder: string;
}

/** What a person may say beside the file. */
export interface Named {
  edge?: string | undefined;
  site?: string | undefined;
}

/** The project of this folder, or of one above it; null where there is none. Throws `CommandError` where it can't be read. */
export async function findProject(from = process.cwd()): Promise<OpenedProject | null> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE);
    try {
      const { edge, site, version } = JSON.parse(await readFile(path, "utf8")) as Partial<Project>;
      if (typeof edge !== "string" || typeof site !== "string")
        throw new CommandError(`${path} needs “edge” and “site”.`);
      return { edge, site, version: Number(version ?? 0), folder };
    } catch (error) {
      if (error instanceof CommandError) throw error;
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new CommandError(`${path} ${whatIsWrong(error)}`);
    }
    if (folder === dirname(folder)) return null;
  }
}

export async function writeProject({ folder, ...project }: OpenedProject): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, PROJECT_FILE), `${JSON.stringify(project, null, 2)}\n`);
}

/** Edge and site: what was named, else the environment's, else the project's. Throws `CommandError` where one is missing. */
export async function siteNamed(named: Named): Promise<{ edge: string; site: string; project: OpenedProject | null }> {
  const project = await findProject();
  const { WAYPOST_EDGE, WAYPOST_SITE } = process.env;
  const said = named.edge ?? WAYPOST_EDGE;
  // Whoever can change a file in the repository could have a pipeline send its token to themselves.
  if (said === undefined && project && process.env.WAYPOST_TOKEN !== undefined) {
    throw new CommandError(
      `Set WAYPOST_EDGE beside WAYPOST_TOKEN: a token goes nowhere that only ${PROJECT_FILE} names.`,
    );
  }
  const edge = edgeOf(said ?? project?.edge);
  const site = named.site ?? WAYPOST_SITE ?? project?.site;
  if (edge === undefined || site === undefined) {
    throw new CommandError(
      `Of which site? Run this where ${PROJECT_FILE} is (waypost init makes it), or give --edge and --site.`,
    );
  }
  return { edge, site, project };
}

/** An edge's address as it is kept and compared: without slashes at its end. */
export function edgeOf<T extends string | undefined>(address: T): T {
  return address?.replace(/\/+$/, "") as T;
}

/** Where sign-ins are kept, for this user's eyes alone. */
function credentialsFile(): string {
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "waypost", "credentials.json");
}

async function readCredentials(): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(credentialsFile(), "utf8")) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new CommandError(`${credentialsFile()} ${whatIsWrong(error)}`);
  }
}

/** Keeps the token of a sign-in at an edge, or (null) forgets it. */
export async function keepCredential(edge: string, token: string | null): Promise<void> {
  const { [edge]: _, ...others } = await readCredentials();
  const path = credentialsFile();
  await mkdir(dirname(path), { recursive: true });
  const kept = token === null ? others : { ...others, [edge]: token };
  await writeFile(path, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  // One that was there keeps the mode that it had.
  await chmod(path, 0o600);
}

/** What to ask an edge with: WAYPOST_TOKEN of the environment, else the sign-in's. Throws `CommandError` where there is neither. */
export async function tokenFor(edge: string): Promise<string> {
  const token = process.env.WAYPOST_TOKEN ?? (await readCredentials())[edge];
  if (token !== undefined) return token;
  throw new CommandError(
    `You are not signed in at ${edge}: waypost login. (A script sets WAYPOST_TOKEN to an API token.)`,
  );
}
