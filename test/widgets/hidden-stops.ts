import type { Page } from "playwright-core";

/** The stops of the page's tab order that are wholly under the surface, or out of sight, when they have the focus. */
export async function hiddenStops(page: Page): Promise<string[]> {
  const hidden: string[] = [];
  const stops = await page.locator("body > :not([data-waypost]) :is(a, input, button)").count();
  await page.focus("#first");
  for (let i = 0; i < stops; i++) {
    const name = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const xs = [left + 1, (left + right) / 2, right - 1];
      const ys = [top + 1, (top + bottom) / 2, bottom - 1];
      const seen = xs.some((x) => ys.some((y) => document.elementFromPoint(x, y) === element));
      return seen ? "" : element.id || (element.textContent ?? "");
    });
    if (name) hidden.push(name);
    await page.keyboard.press("Tab");
  }
  return hidden;
}
