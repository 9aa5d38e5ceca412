import { isRecord, POISONED_KEYS, type Refusal, refuse } from "./touchpoint.ts";

/** Lower case, so that a file name, a URL and an edge key `from>to` can hold it. */
const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;
const TEXT_MAX = 1000;

/** Both belong to it. */
export type Bounds = [min: number, max: number];

/** Carries a refusal out of nested readers: all that they throw, and only for a value that breaks a bound. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.bound);
    this.refusal = refusal;
  }
}

/** Refuses a field, naming the bound that it broke. Throws `Refused`. */
export function fail(field: string, bound: string): never {
  throw new Refused(refuse("malformed", field, bound));
}

/** An object; its fields are for the caller to read. */
export function record(value: unknown, field: string): Record<string, unknown> {
  return isRecord(value) ? value : fail(field, "an object");
}

/** A list of so many items. */
export function list(value: unknown, field: string, [min, max]: Bounds): unknown[] {
  if (!Array.isArray(value)) return fail(field, "a list");
  if (value.length < min || value.length > max) {
    fail(field, min === max ? `exactly ${min}` : `from ${min} to ${max} items`);
  }
  return value;
}

/** A text that says something. */
export function text(value: unknown, field: string): string {
  if (typeof value !== "string" || value.trim() === "") return fail(field, "a text");
  return value.length <= TEXT_MAX ? value : fail(field, `at most ${TEXT_MAX} characters`);
}

/** An id, as `isSiteId` has it. */
export function id(value: unknown, field: string): string {
  return typeof value === "string" && isSiteId(value)
    ? value
    : fail(field, "1 to 40 of a-z, 0-9 and -, not beginning with -");
}

/** An origin as a browser sends it: scheme, host in lower case (punycode), port where it is not the scheme's own. */
export function origin(value: unknown, field: string): string {
  const given = text(value, field);
  let parsed = "";
  try {
    parsed = new URL(given).origin;
  } catch {
    // Falls through to the refusal.
  }
  return parsed === given && /^https?:/.test(given) ? given : fail(field, "an origin, as https://shop.example");
}

/** True or false. */
export function flag(value: unknown, field: string): boolean {
  return typeof value === "boolean" ? value : fail(field, "true or false");
}

/** A number within bounds, both included; an integer unless `whole` is false. */
export function number(value: unknown, field: string, [min, max]: Bounds, whole = true): number {
  const fits = typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value));
  return fits ? value : fail(field, `${whole ? "an integer" : "a number"} from ${min} to ${max}`);
}

/** One of some texts. */
export function oneOf<T extends string>(value: unknown, known: readonly T[], field: string): T {
  return known.find((k) => k === value) ?? fail(field, `one of ${known.join(", ")}`);
}

/** Refuses items of which two have one id. */
export function distinct(items: readonly { id: string }[], field: string): void {
  if (new Set(items.map((item) => item.id)).size !== items.length) fail(field, "distinct ids");
}

/** Whether an id of a site, stage or campaign is well-formed: objects are keyed by it, so it must not be inherited (S6). */
export function isSiteId(value: string): boolean {
  return ID.test(value) && !POISONED_KEYS.includes(value);
}
