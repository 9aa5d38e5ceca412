import { distinct, fail, list, oneOf, origin, record, text } from "./read-field.ts";
import type { IdentityConfig, IdentityKey } from "./site-config.ts";

/** A key that is there, one that follows on it, and what a staging server signs with: more is a mistake. */
const KEYS_MAX = 8;
const DOMAINS_MAX = 20;
/** 32 bytes in base64url: the public part of an Ed25519 key. */
const ED25519 = /^[\w-]{43}$/;

/** Reads how a site's server proves who its users are, and which other hosts of the site a visitor may be handed over to. */
export function readIdentity(value: unknown): IdentityConfig {
  const identity = record(value, "identity");
  const keys = list(identity.keys ?? [], "identity.keys", [0, KEYS_MAX]).map((key, i) =>
    readKey(key, `identity.keys.${i}`),
  );
  distinct(
    keys.map(({ kid }) => ({ id: kid })),
    "identity.keys",
  );
  const domains = list(identity.domains ?? [], "identity.domains", [0, DOMAINS_MAX]).map((domain, i) =>
    origin(domain, `identity.domains.${i}`),
  );
  const { audience } = identity;
  return {
    keys,
    ...(audience === undefined ? {} : { audience: text(audience, "identity.audience") }),
    ...(domains.length === 0 ? {} : { domains }),
  };
}

/** A secret is no part of a configuration: whoever may read one could sign with it. So an HS256 key is named here, and given elsewhere. */
function readKey(value: unknown, field: string): IdentityKey {
  const key = record(value, field);
  const kid = text(key.kid, `${field}.kid`);
  const alg = oneOf(key.alg, ["EdDSA", "HS256"] as const, `${field}.alg`);
  for (const secret of ["d", "k", "secret"]) {
    if (secret in key) fail(`${field}.${secret}`, "absent: a secret key is no part of a configuration");
  }
  if (alg === "HS256") return { kid, alg };
  const x = typeof key.x === "string" && ED25519.test(key.x) ? key.x : fail(`${field}.x`, "43 characters of base64url");
  return {
    kid,
    alg,
    kty: oneOf(key.kty, ["OKP"] as const, `${field}.kty`),
    crv: oneOf(key.crv, ["Ed25519"] as const, `${field}.crv`),
    x,
  };
}
