import { URL_MAX } from "../models/touchpoint.ts";

/** Stands in a text for what could tell who somebody is. */
const HIDDEN = "•";
/** The same in a path, where `•` would become nine characters. */
const HIDDEN_SEGMENT = "*";

const EMAIL = /[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+/g;
/** Six digits or more, also in groups: telephone, card and account numbers, one-time codes. Years and prices are shorter. */
const DIGITS = /\d(?:[ \u00a0.\-/()]{0,2}\d){5,}/g;
/** Twenty or more of what tokens and keys are made of, with a digit among them: session ids, JWTs, UUIDs. */
const TOKEN = /(?=[A-Za-z_-]*\d)[\w-]{20,}/g;

/** Names are shorter; without a bound a text of a megabyte inside one button would cost the page its frame. */
const TEXT_MAX = 512;

/** Text as it may leave the page: e-mail-like, long digit runs and tokens become `•`, white space one space. */
export function scrubText(text: string): string {
  return text
    .slice(0, TEXT_MAX)
    .replace(EMAIL, HIDDEN)
    .replace(TOKEN, HIDDEN)
    .replace(DIGITS, HIDDEN)
    .replace(/\s+/g, " ")
    .trim();
}

/** A path segment of this many digits is more than the number of a product or an order: a telephone, a card. */
const SEGMENT_DIGITS = /\d(?:[.\-_ ]?\d){8,}/;
const SEGMENT_HEX = /[0-9a-f]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-/i;

/**
 * A page's URL as it may leave the page: origin and path, each segment that looks like an e-mail address or a long
 * number or token as `*`. "" for anything but http(s), and for what is longer than the edge takes.
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

/** A path, each of its segments that looks like an e-mail address or a long number or token as `*`. */
export function scrubPath(path: string): string {
  return path.split("/").map(scrubSegment).join("/");
}

function scrubSegment(segment: string): string {
  let plain = segment;
  try {
    plain = decodeURIComponent(segment);
  } catch {
    // not percent-encoded after all: judged as it stands
  }
  const sensitive = plain.includes("@") || SEGMENT_DIGITS.test(plain) || SEGMENT_HEX.test(plain) || isToken(plain);
  return sensitive ? HIDDEN_SEGMENT : segment;
}

/** A readable slug has hyphens between words; a token of its length has none for 20 characters. */
function isToken(segment: string): boolean {
  return /\w{20,}/.test(segment) && /\d/.test(segment);
}
