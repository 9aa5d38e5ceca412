import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandError } from "./command-error.ts";
import { whatIsWrong } from "./unreadable.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A site that runs on this machine, as `npm start` made it. */
export interface SiteKeys {
  site: string;
  publicKey: string;
  writeKey: string;
  /** Origin of the edge that it was last started at. */
  edge: string;
}

/** Where a local site's keys are kept; git-ignored. */
export function siteKeysFile(site: string): string {
  return join(ROOT, ".waypost", `${site}.json`);
}

/** The keys of a local site, or null where it was never started. */
export async function readSiteKeys(site: string): Promise<SiteKeys | null> {
  const path = siteKeysFile(site);
  try {
    return JSON.parse(await readFile(path, "utf8")) as SiteKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new CommandError(`${path} ${whatIsWrong(error)}`);
  }
}

/** Keeps a local site's keys, for this user's eyes alone. */
export async function writeSiteKeys(keys: SiteKeys): Promise<void> {
  const path = siteKeysFile(keys.site);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
}
