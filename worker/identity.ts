import { errors, importJWK, type JWTHeaderParameters, jwtVerify } from "jose";
import { type Claims, PROOF_TOLERANCE_S, type Proof, provesUser } from "../models/identity.ts";
import type { Env } from "./env.ts";
import { fromBase64url } from "./keys.ts";
import { siteObject } from "./objects.ts";
import { callObject } from "./platform-errors.ts";
import type { Site, VersionedConfig } from "./sites.ts";

/** How old an HS256 secret may be that an isolate remembers: one that was taken back proves nothing after that. */
const SECRET_MAX_AGE_MS = 60_000;
const SECRETS_KEPT = 1_000;

const secrets = new Map<string, { secret: string | null; readAt: number }>();

/** Whether a proof is the site's own word that its visitor is this very user. Throws where the site object cannot be asked. */
export async function isProven(
  env: Env,
  asked: { site: Pick<Site, "id">; newest: VersionedConfig },
  proof: Proof,
): Promise<boolean> {
  const claims = proof.user === "" ? null : await claimsOf(env, asked, proof.token);
  return claims !== null && provesUser(claims, proof.user, Date.now() / 1000);
}

/**
 * What a JWT says that one of the site's keys has signed, for this site, and that has not ended; null for any other. The
 * key decides the algorithm, never the token: a public key is no HMAC secret, and nothing is not a signature.
 */
export async function claimsOf(
  env: Env,
  { site, newest }: { site: Pick<Site, "id">; newest: VersionedConfig },
  token: string,
): Promise<Claims | null> {
  const { keys = [], audience = site.id } = newest.config.identity ?? {};
  const keyOf = async ({ kid, alg }: JWTHeaderParameters) => {
    const key = keys.find((known) => known.kid === kid && known.alg === alg);
    if (!key) throw new errors.JWKSNoMatchingKey();
    if (key.alg === "EdDSA") return importJWK({ kty: key.kty, crv: key.crv, x: key.x }, key.alg);
    const secret = await secretOf(env, site.id, key.kid);
    if (secret === null) throw new errors.JWKSNoMatchingKey();
    return fromBase64url(secret) as Uint8Array;
  };
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: ["EdDSA", "HS256"],
      issuer: site.id,
      audience,
      clockTolerance: PROOF_TOLERANCE_S,
      requiredClaims: ["exp", "sub"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

async function secretOf(env: Env, site: string, kid: string): Promise<string | null> {
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
