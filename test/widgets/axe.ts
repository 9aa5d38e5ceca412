import axe from "axe-core";
import type { Page } from "playwright-core";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * What axe-core finds on a page (A1): violations as `rule: selector`, and what it could not decide as
 * `rule reason: selector`. The
 * page has to be opened with `bypassCSP`, because axe is a script that the strict policy rightly refuses.
 */
export async function axeFindings(
  page: Page,
  // The page's own long list is no surface of ours.
  context: { include: string } | { exclude: string } = { exclude: "main ul" },
): Promise<{ violations: string[]; undecided: string[] }> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.addScriptTag({ content: axe.source });
  const { violations, incomplete } = await page.evaluate(
    ({ values, context }) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(context, {
        runOnly: { type: "tag", values },
        resultTypes: ["violations", "incomplete"],
      }),
    { values: TAGS, context },
  );
  return {
    violations: violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`)),
    undecided: incomplete.flatMap(({ id, nodes }) =>
      nodes.map(({ any, target }) => `${id} ${any[0]?.data?.messageKey}: ${target.join(" ")}`),
    ),
  };
}
