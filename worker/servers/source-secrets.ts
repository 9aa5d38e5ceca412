import type { Env } from "../env.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";

/** How old secrets may be that an isolate remembers: one that was taken back signs nothing after that. */
export const SECRETS_MAX_AGE_MS = 60_000;
/** How old they may be where none of them has signed: a new one may have been given since. */
export const SECRETS_MIN_AGE_MS = 5_000;
const SOURCES_KEPT = 1_000;

const known = new Map<string, { secrets: string[]; readAt: number }>();

/** The secrets that a source may sign with, at most so old. Throws where the site object cannot be asked. */
export async function secretsOf(env: Env, { site, source }: Source, maxAgeMs: number): Promise<string[]> {
  const key = `${site} ${source}`;
  const remembered = known.get(key);
  if (remembered && Date.now() - remembered.readAt < maxAgeMs) return remembered.secrets;
  const secrets = await callObject(async () => siteObject(env, site).sourceSecrets(source));
  if (known.size >= SOURCES_KEPT) known.clear();
  known.set(key, { secrets, readAt: Date.now() });
  return secrets;
}

/** A source of a site, by their ids. */
export interface Source {
  site: string;
  source: string;
}

/** After a change in this isolate: the next webhook is judged by it. */
export function forgetSecrets({ site, source }: Source): void {
  known.delete(`${site} ${source}`);
}
