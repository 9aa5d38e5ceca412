import type { Env } from "./env.ts";
import { siteObject } from "./objects.ts";
import { callObject } from "./platform-errors.ts";

/** How old an HS256 secret may be that an isolate remembers: one that was taken back proves nothing after that. */
const SECRET_MAX_AGE_MS = 60_000;
const SECRETS_KEPT = 1_000;

const secrets = new Map<string, { secret: string | null; readAt: number }>();

/** The secret of an HS256 key, as the site object keeps it; null where there is none. */
export async function secretOf(env: Env, site: string, kid: string): Promise<string | null> {
  const key = `${site} ${kid}`;
  const known = secrets.get(key);
  if (known && Date.now() - known.readAt < SECRET_MAX_AGE_MS) return known.secret;
  const secret = await callObject(async () => siteObject(env, site).identitySecret(kid));
  if (secrets.size >= SECRETS_KEPT) secrets.clear();
  secrets.set(key, { secret, readAt: Date.now() });
  return secret;
}

/** After a change in this isolate: the next proof is judged by it. */
export function forgetSecret(site: string, kid: string): void {
  secrets.delete(`${site} ${kid}`);
}
