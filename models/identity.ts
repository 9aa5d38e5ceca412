import { POISONED_KEYS } from "./touchpoint.ts";

/** 16 random bytes in base64url without padding: secrets and ask ids. */
const SIXTEEN_BYTES = /^[\w-]{22}$/;
/** 8 random bytes, or the first 8 of a digest, in base64url: streams. */
const EIGHT_BYTES = /^[\w-]{11}$/;
/** HMAC-SHA-256 in base64url: the only form of a visitor that is stored, logged or shown. */
const VISITOR_ID = /^[\w-]{43}$/;

/** Longest `anonymousId` that a server SDK may send; Segment's are UUIDs of 36. */
export const ANONYMOUS_ID_MAX = 128;
/** Longest id of a known user, and longest proof of it: an Ed25519 or HMAC signature over a few claims is far below. */
export const USER_ID_MAX = 128;
const PROOF_MAX = 4_096;

export function isSecret(value: unknown): value is string {
  return typeof value === "string" && SIXTEEN_BYTES.test(value);
}

/** A site's public or write key: 16 random bytes as well. */
export function isSiteKey(value: unknown): value is string {
  return isSecret(value);
}

export function isAskId(value: unknown): value is string {
  return isSecret(value);
}

export function isStreamId(value: unknown): value is string {
  return typeof value === "string" && EIGHT_BYTES.test(value) && !POISONED_KEYS.includes(value);
}

export function isVisitorId(value: unknown): value is string {
  return typeof value === "string" && VISITOR_ID.test(value);
}

/**
 * What is fed to HMAC-SHA-256(ID_KEY, ·) to name a browser's visitor. The site stands in front and ends in NUL, which
 * no site id can hold, so that one secret names different visitors on different sites.
 */
export function browserName(site: string, secret: string): string {
  return `${site}\0${secret}`;
}

/** The same for a visitor whom a server names. "a:" keeps it apart from every secret: ":" is not base64url. */
export function serverName(site: string, anonymousId: string): string {
  return `${site}\0a:${anonymousId}`;
}

/** The same for a user whom the site knows, and whom a proof names. */
export function userName(site: string, userId: string): string {
  return `${site}\0u:${userId}`;
}

/** Who a page says that its visitor is, with the site's own word for it: a JWT that its server signed. */
export interface Proof {
  user: string;
  token: string;
}

/** What proves nothing: anything that has not the form of a proof. */
const NO_PROOF: Proof = { user: "", token: "" };

/** Whether a text can be a known user's id. */
export function isUserId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= USER_ID_MAX;
}

/** Reads an untrusted proof. One that is none is kept as one that proves nothing: the batch beside it is taken all the same. */
export function readProof(value: unknown): Proof {
  const { user, token } = (value ?? {}) as Partial<Record<keyof Proof, unknown>>;
  return isUserId(user) && typeof token === "string" && token.length <= PROOF_MAX ? { user, token } : NO_PROOF;
}

/** What a proof has to say beside its signature: times in seconds since 1970, as JWT has them. */
export interface Claims {
  sub?: unknown;
  exp?: unknown;
}

/** A proof holds for a day at most: whoever finds an old one must not be somebody else with it. */
const PROOF_VALID_S = 86_400;
/** Between the clocks of the site's server and the edge. */
export const PROOF_TOLERANCE_S = 60;

/** Whether claims that were signed name this very user, and end within a day of `now` (seconds since 1970). */
export function provesUser({ sub, exp }: Claims, user: string, now: number): boolean {
  const ends = typeof exp === "number" && exp - now <= PROOF_VALID_S + PROOF_TOLERANCE_S;
  return ends && isUserId(sub) && sub === user;
}
