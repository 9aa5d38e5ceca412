import * as v from "valibot";
import { isOrigin, SITE_ID } from "../../models/read-field.ts";
import { isRecord, POISONED_KEYS } from "../../models/touchpoint.ts";

/** Longest text that a visitor or a team reads, in UTF-16 units. */
const TEXT_MAX = 1000;

/** A text that says something. */
export const TEXT = v.pipe(
  v.string("a text"),
  v.regex(/\S/, "a text"),
  v.maxLength(TEXT_MAX, `at most ${TEXT_MAX} characters`),
);

const ID_BOUND = "1 to 40 of a-z, 0-9 and -, not beginning with -";
export const ID = v.pipe(v.string(ID_BOUND), v.regex(SITE_ID, ID_BOUND));

export const FLAG = v.boolean("true or false");

const ORIGIN_BOUND = "an origin, as https://shop.example";
export const ORIGIN = v.pipe(
  v.string(ORIGIN_BOUND),
  v.regex(/^https?:\/\/[^/?#@\s]+$/, ORIGIN_BOUND),
  v.check(isOrigin, ORIGIN_BOUND),
);

/** A text of one form, which `bound` puts into words. */
export function formed(form: RegExp, bound: string) {
  return v.pipe(v.string(bound), v.regex(form, bound));
}

/** An integer within bounds, both included. */
export function whole(min: number, max: number) {
  const bound = `an integer from ${min} to ${max}`;
  return v.pipe(v.number(bound), v.integer(bound), v.minValue(min, bound), v.maxValue(max, bound));
}

/** A share: 0 to 1. */
const SHARE_BOUND = "a number from 0 to 1";
export const SHARE = v.pipe(v.number(SHARE_BOUND), v.minValue(0, SHARE_BOUND), v.maxValue(1, SHARE_BOUND));

/** One of some texts. */
export function oneOf<const T extends readonly string[]>(known: T) {
  return v.picklist(known, `one of ${known.join(", ")}`);
}

/** A list of so many items. */
export function listOf<S extends v.GenericSchema>(item: S, min: number, max: number) {
  const bound = min === max ? `exactly ${min}` : `from ${min} to ${max} items`;
  return v.pipe(v.array(item, "a list"), v.minLength(min, bound), v.maxLength(max, bound));
}

/**
 * An object of these fields and no others: what is misspelt would otherwise be said to nobody. Keys that reach a prototype
 * are left out unseen, as everywhere: nobody writes one by mistake (S6).
 */
export function strict<const E extends v.ObjectEntries>(entries: E, absent: Partial<Record<string, string>> = {}) {
  return harmless(
    v.strictObject(entries, ({ expected, path }) => {
      const key = String(path?.[0]?.key);
      if (expected === "never") return absent[key] ?? "no such field";
      return expected === `"${key}"` ? boundOf(entries[key]) : "an object";
    }),
  );
}

/** An object whose keys a team chooses: at most so many. */
export function keyed<K extends v.GenericSchema<string, string>, S extends v.GenericSchema>(
  key: K,
  value: S,
  max: number,
) {
  return v.pipe(harmless(v.record(key, value, "an object")), v.maxEntries(max, `at most ${max} entries`));
}

/** Reads what is neither a list nor poisoned. */
function harmless<S extends v.GenericSchema>(schema: S): S {
  const run: S["~run"] = (dataset, config) => {
    const { value } = dataset;
    if (!isRecord(value)) return schema["~run"]({ value: null }, config);
    const isPoisoned = POISONED_KEYS.some((key) => Object.hasOwn(value, key));
    const entries = () => Object.entries(value).filter(([key]) => !POISONED_KEYS.includes(key));
    return schema["~run"]({ value: isPoisoned ? Object.fromEntries(entries()) : value }, config);
  };
  return { ...schema, "~run": run };
}

/** Any object, as it is: whoever judges it sees every key of it. */
export function opaque(bound: string): v.GenericSchema<Record<string, unknown>> {
  const schema = v.record(v.string(), v.unknown(), bound);
  const run: (typeof schema)["~run"] = ({ value }, config) =>
    isRecord(value) ? { typed: true, value } : schema["~run"]({ value: null }, config);
  return { ...schema, "~run": run };
}

/** What a field that is not there would have to be. */
function boundOf(schema: v.ObjectEntries[string] | undefined): string {
  const message = schema && "message" in schema ? schema.message : undefined;
  return typeof message === "string" ? message : "an object";
}
