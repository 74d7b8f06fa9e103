import type { Browser, Locator, Page } from "playwright-core";
import { KioskJourney, kioskSizes } from "../doubles/kiosk-journey.ts";
import { type Figure, figureOf, percentile, type SuiteOptions } from "./figure.ts";
import { type Finger, fingerOn, type TapTimes } from "./kiosk-finger.ts";
import type { KioskPeer } from "./kiosk-peer.ts";

const suite = "kiosk-screen";

/** The taps of whole visits: what the page answers by itself, and what the gateway writes down first. */
export async function measureTaps(
  browser: Browser,
  { url }: KioskPeer,
  options: SuiteOptions,
): Promise<readonly Figure[]> {
  const { short, rounds } = options;
  const plain = { ...options, browser, url };
  return [
    ...(await measure({ ...plain, slowness: 1, visits: short ? 1 : 9, rounds })),
    ...(await measure({ ...plain, slowness: 4, visits: short ? 1 : 4, rounds: Math.min(rounds, 3) })),
  ];
}

interface TapOptions extends SuiteOptions {
  readonly browser: Browser;
  readonly url: string;
  /** How many times slower than this machine the screen's processor is. */
  readonly slowness: number;
  readonly visits: number;
}

async function measure(options: TapOptions): Promise<readonly Figure[]> {
  const { rounds, slowness, progress } = options;
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const taken = await oneRound(options);
    measured.push(taken);
    const slowest = (name: keyof TapTimes): string => Math.max(...timesOf(taken, name)).toFixed(0);
    progress(`${taken.taps.length} taps: response ${slowest("responseMs")} ms, next ${slowest("nextMs")} ms at most`);
  }
  const slowed = slowness === 1 ? "" : `CPU slowed ${slowness} times, `;
  const of = (name: keyof TapTimes, share: number): readonly number[] =>
    measured.map((round) => percentile(timesOf(round, name), share));
  const perRound = `${measured[0]?.taps.length ?? 0} taps a round`;
  const atMost = { atMost: 100 };
  const ms = (name: string): { suite: string; name: string; unit: "ms" } => ({
    suite,
    name: slowed + name,
    unit: "ms",
  });
  return [
    figureOf({ ...ms("tap to visible response, p50"), note: perRound }, of("responseMs", 0.5)),
    figureOf({ ...ms("tap to visible response, p99"), aim: atMost }, of("responseMs", 0.99)),
    figureOf(ms("tap to what was asked for, p50"), of("nextMs", 0.5)),
    figureOf(ms("tap to what was asked for, p99"), of("nextMs", 0.99)),
    figureOf(
      { ...ms("longest task of a visit"), ...(slowness === 1 ? { aim: atMost } : {}) },
      measured.map(({ longestTaskMs }) => longestTaskMs),
    ),
    figureOf(
      { suite, name: `${slowed}layout shift but by a tap`, unit: "", aim: { atMost: 0.1 } },
      measured.map(({ shift }) => shift),
    ),
  ];
}

interface Round {
  readonly taps: readonly TapTimes[];
  /** Of the page's main thread, once the page is there. */
  readonly longestTaskMs: number;
  /** Cumulative (Layout Instability API), less what follows a tap within half a second. */
  readonly shift: number;
}

const timesOf = ({ taps }: Round, name: keyof TapTimes): readonly number[] => taps.map((tap) => tap[name]);

const watchPage = `
  globalThis.tasks = [];
  globalThis.shift = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) shift += hadRecentInput ? 0 : value;
  }).observe({ type: "layout-shift" });
  undefined`;

async function oneRound({ browser, url, slowness, visits, progress }: TapOptions): Promise<Round> {
  const context = await browser.newContext({ ...kioskSizes.portrait, hasTouch: true });
  const page = await context.newPage();
  if (slowness > 1) {
    const tools = await context.newCDPSession(page);
    await tools.send("Emulation.setCPUThrottlingRate", { rate: slowness });
  }
  const journey = new KioskJourney(page);
  await journey.open(url);
  await page.evaluate(watchPage);
  const finger = await fingerOn(page);
  const taps: TapTimes[] = [];
  for (let visit = 0; visit < visits; visit += 1) taps.push(...(await tapThrough(journey, finger)));
  if (finger.stretched() > 0) progress(`${finger.stretched()} taps were made again`);
  const longestTaskMs = await numberIn(page, "Math.max(0, ...tasks)");
  const shift = await numberIn(page, "shift");
  await context.close();
  return { taps, longestTaskMs, shift };
}

const numberIn = async (page: Page, expression: string): Promise<number> => Number(await page.evaluate(expression));

/** A guest who types a code first, changes how the page reads, looks at both kinds of device, and leaves. */
async function tapThrough(journey: KioskJourney, finger: Finger): Promise<readonly TapTimes[]> {
  const { words, page } = journey;
  const named = (name: string): Locator => page.getByRole("button", { name, exact: true });
  const targets: readonly Locator[] = [
    named("Español"),
    named("English"),
    named(words.highContrast),
    named(words.highContrast),
    named(words.welcome.begin),
    ..."20261203".split("").map(named),
    named(words.who.erase),
    journey.button(words.who.guest),
    named(words.consent.yes),
    journey.button(words.choose["blood-glucose-meter"]),
    named(words.back),
    journey.button(words.choose["blood-pressure-monitor"]),
    journey.button(words.choose.kiosks),
    named(words.next),
    named(words.next),
    named(words.cancel),
    named(words.leave.leave),
    named(words.goodbye.close),
  ];
  const taken: TapTimes[] = [];
  for (const target of targets) taken.push(await finger.tap(target));
  return taken;
}
