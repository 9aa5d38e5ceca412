import { readStamp, type Stamp } from "./consent.ts";
import { isSecret } from "./identity.ts";
import { isRecord, type Parsed, refuse } from "./touchpoint.ts";

/** The parameter by which a link takes its visitor along. */
export const HANDOVER_PARAMETER = "wp_handover";
/** From making a link's token to its use: a click and a page load. */
export const HANDOVER_VALID_MS = 60_000;
/** A sealed secret with a host and a time is far below. */
const TOKEN_MAX = 2_048;
const ORIGIN_MAX = 300;

/** `POST /v1/handover`: a page asks for a token for a link to `to`; or a page there gives the `token` that its address held. */
export type HandoverRequest = { site: string; secret: string; consent: Stamp } & ({ to: string } | { token: string });

/** The token to put into the link. */
export interface HandoverToken {
  token: string;
  expiresInMs: number;
}

/** Who the visitor is on the other host: the page goes on under this secret and these choices. */
export interface HandedOver {
  secret: string;
  consent: Stamp;
}

/** Reads an untrusted request of either kind. */
export function parseHandover(value: unknown): Parsed<HandoverRequest> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const { site, secret, to, token } = value;
  if (typeof site !== "string" || site === "") return refuse("malformed", "site", "the public key of the script tag");
  if (!isSecret(secret)) return refuse("malformed", "secret", "22 characters of base64url");
  const consent = readStamp(value.consent);
  if (!consent) return refuse("malformed", "consent", "{rev, purposes}");
  if (typeof token === "string" && token.length <= TOKEN_MAX)
    return { ok: true, value: { site, secret, consent, token } };
  if (typeof to === "string" && to.length <= ORIGIN_MAX) return { ok: true, value: { site, secret, consent, to } };
  return refuse("malformed", "to", "an origin of the site's “identity.domains”, or “token”");
}
