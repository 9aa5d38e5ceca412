import type { Page } from "playwright-core";

/** What has the focus, as a person would call it: into the shadow root where that is. */
export function focusedIn(page: Page): Promise<string> {
  return page.evaluate(() => {
    const outer = document.activeElement;
    const element = outer?.shadowRoot?.activeElement ?? outer;
    if (element?.tagName === "SECTION") return "surface";
    if (element === document.body) return "BODY";
    return element?.getAttribute("aria-label") || element?.id || element?.textContent?.trim() || element?.tagName || "";
  });
}
