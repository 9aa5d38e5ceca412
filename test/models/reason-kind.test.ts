import { expect, test } from "vitest";
import { REASON_KINDS, reasonKind } from "../../models/reason-kind.ts";
import { known as de } from "../../models/texts/de.ts";
import { known as en } from "../../models/texts/en.ts";

test("D48 a visitor reads why in words: what they said themselves, that enough was shown, that they are compared", () => {
  expect((["dismissed", "less-wanted", "turned-off"] as const).map(reasonKind)).toEqual(["yours", "yours", "yours"]);
  expect((["capped", "too-soon", "too-frequent"] as const).map(reasonKind)).toEqual(["enough", "enough", "enough"]);
  expect((["holdout", "global-holdout"] as const).map(reasonKind)).toEqual(["compared", "compared"]);
  expect((["chosen", "no-consent", "goal-reached"] as const).map(reasonKind)).toEqual(["fits", "consent", "reached"]);
  expect((["not-in-audience", "nothing-waits"] as const).map(reasonKind)).toEqual(["elsewhere", "elsewhere"]);
  expect((["draft", "ended", "no-budget", "quiet-hours"] as const).map(reasonKind)).toEqual(Array(4).fill("none"));
  for (const texts of [en, de]) expect(Object.keys(texts.reasons).sort()).toEqual([...REASON_KINDS].sort());
});
