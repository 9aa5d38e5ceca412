import fc from "fast-check";

/** Keys that reach a prototype, in the forms in which query parsers, path setters and merges meet them (S6). */
const POISONED = ["__proto__", "constructor", "prototype"];
export const POISONED_PATHS = ["__proto__[polluted]", "__proto__.polluted", "constructor[prototype][polluted]"];

/** JSON as a sender can write it: any value, with poisoned keys at any depth that carry `{"polluted": …}`. */
export function poisonedJson(keys: readonly string[] = []): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    fc.constantFrom(...POISONED, ...POISONED_PATHS, "polluted", ...keys),
    fc.string({ maxLength: 8 }),
  );
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constantFrom(null, "yes", 0));
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar.map((leaf) => JSON.stringify(leaf)),
      fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join()}]`),
      fc
        .array(fc.tuple(key, tie("value")), { maxLength: 5 })
        .map((entries) => `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`),
    ),
  }));
  // Only `JSON.parse` makes `__proto__` a property like any other, as it does with what comes over the network.
  return value.map((text) => JSON.parse(text));
}

/** The same object with poison in it and in every object inside. */
export function poison(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(poison);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${JSON.stringify(poison(inner))}`,
  );
  return JSON.parse(`{${[...entries, POISON.slice(1, -1)].join()}}`);
}

export const POISON =
  '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"prototype":{"polluted":"yes"}}';

/** What a careless reader does, for the twin: it copies key by key, and so writes into `Object.prototype`. */
export function carelessMerge(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const key in from) {
    const value = from[key];
    if (typeof value === "object" && value !== null) {
      into[key] ??= {};
      carelessMerge(into[key] as Record<string, unknown>, value as Record<string, unknown>);
    } else into[key] = value;
  }
}
