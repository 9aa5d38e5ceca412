/** Longest URL without query and fragment, in UTF-16 code units: browsers and proxies allow more, no page needs it. */
export const URL_MAX = 1024;

/** Stands in a text for what could tell who somebody is. */
const HIDDEN = "•";
/** The same in a path, where `•` would become nine characters. */
const HIDDEN_SEGMENT = "*";
/** Names are shorter; without a bound a text of a megabyte inside one button would cost the page its frame. */
const TEXT_MAX = 512;

/** `%40` as in an address that was copied out of a link. */
const EMAIL = /[^\s@<>"(),;:]+(?:@|%40)[^\s<>"(),;:]+/g;
/** ISO 13616 as it is printed and as it is typed. Its check digits are not asked: a mistyped account is somebody's as well. */
const IBAN = /[A-Z]{2}\d\d(?: ?[A-Z\d]{4}){3,7}(?: ?[A-Z\d]{1,3})?/g;
/**
 * Six digits or more of any script, also in groups: telephone, card, account and social security numbers, one-time
 * codes. Years and prices are shorter. Luhn's sum is not asked, for the same reason.
 */
const DIGITS = /\p{Nd}(?:[ .\-\u2010\u2011\u2012\u2212/()_]{0,3}\p{Nd}){5,}/gu;
/** In a path fewer than nine are the number of a product or an order, and tell pages apart. */
const SEGMENT_DIGITS = /\p{Nd}(?:[ .\-\u2010\u2011/()_]?\p{Nd}){8,}/u;
/** Seen by nobody, and between the digits of a number to anybody's program. */
const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
/** Where a token can stand: a JWT from its head on, else one word with hyphens. */
const WORD = /eyJ[\w.-]{13,}|[\w-]{16,}/g;

/** Where small letters, capitals and digits take turns. */
const TURN = /[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g;
/** Words and names that are written together have fewer; 22 random characters of base64url have 13. */
const TURNS = 7;

/**
 * Text as it may leave the page: what looks like an e-mail address, an account, a long number or a token becomes `•`,
 * white space one space; at most 512 characters. Scrubbed again it stays as it is.
 */
export function scrubText(text: string): string {
  const plain = text.slice(0, TEXT_MAX).replace(INVISIBLE, "").replace(/\s+/g, " ").trim();
  // Tokens first: the middle of one can look like an account, and its ends would be left.
  const untold = withoutTokens(plain.replace(EMAIL, HIDDEN)).replace(IBAN, HIDDEN).replace(DIGITS, HIDDEN);
  // What stood behind a number stands alone now.
  return withoutTokens(untold);
}

/**
 * A page's URL as it may leave the page: origin and path, scrubbed. "" for anything but http(s), and for what is longer
 * than the edge takes.
 */
export function scrubUrl(href: string): string {
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    return "";
  }
  if (!/^https?:$/.test(url.protocol)) return "";
  const kept = url.origin + scrubPath(url.pathname);
  return kept.length > URL_MAX ? "" : kept;
}

/**
 * A path without what is no path (`;jsessionid=…`), each segment that looks like an e-mail address, a long number or a
 * token as `*`.
 */
export function scrubPath(path: string): string {
  return path
    .replace(/;[^/]*/g, "")
    .split("/")
    .map(scrubSegment)
    .join("/");
}

function scrubSegment(segment: string): string {
  let plain = segment;
  try {
    plain = decodeURIComponent(segment);
  } catch {
    // not percent-encoded after all: judged as it stands
  }
  const sensitive = /@|%40/.test(plain) || SEGMENT_DIGITS.test(plain) || withoutTokens(plain) !== plain;
  return sensitive ? HIDDEN_SEGMENT : segment;
}

/** Session ids, keys, hashes, UUIDs, JWTs. */
function withoutTokens(text: string): string {
  return text.replace(WORD, (word) => (isToken(word) ? HIDDEN : word));
}

/**
 * A token has digits among its letters, where a word has them at its end (`summer-sale-2026`, `256gb`): a part of six or
 * more is mixed. Or it is hexadecimal, or a JWT.
 */
function isToken(word: string): boolean {
  if (/^eyJ|(?=[a-f-]{0,15}\d)[\da-f-]{16}/i.test(word)) return true;
  if ((word.match(TURN)?.length ?? 0) >= TURNS) return true;
  return word.split(/[-_]/).some((part) => part.length > 5 && /[a-z]\d+[a-z]|\d[a-z]+\d/i.test(part));
}
