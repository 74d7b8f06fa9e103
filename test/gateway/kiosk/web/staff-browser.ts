import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { chromiumOptions } from "../../../doubles/chromium.ts";
import { type ScriptedStaff, staffName, staffPin, startScriptedStaff } from "../../../doubles/scripted-staff.ts";
import { calmView, hubReadings, hubSample } from "../../../doubles/staff-samples.ts";

export const slowly = 120_000;

export const sizes = {
  kiosk: { width: 1080, height: 1920 },
  tablet: { width: 1180, height: 820 },
  phone: { width: 390, height: 844 },
} as const;

export const launchBrowser = (): Promise<Browser> => chromium.launch(chromiumOptions);

export interface Look {
  readonly page: Page;
  readonly gateway: ScriptedStaff;
  /** What the browser complained about, and where it went that is not our server. */
  readonly complaints: readonly string[];
}

export interface LookOptions {
  readonly path: "/staff" | "/hub";
  readonly size?: keyof typeof sizes;
  readonly language?: "en-US" | "es-US";
  readonly theme?: "light" | "dark";
}

/** A browser of its own before a gateway of its own. `folder` holds the built pages. */
export async function look(
  { browser, folder }: { readonly browser: Browser; readonly folder: string },
  { path, size = "tablet", language = "en-US", theme = "light" }: LookOptions,
): Promise<Look> {
  const now = Date.now();
  const gateway = await startScriptedStaff(folder, {
    staff: calmView(now),
    hub: hubSample(now),
    readings: hubReadings(now),
  });
  const context = await browser.newContext({ viewport: sizes[size], locale: language, colorScheme: theme });
  onTestFinished(async () => {
    await context.close();
    await gateway.stop();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(slowly / 3);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refusal is an answer, which the browser tells as an error.
    if (["error", "warning"].includes(message.type()) && !/status of 4\d\d/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("request", (request) => {
    const { protocol } = new URL(request.url());
    if (!request.url().startsWith(gateway.url) && protocol !== "blob:") complaints.push(`went to ${request.url()}`);
  });
  await page.goto(`${gateway.url}${path}`);
  return { page, gateway, complaints };
}

export async function signIn(page: Page, pin = staffPin): Promise<void> {
  await page.locator("input").fill(staffName);
  for (const digit of pin) await page.locator(".pin").getByRole("button", { name: digit, exact: true }).click();
  await page.locator(".sign-in__actions .button--primary").click();
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly target: unknown }[] }[];
  readonly passes: readonly unknown[];
}

/** No rule of WCAG 2.2 AA that a program can check is broken on what is shown now. */
export async function expectAccessible(page: Page): Promise<void> {
  // A colour on its way to another is neither.
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = (): Promise<number> =>
    page.evaluate<number>("document.getAnimations().filter(({ playState }) => playState === 'running').length");
  await expect.poll(moving, { timeout: slowly / 3 }).toBe(0);
  // Evaluated through the debugger, which the content-security policy of the page does not bind.
  await page.evaluate(axeSource);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations, passes } = await page.evaluate<AxeResults>(`axe.run({ runOnly: ${JSON.stringify(tags)} })`);
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => String(target))])).toEqual([]);
  expect(passes.length).toBeGreaterThan(10);
}

/** Nothing sticks out sideways. */
export async function expectFits(page: Page): Promise<void> {
  const over = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(over).toBe(0);
}
