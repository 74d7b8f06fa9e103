import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * What axe-core finds wrong with the page as it is, by the rules of WCAG 2.2 A and AA and of good practice: one line for
 * each place.
 */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // What is still being faded in has less contrast than it will have.
  await page.evaluate(fadedIn);
  // By the debugger, because the page's own policy lets no script in, and should not.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(`${axe.source}; undefined`);
  const { faults, passed } = await page.evaluate<Findings>(findings);
  // A page on which next to nothing is right has not been looked at.
  return passed < passedMin ? [`axe-core found no more than ${passed} of its rules followed`] : faults;
}

interface Findings {
  readonly faults: readonly string[];
  /** How many rules the page follows. */
  readonly passed: number;
}

const passedMin = 10;

/** In the page: resolves when every animation has ended that ever ends. */
const fadedIn = `Promise.all(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
  .map(({ finished }) => finished.catch(() => null))).then(() => null)`;

const options = {
  resultTypes: ["violations"],
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
};
const findings = `axe.run(document, ${JSON.stringify(options)}).then(({ violations, passes }) => ({
  faults: violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ": " + target.join(" "))),
  passed: passes.length,
}))`;
