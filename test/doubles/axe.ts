import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe-core finds wrong with the page as it is, by the rules of WCAG 2.2 A and AA: one line for each place. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // By the debugger, because the page's own policy lets no script in, and should not.
  await page.evaluate(`${axe.source}; undefined`);
  const faults: unknown = await page.evaluate(`axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ": " + target.join(" "))))`);
  return Array.isArray(faults) ? faults.map(String) : [`axe answered ${JSON.stringify(faults)}`];
}

const options = { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] } };
