import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";

/** What a page of the demo site has in place of its public key, and demo-visitor.js in place of its list of secrets. */
const KEY_PLACE = "%WAYPOST_KEY%";
const SECRETS_PLACE = '["%TREATED_SECRETS%"]';
/** The site's configuration goes through the API, not to visitors. */
const NOT_SERVED = ["waypost.config.ts"];

export interface PublicFolder {
  /** Folders of the built script and of the site's pages. */
  dist: string;
  site: string;
  /** Where the files to serve go; emptied first. */
  to: string;
  publicKey: string;
  secrets: readonly string[];
}

/** Lays out what the local edge serves: the built files, and the demo site with its keys written in. */
export async function layOut({ dist, site, to, publicKey, secrets }: PublicFolder): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await cp(dist, to, { recursive: true });
  await cp(site, to, { recursive: true, filter: (source) => !NOT_SERVED.includes(basename(source)) });
  for (const entry of await readdir(site, { recursive: true })) {
    if (![".html", ".js"].includes(extname(entry))) continue;
    const path = join(to, entry);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replaceAll(KEY_PLACE, publicKey).replace(SECRETS_PLACE, JSON.stringify(secrets)));
  }
}
