import { isRecord } from "./touchpoint.ts";

/** JSON with the keys of every object in the order of their code units: equal values are equal texts, to the byte. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
