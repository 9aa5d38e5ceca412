import { base64url } from "../keys.ts";

/** Prefixes that a scanner of repositories can look for. A site's id holds no underscore. */
const API_TOKEN = /^wpt_([a-z0-9-]{1,40})_[\w-]{43}$/;

/** A new API token of a site: shown once, stored as its digest. */
export function makeToken(site: string): string {
  return `wpt_${site}_${randomSecret()}`;
}

/** The site that an API token names, or null where it is none. */
export function tokenSite(token: string): string | null {
  return API_TOKEN.exec(token)?.[1] ?? null;
}

/** 32 random bytes in base64url. */
export function randomSecret(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}
