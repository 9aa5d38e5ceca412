import type { Theme, ThemeColours } from "../../models/campaign.ts";

/**
 * A site's configured colours: they stand before ours, and behind the page's own custom properties. Not in forced
 * colours, which are the visitor's. What they may be was checked where they were published.
 */
export function themeCss({ light, dark, radiusPx = 12 }: Theme): string {
  return `:host{--r:var(--waypost-radius,${radiusPx}px)}${schemeRule("light", light)}${schemeRule("dark", dark)}`;
}

function schemeRule(scheme: string, colours?: ThemeColours): string {
  return colours
    ? `@media(forced-colors:none)and (prefers-color-scheme:${scheme}){:host{--b:var(--waypost-background,${colours.background});--t:var(--waypost-text,${colours.text});--a:var(--waypost-accent,${colours.accent});--o:var(--waypost-accent-text,${colours.accentText})}}`
    : "";
}
