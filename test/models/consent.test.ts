import fc from "fast-check";
import { expect, test } from "vitest";
import {
  effective,
  grantable,
  keepsImported,
  keepsTouchpoint,
  latest,
  NO_CONSENT,
  type Purpose,
  permits,
  readChoice,
  readStamp,
  type Stamp,
  whyAsk,
} from "../../models/consent.ts";

const ALL: Purpose[] = ["analytics", "scoring", "personalization", "improvement", "sharing"];
const stamp = (rev: number, ...purposes: Purpose[]): Stamp => ({ rev, purposes });
const choice = { rev: 3, purposes: ["analytics"] as Purpose[], policy: "p1", day: 20_000 };

test("C1 scoring, personalization and improvement are granted only together with analytics (B11)", () => {
  expect(grantable(ALL)).toEqual(ALL);
  expect(grantable(["scoring", "personalization", "improvement", "sharing"])).toEqual(["sharing"]);
  expect(grantable(["scoring", "analytics"])).toEqual(["analytics", "scoring"]);
});

test("C1 nothing is granted that was not named, and nothing unknown (B11)", () => {
  expect(grantable([])).toEqual([]);
  expect(grantable(["analytics", "everything"])).toEqual(["analytics"]);
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom<string>(...ALL), fc.string())), (named) => {
      const granted = grantable(named);
      expect(granted.every((p) => named.includes(p))).toBe(true);
      expect(new Set(granted).size).toBe(granted.length);
    }),
  );
});

test("C2 a touchpoint is kept only if analytics was granted when it was made and is granted now (B15, B16)", () => {
  const yes = stamp(1, "analytics");
  const no = stamp(2, "sharing");
  expect(keepsTouchpoint(yes, yes)).toBe(true);
  expect(keepsTouchpoint(yes, no)).toBe(false);
  expect(keepsTouchpoint(no, yes)).toBe(false);
  expect(keepsTouchpoint(NO_CONSENT, yes)).toBe(false);
});

test("C3 of two choices the later counts, and one seen twice changes nothing (B16)", () => {
  const held = stamp(2, "analytics");
  expect(latest(held, stamp(3))).toEqual(stamp(3));
  expect(latest(held, stamp(1))).toBe(held);
  expect(latest(held, stamp(2))).toBe(held);
});

test("C4 a visitor is asked who has not chosen, whose texts have changed, or whose choice has run out (B29, B30)", () => {
  expect(whyAsk(null, "p1", 20_000, 180)).toBe("no-choice");
  expect(whyAsk(choice, "p1", 20_179, 180)).toBe(null);
  expect(whyAsk(choice, "p1", 20_180, 180)).toBe("expired");
  expect(whyAsk(choice, "p2", 20_000, 180)).toBe("new-policy");
});

test("C5 a choice permits only for its texts and its time; without one, nothing is permitted (B1, B6)", () => {
  expect(effective(choice, "p1", 20_179, 180)).toEqual(stamp(3, "analytics"));
  expect(effective(choice, "p1", 20_180, 180)).toEqual(stamp(3));
  expect(effective(choice, "p2", 20_000, 180)).toEqual(stamp(3));
  expect(effective(null, "p1", 20_000, 180)).toEqual(stamp(0));
  expect(permits(effective(choice, "p1", 20_000, 180), "analytics")).toBe(true);
  expect(permits(effective(choice, "p1", 20_000, 180), "scoring")).toBe(false);
});

test("C6 a damaged choice is no choice", () => {
  expect(readChoice(choice)).toEqual(choice);
  expect(readChoice({ ...choice, purposes: ["analytics", "all"], extra: 1 })).toEqual(choice);
  const damaged = [
    null,
    "granted",
    [],
    { ...choice, rev: "3" },
    { ...choice, rev: -1 },
    { ...choice, purposes: "analytics" },
    { ...choice, policy: 1 },
    { ...choice, day: 1.5 },
    { ...choice, day: undefined },
  ];
  for (const value of damaged) expect(readChoice(value)).toBe(null);
  expect(readStamp({ rev: 0, purposes: [1, "analytics"] })).toEqual(stamp(0, "analytics"));
  expect(readStamp(undefined)).toBe(null);
});

test("C7 an import stands on the site's declared basis, unless the visitor chose against it", () => {
  expect(keepsImported(NO_CONSENT)).toBe(true);
  expect(keepsImported(stamp(1, "analytics"))).toBe(true);
  expect(keepsImported(stamp(1))).toBe(false);
});
