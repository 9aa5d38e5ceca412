import { SignJWT } from "jose";
import type { IdentityKey } from "../../models/site-config.ts";
import { randomKey } from "./site-of.ts";

/** A site's server, as far as it says who its users are. */
export interface Prover {
  key: IdentityKey;
  private: CryptoKey | Uint8Array;
}

/** A new Ed25519 key, with the part of it that a configuration holds. */
export async function edKey(kid: string): Promise<Prover> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const { x = "" } = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey;
  return { key: { kid, alg: "EdDSA", kty: "OKP", crv: "Ed25519", x }, private: pair.privateKey };
}

/** A new HMAC secret, and how it is given to the edge. */
export function hmacKey(kid: string): Prover & { secret: string } {
  const secret = randomKey(32);
  return { key: { kid, alg: "HS256" }, private: new TextEncoder().encode(secret), secret: btoa(secret) };
}

/** What a proof says; the rest is as it should be. Seconds from now. */
export interface Said {
  site: string;
  user: string;
  endsInS?: number | null;
  audience?: string;
  issuer?: string;
  kid?: string;
  alg?: "EdDSA" | "HS256";
}

export async function proofOf(by: Prover, said: Said): Promise<string> {
  const { site, user, endsInS = 600, audience = site, issuer = site, kid = by.key.kid, alg = by.key.alg } = said;
  const now = Math.floor(Date.now() / 1000);
  const jwt = new SignJWT({ sub: user }).setProtectedHeader({ alg, kid }).setIssuer(issuer).setAudience(audience);
  if (endsInS !== null) jwt.setExpirationTime(now + endsInS);
  return jwt.sign(by.private);
}
