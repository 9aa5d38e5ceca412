import fc from "fast-check";
import { expect, test } from "vitest";
import { namingOf } from "../../models/naming.ts";

const NAMES = ["phone", "laptop", "ada", "bob", "cem", "dea"];

/** Names as their journeys hold them: to whom each has moved, and who has taken somebody in. */
class Names {
  readonly moved = new Map<string, string>();
  readonly #hasDevices = new Set<string>();

  /** Where a name leads, in so many steps as there are names; null where that is no end. */
  end(name: string): string | null {
    let at = name;
    for (let steps = 0; steps <= NAMES.length; steps++) {
      const to = this.moved.get(at);
      if (to === undefined) return at;
      at = to;
    }
    return null;
  }

  names(self: string, to: string): string {
    const [at, end] = [this.end(self) as string, this.end(to) as string];
    const naming = namingOf({ self, at, end, hasDevices: this.#hasDevices.has(self) });
    if (naming === "same") return naming;
    this.moved.set(naming === "together" ? at : self, end);
    this.#hasDevices.add(end);
    return naming;
  }
}

test("I19 whatever is named whose in which order, every name leads to one end, and both to the same", () => {
  const seen = new Set<string>();
  const name = fc.constantFrom(...NAMES);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { maxLength: 12 }), (namings) => {
      const names = new Names();
      for (const [self, to] of namings) {
        const others = NAMES.filter((one) => names.end(one) === names.end(self) && one !== self);
        const naming = names.names(self, to);
        seen.add(naming);
        expect(NAMES.map((one) => names.end(one))).not.toContain(null);
        expect(names.end(self)).toBe(names.end(to));
        // Who had gone there goes on with it; but for a single one, who goes alone.
        if (naming === "together") for (const one of others) expect(names.end(one)).toBe(names.end(self));
      }
    }),
    { numRuns: 300 },
  );
  expect([...seen].sort()).toEqual(["alone", "same", "together"]);
});
