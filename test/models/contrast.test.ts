import { expect, test } from "vitest";
import type { ThemeColours } from "../../models/campaign.ts";
import { contrast, luminance, themeFault } from "../../models/contrast.ts";

const LIGHT: ThemeColours = { background: "#fff", text: "#1b2127", accent: "#155c46", accentText: "#ffffff" };
const DARK: ThemeColours = { background: "#1d2228", text: "#f1f3f5", accent: "#8fd6b8", accentText: "#10231b" };

/** Ratios as they are published, to two digits. */
const PUBLISHED: [one: string, other: string, ratio: number][] = [
  ["#000000", "#ffffff", 21],
  ["#767676", "#ffffff", 4.54],
  ["#777777", "#ffffff", 4.48],
  ["#949494", "#ffffff", 3.03],
  ["#aaaaaa", "#ffffff", 2.32],
  ["#ff0000", "#ffffff", 4],
  ["#0000ff", "#ffffff", 8.59],
  ["#ffff00", "#ffffff", 1.07],
];

test.each(PUBLISHED)(
  "A8 the contrast of %s and %s is %d:1, in either order, as the field has it",
  (one, other, ratio) => {
    expect(Math.floor(contrast(one, other) * 100 + 0.5) / 100).toBe(ratio);
    expect(contrast(other, one)).toBe(contrast(one, other));
  },
);

test("A8 white has all light and black none; three digits mean six, and capitals what small letters do", () => {
  expect([luminance("#ffffff"), luminance("#000")]).toEqual([1, 0]);
  expect(luminance("#18A")).toBe(luminance("#1188aa"));
  expect(contrast("#abc", "#abc")).toBe(1);
});

test("A8 our own colours pass, and so does a theme that says nothing of them", () => {
  expect(themeFault({ light: LIGHT, dark: DARK, radiusPx: 0 })).toBeNull();
  expect(themeFault({})).toBeNull();
});

test("A8 each pair that is too faint is named, with what it needs and what it has, in either scheme", () => {
  const faults = [
    themeFault({ light: { ...LIGHT, text: "#777777" } }),
    themeFault({ light: LIGHT, dark: { ...DARK, accentText: "#808080" } }),
    themeFault({ light: { ...LIGHT, accent: "#959595", accentText: "#000" } }),
    themeFault({ light: { ...LIGHT, accent: "#2f8f70" } }),
  ];
  expect(faults).toEqual([
    { field: "light.text", bound: "at least 4.5:1 to background, is 4.47:1" },
    { field: "dark.accentText", bound: "at least 4.5:1 to accent, is 2.34:1" },
    { field: "light.accent", bound: "at least 3:1 to background, is 2.99:1" },
    { field: "light.accentText", bound: "at least 4.5:1 to accent, is 3.97:1" },
  ]);
});

test("A8 what is just enough passes: 4.5 for text, 3 for what is none", () => {
  expect(themeFault({ light: { ...LIGHT, text: "#767676" } })).toBeNull();
  expect(themeFault({ light: { ...LIGHT, accent: "#949494", accentText: "#000" } })).toBeNull();
});
