import type { Home } from "../../models/journey-state.ts";
import { journeyKeptMs } from "../../models/privacy-record.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Env } from "../env.ts";
import { configVersion } from "../sites.ts";

/** A journey is kept this long after its last batch where no configuration says otherwise: 13 months. */
export const KEPT_MS = 395 * 86_400_000;

/** One version of a site's configuration. Throws where nobody has it. */
export async function configOf(env: Env, site: string, version: number): Promise<SiteConfig> {
  const found = await configVersion(env, site, version);
  if (!found) throw new Error(`configuration ${version} of ${site} is not in KV yet`);
  return found.config;
}

/** How long a journey is kept after its last batch, ms: also known where nobody finds its configuration any more. */
export async function keptMsOf(env: Env, home: Home | null): Promise<number> {
  const found = home && (await configOf(env, home.site, home.config).catch(() => null));
  return found ? journeyKeptMs(found) : KEPT_MS;
}
