import { RE2JS } from "re2js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../models/wire.ts";
import { unicodeClasses } from "../../worker/unicode-class.ts";
import { createSite, type Edge, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** A sample: every kind of class, whole planes, surrogates, and scripts of many and of few ranges. */
const CATEGORIES = ["L", "Lu", "Ll", "Mn", "N", "Nd", "P", "Sc", "So", "Z", "Cc", "Cs", "Co", "Alphabetic", "Emoji"];
const SCRIPTS = ["Latin", "Greek", "Arabic", "Han", "Cyrillic", "Common", "Thai"];

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

/** Whether the library, as it comes, takes a code point for a member. */
function memberOf(name: string): (codePoint: number) => boolean {
  const pattern = RE2JS.compile(`^\\p{${name}}$`, RE2JS.DOTALL);
  return (codePoint) => pattern.test(String.fromCodePoint(codePoint));
}

test.each([
  ["categories", CATEGORIES, false],
  ["scripts", SCRIPTS, true],
] as const)(
  "R1 the engine's Unicode %s are those that re2js brings, at every edge of every range",
  (_, names, areScripts) => {
    const classes = unicodeClasses((ranges) => [...ranges], areScripts);
    for (const name of names) {
      const isMember = memberOf(name);
      const ranges = classes.get(name) ?? [];
      expect(classes.has(name), name).toBe(true);
      expect(ranges.length, name).toBeGreaterThan(2);
      for (let i = 0; i < ranges.length; i += 3) {
        const [first = 0, last = 0] = ranges.slice(i, i + 2);
        expect([name, first, isMember(first), isMember(last)]).toEqual([name, first, true, true]);
        // What one of the two does not know yet, of a later Unicode, is no edge.
        const [before, after] = [first - 1, last + 1];
        if (before >= 0 && isAssigned(before)) expect([name, before, isMember(before)]).toEqual([name, before, false]);
        if (after < 0x110000 && isAssigned(after)) expect([name, after, isMember(after)]).toEqual([name, after, false]);
      }
    }
  },
);

function isAssigned(codePoint: number): boolean {
  return !/^\p{Cn}$/u.test(String.fromCodePoint(codePoint));
}

test("R1 a name that Unicode has not is no class, and neither is anything but a name", () => {
  const classes = unicodeClasses((ranges) => ranges, false);
  for (const name of ["Klingon", "", "L}|.{0", "Script=Greek}", "constructor"]) {
    expect([name, classes.has(name), classes.get(name)]).toEqual([name, false, null]);
  }
});

test("R7 the Worker as it is built takes patterns with classes that Unicode has, and refuses others by their place", async () => {
  await createSite(edge, "classes", SMALL_SITE);
  const [campaign] = SMALL_SITE.campaigns;
  const put = async ($regex: string) => {
    const campaigns = [{ ...campaign, audience: { "traits.name": { $regex } } }];
    const answer = await edge.api("PUT", "/api/sites/classes/config", { ...SMALL_SITE, campaigns });
    return [answer.status, ((await answer.json()) as Partial<Problem>).field];
  };
  for (const taken of ["^\\p{L}+$", "^\\p{Greek}\\P{Lu}$", "^[\\p{Nd}_]{2}$"]) {
    expect([taken, ...(await put(taken))]).toEqual([taken, 200, undefined]);
  }
  expect(await put("^\\p{Klingon}$")).toEqual([400, "campaigns.0.audience.traits.name.$regex"]);
});
