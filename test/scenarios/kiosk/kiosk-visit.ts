import type { Browser, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { accessibilityFaults } from "../../doubles/axe.ts";
import { KioskJourney, kioskSizes } from "../../doubles/kiosk-journey.ts";
import { type KioskDevice, type KioskStage, openKioskStage, type StageOptions } from "../../doubles/kiosk-stage.ts";
import { testBrowser } from "../../doubles/test-browser.ts";

/** A kiosk with its touch screen, and somebody in front of it. */
export interface AtTheKiosk {
  readonly stage: KioskStage;
  readonly page: Page;
  readonly journey: KioskJourney;
  /** The person measures with a device, as soon as its clock can show that it was in this visit. */
  readonly measure: (device: KioskDevice) => Promise<void>;
  /** Nothing on the screen may keep anybody from using it. */
  readonly isAccessible: () => Promise<void>;
  /** What the browser complained of. */
  readonly complaints: readonly string[];
}

/** One browser for all tests of a file. */
export function kioskBrowser(): (options?: StageOptions) => Promise<AtTheKiosk> {
  const browser = testBrowser();
  return async (options = {}) => await openKiosk(browser(), options);
}

async function openKiosk(browser: Browser, options: StageOptions): Promise<AtTheKiosk> {
  const stage = await openKioskStage(options);
  onTestFinished(() => stage.stop());
  const context = await browser.newContext(kioskSizes.portrait);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return {
    stage,
    page,
    journey: new KioskJourney(page),
    measure: (device) => measureWith(stage, device),
    isAccessible: async () => {
      expect(await accessibilityFaults(page)).toEqual([]);
    },
    complaints,
  };
}

/**
 * Measures until a reading is certainly of this visit: on a busy machine a device's clock may be known too badly for that,
 * and the screen then asks to measure once more.
 */
async function measureWith(stage: KioskStage, device: KioskDevice): Promise<void> {
  const session = (await stage.store.sessions(0)).at(-1);
  const sinceMs = stage.clock.now() - (session?.startedAt ?? 0);
  await stage.clock.sleep(Math.max(0, certainMs - sinceMs));
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const before = stage.gatewayEvents.length;
    await stage.let(device, { type: "measure", person: "sim-0001", times: 1, remark: "none" });
    const isCertain = await storedAfter(stage, before);
    if (isCertain) return;
  }
}

/** Whether the next reading that is stored is somebody's; false too if none comes in time. */
async function storedAfter({ gatewayEvents, clock }: KioskStage, before: number): Promise<boolean> {
  const untilMs = clock.monotonicMs() + storedMsMax;
  while (clock.monotonicMs() < untilMs) {
    const stored = gatewayEvents.slice(before).find((event) => event.type === "reading-stored");
    if (stored?.type === "reading-stored") return stored.reading.person !== null;
    await clock.sleep(50);
  }
  return false;
}

const attemptsMax = 4;
const storedMsMax = 15_000;

/** Device clocks count seconds, and the gateway trusts them no further than it has seen. */
const certainMs = 2_500;
