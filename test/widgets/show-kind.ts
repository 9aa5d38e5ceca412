import type { Page } from "playwright-core";
import type { CampaignRequest, SurfaceKind } from "../../models/surface.ts";
import type { Told } from "./fixture.ts";
import { REQUESTS } from "./surface-page.ts";

export const KINDS = Object.keys(REQUESTS) as SurfaceKind[];

/** Shows a kind with every part that it can have, or with another content; the veto, or "" where it is on the page. */
export function showKind<K extends SurfaceKind>(
  page: Page,
  kind: K,
  change: Partial<Told<CampaignRequest<K>>> = {},
): Promise<string> {
  const request = { ...REQUESTS[kind], ...change } as Told<CampaignRequest>;
  return page.evaluate(([one, asked]) => fixture.show(one, asked), [kind as SurfaceKind, request] as const);
}

/** What the surface is called in the page. */
export function hostOf(kind: SurfaceKind): string {
  return `[data-waypost=${kind === "banner" ? "announcement" : kind}]`;
}

/** The page as it was, and what it has heard forgotten: a tenth of the time that another page takes. */
export function reset(page: Page): Promise<void> {
  return page.evaluate(() => {
    fixture.close();
    for (const list of [fixture.calls, fixture.violations]) list.length = 0;
    for (const other of document.querySelectorAll("body > :not(header, main, footer)")) other.remove();
    for (const field of document.querySelectorAll("input")) field.value = "";
    document.adoptedStyleSheets = [];
    (document.activeElement as HTMLElement | null)?.blur();
    scrollTo(0, 0);
  });
}
