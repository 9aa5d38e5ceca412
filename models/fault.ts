import { type Refusal, refuse } from "./touchpoint.ts";

/** The first field of a configuration that is wrong, with its bound; null for none. */
export type Fault = Refusal | null;

export function fault(field: string, bound: string): Refusal {
  return refuse("malformed", field, bound);
}

/** The first fault of a list's items. */
export function firstOf<T>(items: readonly T[], check: (item: T, index: number) => Fault): Fault {
  for (const [index, item] of items.entries()) {
    const found = check(item, index);
    if (found) return found;
  }
  return null;
}

export function distinct(items: readonly { id: string }[], field: string, bound = "distinct ids"): Fault {
  return new Set(items.map(({ id }) => id)).size === items.length ? null : fault(field, bound);
}
