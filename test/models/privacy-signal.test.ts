import { expect, test } from "vitest";
import { isDoNotTrack, isPrivacyControl } from "../../models/privacy-signal.ts";

/** `Sec-GPC` as it reaches us: several headers are one, with commas between them. */
const VECTORS: [header: string | null, isSent: boolean][] = [
  [null, false],
  ["1", true],
  ["0", false],
  ['"1"', false],
  ["1, 0", true],
  ["0, 1", true],
  ["true", false],
  ["1, 1", true],
  ["", false],
  [" 1 ", true],
  ["11", false],
  ["1;a", false],
];

test("G15 B17 Sec-GPC is a request where a field value is exactly 1, and nothing else is", () => {
  expect(VECTORS.map(([header]) => [header, isPrivacyControl(header)])).toEqual(VECTORS);
});

test("G15 DNT is a request where it is 1", () => {
  expect(["1", " 1", "0", "", "yes", null].map(isDoNotTrack)).toEqual([true, true, false, false, false, false]);
});
