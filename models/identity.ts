import { POISONED_KEYS } from "./touchpoint.ts";

/** 16 random bytes in base64url without padding: secrets and ask ids. */
const SIXTEEN_BYTES = /^[\w-]{22}$/;
/** 8 random bytes, or the first 8 of a digest, in base64url: streams. */
const EIGHT_BYTES = /^[\w-]{11}$/;
/** HMAC-SHA-256 in base64url: the only form of a visitor that is stored, logged or shown. */
const VISITOR_ID = /^[\w-]{43}$/;

/** Longest `anonymousId` that a server SDK may send; Segment's are UUIDs of 36. */
export const ANONYMOUS_ID_MAX = 128;

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
