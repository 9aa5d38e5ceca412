import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { Env } from "../env.ts";
import { logSignIn } from "../log.ts";
import type { Subject } from "./oidc.ts";

/**
 * Access has new keys every six weeks, and shows those before for seven days more. What an isolate has read holds for ten
 * minutes; for a key that it does not know it reads again, once in thirty seconds at most.
 */
const CACHE_MS = 600_000;
const COOLDOWN_MS = 30_000;
/** Clocks may be so far apart. */
const CLOCK_S = 30;

const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

function keysOf(team: string) {
  const known = keySets.get(team);
  if (known) return known;
  const keys = createRemoteJWKSet(new URL("/cdn-cgi/access/certs", team), {
    cacheMaxAge: CACHE_MS,
    cooldownDuration: COOLDOWN_MS,
  });
  keySets.set(team, keys);
  return keys;
}

export function hasAccess({ ACCESS_TEAM, ACCESS_AUD }: Env): boolean {
  return Boolean(ACCESS_TEAM && ACCESS_AUD);
}

/** Who Cloudflare Access says is asking, by its signed header, or null. A service's token has no subject, and is nobody's. */
export async function accessSubject(env: Env, assertion: string | undefined): Promise<Subject | null> {
  const { ACCESS_AUD } = env;
  if (!env.ACCESS_TEAM || !ACCESS_AUD || !assertion) return null;
  // The issuer is an origin, to the letter; people copy an address.
  const ACCESS_TEAM = env.ACCESS_TEAM.replace(/\/+$/, "");
  try {
    const { payload } = await jwtVerify(assertion, keysOf(ACCESS_TEAM), {
      issuer: ACCESS_TEAM,
      audience: ACCESS_AUD,
      algorithms: ["RS256"],
      requiredClaims: ["exp", "sub"],
      clockTolerance: CLOCK_S,
    });
    return payload.sub ? { issuer: ACCESS_TEAM, subject: payload.sub } : null;
  } catch (error) {
    // Also where its keys can't be read: nobody is let in by what can't be checked.
    if (error instanceof errors.JOSEError) {
      logSignIn(env, "access", error instanceof errors.JWTClaimValidationFailed ? `wrong_${error.claim}` : error.code);
      return null;
    }
    throw error;
  }
}
