/**
 * 1 to 40 of a-z, 0-9 and -, not beginning with -: so that a file name, a URL and an edge key `from>to` can hold it. Objects
 * are keyed by ids, so none may be inherited (S6).
 */
export const SITE_ID = /^(?!(?:constructor|prototype)$)[a-z0-9][a-z0-9-]{0,39}$/;

/** Whether an id of a site, stage or campaign is well-formed. */
export function isSiteId(value: string): boolean {
  return SITE_ID.test(value);
}

/** Whether a text is an origin as a browser sends it: scheme, host in lower case (punycode), port where it is not the scheme's own. */
export function isOrigin(value: string): boolean {
  return urlOf(value)?.origin === value && isHttp(value);
}

/** Whether a text is an http or https URL. */
export function isWebAddress(value: string): boolean {
  return isHttp(urlOf(value)?.protocol ?? "");
}

function isHttp(value: string): boolean {
  return /^https?:/.test(value);
}

function urlOf(value: string): URL | null {
  try {
    return new URL(value);
  } catch {
    return null;
  }
}
