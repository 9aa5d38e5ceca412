import type { Theme } from "./campaign.ts";

/** WCAG 2.x: least contrast of text, and of what is no text but has to be seen (1.4.3, 1.4.11). */
const TEXT_MIN = 4.5;
const OTHER_MIN = 3;

/** What has to be told from what, and how well. */
const PAIRS = [
  ["text", "background", TEXT_MIN],
  ["accentText", "accent", TEXT_MIN],
  ["accent", "background", OTHER_MIN],
] as const;

/** Relative luminance of a CSS hex colour (#rgb or #rrggbb), 0 for black to 1 for white. */
export function luminance(hex: string): number {
  const digits = hex.length === 4 ? hex.slice(1).replace(/./g, "$&$&") : hex.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => linear(Number.parseInt(digits.slice(at, at + 2), 16)));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** A channel, 0 to 255, as light. */
function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** Contrast of two colours, 1 to 21, whichever comes first. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The first pair of a theme's colours that cannot be told apart well enough (A8), or null. */
export function themeFault(theme: Theme): { field: string; bound: string } | null {
  for (const scheme of ["light", "dark"] as const) {
    const colours = theme[scheme];
    if (!colours) continue;
    for (const [front, behind, least] of PAIRS) {
      const ratio = contrast(colours[front], colours[behind]);
      if (ratio >= least) continue;
      // Cut and not rounded: 4.499 is not told as the 4.5 that it is not.
      const told = (Math.floor(ratio * 100) / 100).toFixed(2);
      return { field: `${scheme}.${front}`, bound: `at least ${least}:1 to ${behind}, is ${told}:1` };
    }
  }
  return null;
}
