import fc from "fast-check";
import { expect, test } from "vitest";
import {
  effective,
  grantable,
  isAnswered,
  keepsImported,
  keepsTouchpoint,
  latest,
  NO_CONSENT,
  type PolicyChange,
  type Purpose,
  permits,
  readChoice,
  readStamp,
  type Signals,
  type Stamp,
  type Terms,
} from "../../models/consent.ts";

const ALL: Purpose[] = ["analytics", "scoring", "personalization", "improvement", "sharing"];
const stamp = (rev: number, ...purposes: Purpose[]): Stamp => ({ rev, purposes });
const choice = { rev: 3, purposes: ["analytics"] as Purpose[], policy: "p1", mode: "opt-in" as const, day: 20_000 };

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

const terms = (change: Partial<Terms> = {}): Terms => ({
  mode: "opt-in",
  policy: "p1",
  purposes: ALL,
  askAgainAfterDays: 180,
  ...change,
});
const QUIET: Signals = { gpc: false, dnt: false };
const GPC: Signals = { gpc: true, dnt: false };
const DNT: Signals = { gpc: false, dnt: true };
const change = (more: Partial<PolicyChange>): PolicyChange => ({
  purposes: [],
  recipients: [],
  longer: false,
  goesOn: false,
  ...more,
});

test("C4 a visitor is asked who has not chosen, whose terms have grown, or whose choice has run out (B29, B30)", () => {
  expect(isAnswered(null, terms(), 20_000)).toBe(false);
  expect(isAnswered(choice, terms(), 20_179)).toBe(true);
  expect(isAnswered(choice, terms(), 20_180)).toBe(false);
  expect(isAnswered(choice, terms({ policy: "p2" }), 20_000)).toBe(false);
  expect(isAnswered(choice, terms({ policy: "p2", holds: ["p0"] }), 20_000)).toBe(false);
  expect(isAnswered(choice, terms({ policy: "p2", holds: ["p0", "p1"] }), 20_000)).toBe(true);
  expect(isAnswered(choice, terms({ policy: "p2", changes: { p1: change({ goesOn: true }) } }), 20_000)).toBe(false);
});

test("C5 a choice permits only for its terms and its time; without one, nothing is permitted (B1, B6)", () => {
  expect(effective(choice, terms(), 20_179, QUIET)).toEqual(stamp(3, "analytics"));
  expect(effective(choice, terms(), 20_180, QUIET)).toEqual(stamp(3));
  expect(effective(choice, terms({ policy: "p2" }), 20_000, QUIET)).toEqual(stamp(3));
  expect(effective(null, terms(), 20_000, QUIET)).toEqual(stamp(0));
  expect(permits(effective(choice, terms(), 20_000, QUIET), "analytics")).toBe(true);
  expect(permits(effective(choice, terms(), 20_000, QUIET), "scoring")).toBe(false);
});

test("C8 a choice for earlier terms holds where nothing was added, and goes on where only a purpose was (B30)", () => {
  const later = (more: Partial<Terms>) => effective(choice, terms({ policy: "p2", ...more }), 20_179, QUIET);
  expect(later({ holds: ["p1"] })).toEqual(stamp(3, "analytics"));
  expect(later({ changes: { p1: change({ purposes: ["sharing"], goesOn: true }) } })).toEqual(stamp(3, "analytics"));
  expect(later({ changes: { p1: change({ recipients: ["A"] }) } })).toEqual(stamp(3));
  expect(later({ changes: { p0: change({ goesOn: true }) }, holds: ["p0"] })).toEqual(stamp(3));
  expect(effective(choice, terms({ policy: "p2", holds: ["p1"] }), 20_180, QUIET)).toEqual(stamp(3));
});

test("C9 what is no longer offered is no longer permitted, whatever was granted", () => {
  const wide = { ...choice, purposes: ["analytics", "scoring"] as Purpose[] };
  expect(effective(wide, terms(), 20_000, QUIET).purposes).toEqual(["analytics", "scoring"]);
  expect(effective(wide, terms({ purposes: ["analytics"] }), 20_000, QUIET).purposes).toEqual(["analytics"]);
});

test("C10 without a choice, opt-out and notice permit what is offered, and a signal takes it away (B19)", () => {
  for (const mode of ["opt-out", "notice"] as const) {
    expect(effective(null, terms({ mode }), 20_000, QUIET)).toEqual(stamp(0, ...ALL));
    expect(effective(null, terms({ mode }), 20_000, GPC)).toEqual(stamp(0));
    expect(effective(null, terms({ mode, gpc: "sharing" }), 20_000, GPC)).toEqual(
      stamp(0, "analytics", "scoring", "personalization", "improvement"),
    );
    expect(effective(null, terms({ mode }), 20_000, DNT)).toEqual(stamp(0, ...ALL));
    expect(effective(null, terms({ mode, dnt: true }), 20_000, DNT)).toEqual(stamp(0));
  }
  expect(effective(null, terms({ mode: "opt-in" }), 20_000, QUIET)).toEqual(stamp(0));
});

test("C10 a no stays a no where no yes is needed, though its terms and time are past; a signal undoes no choice (B20)", () => {
  const no = { ...choice, purposes: [] as Purpose[] };
  const past = terms({ mode: "opt-out", policy: "p9" });
  expect(effective(no, past, 30_000, QUIET)).toEqual(stamp(3));
  expect(effective(choice, past, 30_000, QUIET)).toEqual(stamp(3, "analytics"));
  expect(effective(choice, terms({ mode: "opt-out" }), 20_000, GPC)).toEqual(stamp(3, "analytics"));
  expect(effective(choice, terms(), 20_000, GPC)).toEqual(stamp(3, "analytics"));
});

test("C11 an objection to profiling ends predictions and nudges, whatever was granted, and nothing else (B33)", () => {
  const objecting: Stamp = { rev: 1, purposes: ALL, objects: true };
  expect(ALL.filter((purpose) => permits(objecting, purpose))).toEqual(["analytics", "improvement", "sharing"]);
  expect(ALL.filter((purpose) => permits({ rev: 1, purposes: ALL }, purpose))).toEqual(ALL);
  expect(readStamp({ rev: 1, purposes: ["analytics"], objects: true })).toEqual({
    ...stamp(1, "analytics"),
    objects: true,
  });
  expect(readStamp({ rev: 1, purposes: ["analytics"], objects: "no" })).toEqual(stamp(1, "analytics"));
  expect(effective({ ...choice, objects: true }, terms({ policy: "p2" }), 20_000, QUIET)).toEqual({
    ...stamp(3),
    objects: true,
  });
});

test("C12 before any choice the last stamp that was seen counts, and after one none of before it", () => {
  const early = stamp(0, "analytics");
  expect(latest(NO_CONSENT, early)).toEqual(early);
  expect(latest(early, NO_CONSENT)).toEqual(NO_CONSENT);
  expect(latest(early, stamp(0, "analytics"))).toBe(early);
  expect(latest(stamp(1), early)).toEqual(stamp(1));
  expect(latest(early, stamp(1))).toEqual(stamp(1));
});

test("C13 where a yes is needed, what was granted in another mode is none, and is asked for; a no is one in every mode", () => {
  const holding = terms({ policy: "p2", holds: ["p1"] });
  const goingOn = terms({ policy: "p2", changes: { p1: change({ goesOn: true }) } });
  for (const mode of ["opt-out", "notice", undefined] as const) {
    for (const asking of [terms(), holding, goingOn]) {
      expect(effective({ ...choice, mode }, asking, 20_000, QUIET)).toEqual(stamp(3));
      expect(isAnswered({ ...choice, mode }, asking, 20_000)).toBe(false);
    }
    const no = { ...choice, purposes: [] as Purpose[], mode };
    expect(isAnswered(no, terms(), 20_000)).toBe(true);
    // Where no yes is needed it stands, as one that was given to a question does there.
    expect(effective({ ...choice, mode }, terms({ mode: "opt-out" }), 20_000, QUIET)).toEqual(stamp(3, "analytics"));
    expect(isAnswered({ ...choice, mode }, terms({ mode: "notice" }), 20_000)).toBe(true);
  }
  expect(effective(choice, terms({ mode: "notice" }), 20_000, QUIET)).toEqual(stamp(3, "analytics"));
  expect(effective({ ...choice, mode: "notice", objects: true }, terms(), 20_000, QUIET).objects).toBe(true);
});

test("C14 an act that is no choice leaves the question open, goes on with what ran, and grants nothing where a yes is needed", () => {
  const act = { rev: 2, purposes: ["analytics", "sharing"] as Purpose[], objects: true as const, policy: "", day: 0 };
  expect(readChoice(act)).toEqual(act);
  for (const mode of ["opt-in", "opt-out", "notice"] as const) {
    expect(isAnswered(act, terms({ mode }), 20_000)).toBe(false);
    const held = effective(act, terms({ mode }), 20_000, QUIET);
    expect(held).toEqual({ ...stamp(2, ...(mode === "opt-in" ? [] : act.purposes)), objects: true });
    // It is no choice that a signal would not undo.
    expect(effective(act, terms({ mode }), 20_000, GPC).purposes).toEqual([]);
  }
  expect(effective(act, terms({ mode: "notice", gpc: "sharing" }), 20_000, GPC).purposes).toEqual(["analytics"]);
});

test("C6 a damaged choice is no choice", () => {
  expect(readChoice(choice)).toEqual(choice);
  expect(readChoice({ ...choice, purposes: ["analytics", "all"] })).toEqual(choice);
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
