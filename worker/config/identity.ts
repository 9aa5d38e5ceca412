import * as v from "valibot";
import { formed, listOf, ORIGIN, strict, TEXT } from "./fields.ts";

/** A key that is there, one that follows on it, and what a staging server signs with: more is a mistake. */
const KEYS_MAX = 8;
const DOMAINS_MAX = 20;

/** A secret is no part of a configuration: whoever may read one could sign with it. So an HS256 key is named here, and given elsewhere. */
const NO_SECRET = "absent: a secret key is no part of a configuration";
const SECRETS = { d: NO_SECRET, k: NO_SECRET, secret: NO_SECRET };

const ALG_BOUND = "one of EdDSA, HS256";

const KEY = v.variant(
  "alg",
  [
    strict(
      {
        kid: TEXT,
        alg: v.literal("EdDSA", ALG_BOUND),
        kty: v.literal("OKP", "one of OKP"),
        crv: v.literal("Ed25519", "one of Ed25519"),
        // 32 bytes: the public part.
        x: formed(/^[\w-]{43}$/, "43 characters of base64url"),
      },
      SECRETS,
    ),
    strict({ kid: TEXT, alg: v.literal("HS256", ALG_BOUND) }, SECRETS),
  ],
  ALG_BOUND,
);

/** How a site's server proves who its users are, and which other hosts of the site a visitor may be handed over to. */
export const IDENTITY = strict({
  keys: v.optional(listOf(KEY, 0, KEYS_MAX), []),
  audience: v.exactOptional(v.pipe(TEXT, v.description("The “aud” of a proof; absent: the site's id."))),
  domains: v.exactOptional(listOf(ORIGIN, 0, DOMAINS_MAX)),
});
