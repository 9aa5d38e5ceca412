/**
 * The targeting conditions of the GrowthBook SDK spec 0.8. Where the spec leans on JavaScript's own coercions (a missing
 * attribute is null, and null is less than 5; "8" equals 8 in a bare comparison), so does this file: every SDK agrees.
 */
import { RE2JS } from "re2js";
import type { Condition } from "./campaign.ts";
import { isRecord, type Parsed, POISONED_KEYS, type Refusal, refuse } from "./touchpoint.ts";

/** Longest pattern, and longest text that one is tried on, in UTF-16 code units (DESIGN §5). */
export const PATTERN_MAX = 512;
export const SUBJECT_MAX = 2048;
/**
 * Largest compiled pattern, in instructions; a literal of `PATTERN_MAX` characters needs 514. Time is linear in the
 * subject but also in this: `(.{0,1000})` repeated to 507 characters makes 92,095 and took 4 s on 2,048 characters.
 */
const PROGRAM_MAX = 600;
const PATTERNS_CACHED = 256;
/** A condition's bounds: nesting, keys and list elements together, and characters of one text. */
export const CONDITION_DEPTH_MAX = 16;
export const CONDITION_SIZE_MAX = 1000;
export const CONDITION_TEXT_MAX = 512;
const TYPES: readonly unknown[] = ["string", "number", "boolean", "object", "array", "null", "undefined"];

type SavedGroups = Record<string, unknown[]>;

interface Operator {
  /** Whether an attribute (null where it is missing) meets the operator's argument. */
  meets: (actual: unknown, argument: unknown, groups: SavedGroups) => boolean;
  takes: "value" | "scalar" | "version" | "list" | "values" | "pattern" | "boolean" | "type" | "group" | "element";
}

/** A Map, not an object: a key of a condition must not find what an object inherits. */
const OPERATORS = new Map<string, Operator>([
  ["$eq", { takes: "scalar", meets: (actual, wanted) => actual === wanted }],
  ["$ne", { takes: "scalar", meets: (actual, wanted) => actual !== wanted }],
  ["$lt", { takes: "scalar", meets: (actual, bound) => primitive(actual) < primitive(bound) }],
  ["$lte", { takes: "scalar", meets: (actual, bound) => primitive(actual) <= primitive(bound) }],
  ["$gt", { takes: "scalar", meets: (actual, bound) => primitive(actual) > primitive(bound) }],
  ["$gte", { takes: "scalar", meets: (actual, bound) => primitive(actual) >= primitive(bound) }],
  ["$veq", { takes: "version", meets: (actual, wanted) => versionKey(actual) === versionKey(wanted) }],
  ["$vne", { takes: "version", meets: (actual, wanted) => versionKey(actual) !== versionKey(wanted) }],
  ["$vlt", { takes: "version", meets: (actual, bound) => versionKey(actual) < versionKey(bound) }],
  ["$vlte", { takes: "version", meets: (actual, bound) => versionKey(actual) <= versionKey(bound) }],
  ["$vgt", { takes: "version", meets: (actual, bound) => versionKey(actual) > versionKey(bound) }],
  ["$vgte", { takes: "version", meets: (actual, bound) => versionKey(actual) >= versionKey(bound) }],
  ["$in", { takes: "list", meets: (actual, list) => Array.isArray(list) && isIn(actual, list) }],
  ["$nin", { takes: "list", meets: (actual, list) => Array.isArray(list) && !isIn(actual, list) }],
  ["$ini", { takes: "list", meets: (actual, list) => Array.isArray(list) && isIn(fold(actual), list.map(fold)) }],
  ["$nini", { takes: "list", meets: (actual, list) => Array.isArray(list) && !isIn(fold(actual), list.map(fold)) }],
  ["$inGroup", { takes: "group", meets: (actual, group, groups) => isIn(actual, groupOf(groups, group)) }],
  ["$notInGroup", { takes: "group", meets: (actual, group, groups) => !isIn(actual, groupOf(groups, group)) }],
  ["$all", { takes: "values", meets: (actual, list, groups) => hasAll(actual, list, (v, w) => fits(w, v, groups)) }],
  ["$alli", { takes: "values", meets: (actual, list, groups) => hasAll(actual, list, (v, w) => fitsi(w, v, groups)) }],
  ["$elemMatch", { takes: "element", meets: hasElement }],
  [
    "$size",
    { takes: "value", meets: (actual, size, groups) => Array.isArray(actual) && fits(size, actual.length, groups) },
  ],
  ["$regex", { takes: "pattern", meets: (actual, pattern) => matches(actual, pattern, 0) }],
  ["$notRegex", { takes: "pattern", meets: (actual, pattern) => !matches(actual, pattern, 0) }],
  ["$regexi", { takes: "pattern", meets: (actual, pattern) => matches(actual, pattern, RE2JS.CASE_INSENSITIVE) }],
  ["$notRegexi", { takes: "pattern", meets: (actual, pattern) => !matches(actual, pattern, RE2JS.CASE_INSENSITIVE) }],
  ["$exists", { takes: "boolean", meets: (actual, wanted) => ((actual ?? null) !== null) === Boolean(wanted) }],
  ["$type", { takes: "type", meets: (actual, type) => typeOf(actual) === type }],
  ["$not", { takes: "value", meets: (actual, value, groups) => !fits(value, actual, groups) }],
]);

/**
 * Whether attributes meet a condition, e.g. `{country: {$in: ["DE", "AT"]}, "cart.items": {$gt: 2}}`. Keys are dotted
 * paths into the attributes, or `$and`, `$or`, `$nor`, `$not`. Total: attributes may be anything JSON can say; a part
 * of the condition that makes no sense holds for nobody (`checkCondition` refuses it before it is published).
 */
export function evaluate(
  condition: Condition,
  attributes: Record<string, unknown>,
  savedGroups: SavedGroups = {},
): boolean {
  return holds(condition, attributes, savedGroups);
}

function holds(condition: unknown, subject: unknown, groups: SavedGroups): boolean {
  if (!isRecord(condition)) return false;
  return entriesOf(condition).every(([key, part]) => {
    switch (key) {
      case "$and":
        return Array.isArray(part) && part.every((one) => holds(one, subject, groups));
      case "$or":
        return anyHolds(part, subject, groups);
      case "$nor":
        return !anyHolds(part, subject, groups);
      case "$not":
        return !holds(part, subject, groups);
      default:
        return fits(part, valueAt(subject, key), groups);
    }
  });
}

/** By the part of a condition: one is evaluated for every ask, and making its list anew is half of what it takes. */
const entries = new WeakMap<object, [string, unknown][]>();

function entriesOf(part: object): [string, unknown][] {
  const known = entries.get(part);
  if (known) return known;
  const made = Object.entries(part);
  entries.set(part, made);
  return made;
}

/** An empty list holds for everyone: the spec's rule for `$or`, and so `$nor` of nothing holds for nobody. */
function anyHolds(conditions: unknown, subject: unknown, groups: SavedGroups): boolean {
  if (!Array.isArray(conditions)) return false;
  return conditions.length === 0 || conditions.some((one) => holds(one, subject, groups));
}

/** The own property at a dotted path, or null. Never what an object inherits. */
function valueAt(subject: unknown, path: string): unknown {
  let value = subject;
  for (const key of path.includes(".") ? path.split(".") : [path]) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Whether a value is what a condition says of it: a bare value (equal after coercion), or an object of operators. */
function fits(wanted: unknown, value: unknown, groups: SavedGroups): boolean {
  if (typeof wanted === "string") return String(primitive(value)) === wanted;
  if (typeof wanted === "number") return Number(primitive(value)) === wanted;
  if (typeof wanted === "boolean") return value !== null && Boolean(value) === wanted;
  if (wanted === null) return value === null;
  if (!isOperatorObject(wanted)) return jsonOf(value) === jsonOf(wanted);
  return entriesOf(wanted).every(([name, argument]) => OPERATORS.get(name)?.meets(value, argument, groups) ?? false);
}

/** As `fits`, but texts are equal in any case. */
function fitsi(wanted: unknown, value: unknown, groups: SavedGroups): boolean {
  return typeof wanted === "string"
    ? String(primitive(value)).toLowerCase() === fold(wanted)
    : fits(wanted, value, groups);
}

function isOperatorObject(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
}

/**
 * What comparisons see: objects become text as JavaScript makes them ("[object Object]", "1,2"). NaN, which compares
 * false with everything, for one whose own `toString` is not a function: the language throws there.
 */
function primitive(value: unknown): string | number {
  if (typeof value !== "object" || value === null) return value as string | number;
  try {
    return String(value);
  } catch {
    return Number.NaN;
  }
}

/** Undefined for what is nested too deep for the language to write. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function fold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((v) => (typeof v === "string" ? v.toLowerCase() : v));
  return typeof value === "string" ? value.toLowerCase() : value;
}

/** Whether a value, or where it is a list any of its elements, is in the list. Strict: 1 is not "1". */
function isIn(actual: unknown, list: readonly unknown[]): boolean {
  return Array.isArray(actual) ? actual.some((element) => list.includes(element)) : list.includes(actual);
}

function groupOf(groups: SavedGroups, name: unknown): readonly unknown[] {
  return typeof name === "string" && Object.hasOwn(groups, name) ? (groups[name] ?? []) : [];
}

function hasAll(actual: unknown, list: unknown, equal: (value: unknown, wanted: unknown) => boolean): boolean {
  if (!Array.isArray(actual) || !Array.isArray(list)) return false;
  return list.every((wanted) => actual.some((value) => equal(value, wanted)));
}

/** Elements that are falsy in JavaScript (0, "", false, null) never match: the spec's rule. */
function hasElement(actual: unknown, wanted: unknown, groups: SavedGroups): boolean {
  if (!Array.isArray(actual)) return false;
  const matchesElement = isOperatorObject(wanted) ? fits : holds;
  return actual.some((element) => Boolean(element) && matchesElement(wanted, element, groups));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/**
 * A version as text whose order is the order of versions: numbers padded to 5 places, and `~`, the last character of
 * ASCII, where a version of three numbers has no pre-release, so that 1.0.0 comes after 1.0.0-beta.
 */
function versionKey(version: unknown): string {
  const text = (typeof version === "number" || typeof version === "string" ? String(version) : "") || "0";
  const parts = (text.split("+")[0] ?? "").replace(/^v/, "").split(/[-.]/);
  if (parts.length === 3) parts.push("~");
  return parts.map((part) => (/^\d+$/.test(part) ? part.padStart(5) : part)).join("-");
}

const compiled = new Map<string, RE2JS | null>();

/** The compiled pattern, or null for one that RE2 has no answer to (look-ahead, back-reference) or that is too large. */
function compile(pattern: string, flags: number): RE2JS | null {
  const key = `${flags}${pattern}`;
  let regex = compiled.get(key);
  if (regex === undefined) {
    regex = compileAnew(pattern, flags);
    if (compiled.size >= PATTERNS_CACHED) compiled.delete(compiled.keys().next().value ?? "");
    compiled.set(key, regex);
  }
  return regex;
}

function compileAnew(pattern: string, flags: number): RE2JS | null {
  if (pattern.length > PATTERN_MAX) return null;
  try {
    const regex = RE2JS.compile(RE2JS.translateRegExp(pattern), flags);
    return regex.programSize() <= PROGRAM_MAX ? regex : null;
  } catch {
    return null;
  }
}

/** A missing attribute is the text "null", as the spec's reference has it. */
function matches(actual: unknown, pattern: unknown, flags: number): boolean {
  if (typeof pattern !== "string") return false;
  const subject = String(primitive(actual));
  return subject.length <= SUBJECT_MAX && (compile(pattern, flags)?.test(subject) ?? false);
}

/** Where the check stands. `budget.left`: keys and list elements that the whole condition may still have. */
interface Place {
  field: string;
  depth: number;
  budget: { left: number };
}

/**
 * Reads a condition that somebody wants to publish. Refuses what `evaluate` would let pass in silence: an operator that
 * does not exist, an argument that it has no use for, a pattern that can never match, anything beyond the bounds.
 * `field` is where the condition stands in the sender's document; a refusal's field goes on from there.
 */
export function checkCondition(condition: unknown, field = "condition"): Parsed<Condition> {
  const refusal = checkFields(condition, { field, depth: 1, budget: { left: CONDITION_SIZE_MAX } });
  return refusal ?? { ok: true, value: condition as Condition };
}

function inside({ field, depth, budget }: Place, step: string): Place {
  return { field: field + step, depth: depth + 1, budget };
}

/** The first refusal among the parts of one object or list, whose own size and depth are bounded first. */
function checkEach<T>(parts: readonly T[], place: Place, check: (part: T, index: number) => Refusal | null) {
  if (place.depth > CONDITION_DEPTH_MAX) {
    return refuse("out-of-range", place.field, `at most ${CONDITION_DEPTH_MAX} levels`);
  }
  place.budget.left -= parts.length;
  if (place.budget.left < 0) {
    return refuse("too-many", place.field, `at most ${CONDITION_SIZE_MAX} keys and list elements in all`);
  }
  for (const [index, part] of parts.entries()) {
    const refusal = check(part, index);
    if (refusal) return refusal;
  }
  return null;
}

function checkFields(condition: unknown, place: Place): Refusal | null {
  if (!isRecord(condition)) return refuse("malformed", place.field, "an object of attributes and conditions");
  return checkEach(Object.entries(condition), place, ([key, part]) => {
    if (key.length > CONDITION_TEXT_MAX) return tooLong(place);
    const at = inside(place, `.${key}`);
    if (key === "$not") return checkFields(part, at);
    if (key === "$and" || key === "$or" || key === "$nor") {
      if (!Array.isArray(part)) return refuse("malformed", at.field, "a list of conditions");
      return checkEach(part, at, (one, i) => checkFields(one, inside(at, `[${i}]`)));
    }
    if (key.startsWith("$")) return refuse("malformed", at.field, "an attribute, $and, $or, $nor or $not");
    if (key.split(".").some((step) => step === "" || POISONED_KEYS.includes(step))) {
      return refuse("malformed", at.field, "the dotted path of an attribute");
    }
    return checkValue(part, at);
  });
}

function checkValue(value: unknown, place: Place): Refusal | null {
  if (!isOperatorObject(value)) return checkLiteral(value, place);
  return checkEach(Object.entries(value), place, ([name, argument]) => {
    const operator = OPERATORS.get(name);
    if (!operator) return refuse("malformed", place.field, `operators: ${[...OPERATORS.keys()].join(" ")}`);
    return checkArgument(operator.takes, argument, inside(place, `.${name}`));
  });
}

/** A value to be equal to. A key with `$` among others without it is a slip: the spec would compare it as data. */
function checkLiteral(value: unknown, place: Place): Refusal | null {
  if (typeof value === "string") return value.length > CONDITION_TEXT_MAX ? tooLong(place) : null;
  if (typeof value !== "object" || value === null) return null;
  return checkEach(Object.entries(value), place, ([key, part]) => {
    if (key.length > CONDITION_TEXT_MAX) return tooLong(place);
    if (key.startsWith("$")) return refuse("malformed", `${place.field}.${key}`, "operators alone, or data alone");
    return checkLiteral(part, inside(place, `.${key}`));
  });
}

function checkArgument(takes: Operator["takes"], argument: unknown, place: Place): Refusal | null {
  const must = (fine: boolean, bound: string) => (fine ? null : refuse("malformed", place.field, bound));
  switch (takes) {
    case "value":
      return checkValue(argument, place);
    case "scalar":
      return (
        must(typeof argument !== "object" || argument === null, "a text, number, boolean or null") ??
        checkLiteral(argument, place)
      );
    case "version":
      return (
        must(typeof argument === "string" || typeof argument === "number", "a version such as 1.2.3") ??
        checkLiteral(argument, place)
      );
    case "list":
      return must(Array.isArray(argument), "a list") ?? checkLiteral(argument, place);
    case "values":
      return (
        must(Array.isArray(argument), "a list") ??
        checkEach(argument as unknown[], place, (one, i) => checkValue(one, inside(place, `[${i}]`)))
      );
    case "element":
      return isOperatorObject(argument) ? checkValue(argument, place) : checkFields(argument, place);
    case "pattern":
      return checkPattern(argument, place);
    case "boolean":
      return must(typeof argument === "boolean", "true or false");
    case "type":
      return must(TYPES.includes(argument), `one of ${TYPES.join(", ")}`);
    case "group":
      return must(typeof argument === "string", "the id of a saved group") ?? checkLiteral(argument, place);
  }
}

function checkPattern(pattern: unknown, { field }: Place): Refusal | null {
  if (typeof pattern !== "string") return refuse("malformed", field, "a pattern");
  if (pattern.length > PATTERN_MAX) return refuse("too-long", field, `at most ${PATTERN_MAX} characters`);
  return compile(pattern, RE2JS.CASE_INSENSITIVE)
    ? null
    : refuse("malformed", field, `a pattern in RE2 syntax that compiles to at most ${PROGRAM_MAX} instructions`);
}

function tooLong({ field }: Place): Refusal {
  return refuse("too-long", field, `keys and texts of at most ${CONDITION_TEXT_MAX} characters`);
}
