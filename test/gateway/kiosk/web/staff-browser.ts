import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { accessibilityFaults } from "../../../doubles/axe.ts";
import { builtPages } from "../../../doubles/built-pages.ts";
import { type ScriptedStaff, staffName, staffPin, startScriptedStaff } from "../../../doubles/scripted-staff.ts";
import { calmView, hubReadings, hubSample } from "../../../doubles/staff-samples.ts";
import { testBrowser } from "../../../doubles/test-browser.ts";

export const slowly = 120_000;

export const sizes = {
  kiosk: { width: 1080, height: 1920 },
  tablet: { width: 1180, height: 820 },
  phone: { width: 390, height: 844 },
} as const;

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

/** Every size, both languages and both themes, though not each with each. */
export const looks: readonly Omit<LookOptions, "path">[] = [
  { size: "kiosk", language: "en-US", theme: "light" },
  { size: "tablet", language: "es-US", theme: "dark" },
  { size: "phone", language: "en-US", theme: "dark" },
  { size: "kiosk", language: "es-US", theme: "light" },
];

/** One browser for all tests of a file: each has a context of its own, before a gateway of its own. */
export function staffBrowser(): (options: LookOptions) => Promise<Look> {
  const browser = testBrowser();
  return async (options) => await look(browser(), options);
}

async function look(
  browser: Browser,
  { path, size = "tablet", language = "en-US", theme = "light" }: LookOptions,
): Promise<Look> {
  const now = Date.now();
  const gateway = await startScriptedStaff(builtPages, {
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

/** No rule of WCAG 2.2 AA that a program can check is broken on what is shown now. */
export async function expectAccessible(page: Page): Promise<void> {
  // A colour on its way to another is neither.
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await accessibilityFaults(page)).toEqual([]);
}

/** Nothing sticks out sideways. */
export async function expectFits(page: Page): Promise<void> {
  const over = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(over).toBe(0);
}
