import type { Browser, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import type { Language } from "../../../../gateway/kiosk/contract/visit-view.ts";
import { type KioskMoment, type Script, ScriptedKiosk } from "../../../doubles/scripted-kiosk.ts";
import type { Moment } from "./moments.ts";
import { emptyVisit, kioskView } from "./views.ts";

/** Many screens on a machine that has other work to do. */
export const slowlyMs = 400_000;

export interface Screen {
  readonly page: Page;
  readonly kiosk: ScriptedKiosk;
  /** What the browser complained about, and where it went that is not the kiosk. */
  readonly complaints: string[];
}

/** The touch screen, as it stands in a shop, before a kiosk that says what it is told to. */
export async function openScreen(browser: Browser, first: KioskMoment = welcome, script?: Script): Promise<Screen> {
  const kiosk = await ScriptedKiosk.start(first, script);
  const context = await browser.newContext({
    viewport: { width: 1080, height: 1920 },
    reducedMotion: "reduce",
    timezoneId: "UTC",
  });
  onTestFinished(async () => {
    await context.close();
    await kiosk.stop();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(slowlyMs / 12);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(kiosk.url)) complaints.push(`went to ${request.url()}`);
  });
  await page.goto(kiosk.url);
  await page.locator("h1").waitFor();
  return { page, kiosk, complaints };
}

export const welcome: KioskMoment = { kiosk: kioskView, visit: null };

/** How the screen is to be read: chosen by the buttons that everybody has. */
export interface Look {
  readonly language: Language;
  readonly isLarge: boolean;
  readonly isHighContrast: boolean;
}

/** Brings the screen to a moment, from the welcome screen on, so that nothing of the moment before is left in it. */
export async function bring({ page, kiosk }: Screen, moment: Moment, look: Look): Promise<void> {
  kiosk.show(welcome);
  const begin = page.locator("main .promises");
  await begin.or(page.locator("main .key--word")).first().waitFor();
  if (await page.locator("main .key--word").isVisible()) await page.locator(".foot .button").first().click();
  await begin.waitFor();
  const shown = moment.show(look.language);
  // A question before everything else would cover the buttons that say how the screen is to be read.
  const isAway = shown.visit !== null && shown.visit.endsInMs !== null;
  kiosk.show(isAway ? { visit: { ...emptyVisit, language: look.language } } : shown);
  const marker = shown.visit === null ? "main h1" : ".head .progress, main .screen--pictured";
  await page.locator(marker).first().waitFor();
  if (shown.visit === null) await page.locator(`.tool[lang="${look.language}"]`).click();
  await page.locator(`html[lang="${look.language}"]`).waitFor();
  if (look.isLarge) await page.locator(".tool[aria-label]").first().click();
  if (look.isHighContrast) await page.locator(".tool[aria-label]").last().click();
  await moment.press?.(page);
  if (isAway) kiosk.show(shown);
  if (isAway) await page.getByRole("dialog").waitFor();
}
