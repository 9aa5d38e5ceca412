import { POISONED_KEYS } from "./touchpoint.ts";

const STEP = `(?!(?:${POISONED_KEYS.join("|")})(?:[.}|]|$))[^.{}|]+`;
const PATH = `${STEP}(?:\\.${STEP})*`;
const PLACE = /\{(\$\.)?([^{}|]+)(\|lower)?\}/g;

/** A dotted path: names of fields, and places in lists from 0, as `items.0.name`. No key of a prototype (S6). */
export const PATH_FORM = new RegExp(`^${PATH}$`);
/**
 * A text with places in it: `zendesk-{detail.requester_id}`. A place is a path into one event; with `$.` before it into the
 * whole payload; with `|lower` after it in lower case, without space around it.
 */
export const TEMPLATE_FORM = new RegExp(`^(?:[^{}]|\\{(?:\\$\\.)?${PATH}(?:\\|lower)?\\})+$`);

type Scalar = string | number | boolean;

/** What a template speaks of: one event, and the payload that it came in. */
export interface Scope {
  event: unknown;
  payload: unknown;
}

/**
 * What a template says of an event: one that is a place alone, the scalar there as it is; else a text. Null where a place is
 * not there, empty, no scalar, or a number that is not exact: a text with a hole in it names nothing.
 */
export function filled(template: string, scope: Scope): Scalar | null {
  const [only] = template.matchAll(PLACE);
  if (only?.[0] === template) return scalarAt(only, scope);
  let isWhole = true;
  const text = template.replace(PLACE, (...match) => {
    const value = scalarAt(match, scope);
    if (value === null) isWhole = false;
    return String(value);
  });
  return isWhole ? text : null;
}

function scalarAt([, root, path, lower]: readonly string[], { event, payload }: Scope): Scalar | null {
  const value = valueAt(root ? payload : event, path as string);
  const told = lower && typeof value === "string" ? value.trim().toLowerCase() : value;
  const isScalar = typeof told === "string" || typeof told === "boolean" || isExact(told);
  return isScalar && told !== "" ? (told as Scalar) : null;
}

/** An id of more digits than a number holds has become another one by the time that it is read. */
function isExact(value: unknown): boolean {
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value));
}

/** The own property at a dotted path, or undefined. Never what an object inherits. */
export function valueAt(subject: unknown, path: string): unknown {
  let value = subject;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
