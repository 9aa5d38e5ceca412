/**
 * Numbers below are seconds since 1970, others are milliseconds: as seconds it is the year 5138, as milliseconds March 1973,
 * and no system that sends webhooks tells of either.
 */
const MILLISECONDS_FROM = 1e11;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,3})?\d{0,9} ?(Z|UTC|[+-]\d\d:?\d\d)?)?$/;

/**
 * A time as systems write it, as ms since 1970, or null: ISO 8601, or a count of seconds or milliseconds, also in a text. A
 * written time without a zone is UTC, wherever this runs.
 */
export function readTime(value: unknown): number | null {
  if (typeof value === "string" && !/^\d{1,16}(\.\d{1,9})?$/.test(value)) return readIso(value);
  const count = Number(typeof value === "string" || typeof value === "number" ? value : Number.NaN);
  if (!Number.isFinite(count) || count < 0) return null;
  return Math.round(count < MILLISECONDS_FROM ? count * 1000 : count);
}

function readIso(text: string): number | null {
  const [, day, time = "00:00", fraction = "", zone = "Z"] = ISO.exec(text) ?? [];
  if (day === undefined) return null;
  const seconds = time.length === 5 ? `${time}:00` : time;
  const offset = zone === "UTC" ? "Z" : zone.replace(/^(.\d\d)(\d\d)$/, "$1:$2");
  // biome-ignore lint/style/noRestrictedGlobals: reading a written time is a pure function; no clock is asked
  const at = Date.parse(`${day}T${seconds}${fraction === "" ? "" : fraction.padEnd(4, "0")}${offset}`);
  return Number.isNaN(at) ? null : at;
}
