import { errors, importJWK, type JWTHeaderParameters, jwtVerify } from "jose";
import { type Claims, PROOF_TOLERANCE_S } from "../models/identity.ts";
import type { Env } from "./env.ts";
import { secretOf } from "./identity-secrets.ts";
import { fromBase64url } from "./keys.ts";
import type { Site, VersionedConfig } from "./sites.ts";

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
