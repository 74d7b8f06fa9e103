import type { Browser, Locator, Page } from "playwright-core";
import { KioskJourney, kioskSizes } from "../doubles/kiosk-journey.ts";
import { type Figure, figureOf, percentile, type SuiteOptions } from "./figure.ts";
import { type Finger, fingerOn, type TapTimes } from "./kiosk-finger.ts";
import { bareListeners, barePage } from "./limits/bare-page.ts";

const suite = "kiosk-screen";

export interface TapOptions extends SuiteOptions {
  readonly browser: Browser;
  readonly url: string;
}

/** The taps of whole visits: what the page answers by itself, and what the gateway writes down first. */
export async function measureTaps(options: TapOptions): Promise<readonly Figure[]> {
  const { short, rounds } = options;
  return [
    ...(await measure({ ...options, slowness: 1, visits: short ? 1 : 9, rounds })),
    ...(await measure({ ...options, slowness: 4, visits: short ? 1 : 4, rounds: Math.min(rounds, 3) })),
  ];
}

interface SlownessOptions extends TapOptions {
  /** How many times slower than this machine the screen's processor is. */
  readonly slowness: number;
  readonly visits: number;
}

async function measure(options: SlownessOptions): Promise<readonly Figure[]> {
  const { rounds, slowness, progress } = options;
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const taken = await oneRound(options);
    measured.push(taken);
    const most = (name: keyof TapTimes): string => Math.max(...taken.taps.map((tap) => tap[name])).toFixed(0);
    progress(`${taken.taps.length} taps: seen after ${most("responseMs")} ms, done after ${most("nextMs")} ms at most`);
  }
  const slowed = slowness === 1 ? "" : `CPU slowed ${slowness} times, `;
  return figuresOf(measured, slowed);
}

function figuresOf(measured: readonly Round[], slowed: string): readonly Figure[] {
  const of = (name: keyof TapTimes, share: number, taps: "taps" | "bare" = "taps"): readonly number[] =>
    measured.map((round) => percentile(timesOf(round[taps], name), share));
  const ms = (name: string): { suite: string; name: string; unit: "ms" } => ({
    suite,
    name: slowed + name,
    unit: "ms",
  });
  const [ours, bare] = [of("responseMs", 0.99), of("responseMs", 0.99, "bare")];
  const note = `${measured[0]?.taps.length ?? 0} taps a round`;
  return [
    figureOf({ ...ms("tap to visible response, p50"), note }, of("responseMs", 0.5)),
    figureOf({ ...ms("tap to visible response, p99"), aim: { atMost: 100 } }, ours),
    figureOf(ms("a bare page's one button, p99"), bare),
    figureOf(
      { suite, name: `${slowed}tap to visible response, p99, to a bare page's`, unit: "×", aim: { atMost: 2 } },
      ours.map((value, round) => value / (bare[round] ?? Number.NaN)),
    ),
    figureOf({ ...ms("tap to what was asked for, p50") }, of("nextMs", 0.5)),
    figureOf({ ...ms("tap to what was asked for, p99") }, of("nextMs", 0.99)),
    figureOf(
      ms("longest task of a visit"),
      measured.map(({ longestTaskMs }) => longestTaskMs),
    ),
    figureOf(
      { suite, name: `${slowed}layout shift of a visit but by taps`, unit: "", aim: { atMost: 0.01 } },
      measured.map(({ shift }) => shift),
    ),
  ];
}

interface Round {
  readonly taps: readonly TapTimes[];
  /** Of the bare page, in the same round. */
  readonly bare: readonly TapTimes[];
  /** Of the page's main thread, once the page is there; 0 if none took 50 ms (Long Tasks API). */
  readonly longestTaskMs: number;
  /** Cumulative (Layout Instability API), less what follows a tap within half a second. */
  readonly shift: number;
}

const timesOf = (taps: readonly TapTimes[], name: keyof TapTimes): readonly number[] => taps.map((tap) => tap[name]);

async function oneRound(options: SlownessOptions): Promise<Round> {
  const page = await openPage(options);
  const journey = new KioskJourney(page);
  await journey.open(options.url);
  await page.evaluate(watchPage);
  const finger = await fingerOn(page);
  const taps: TapTimes[] = [];
  for (let visit = 0; visit < options.visits; visit += 1) taps.push(...(await tapThrough(journey, finger)));
  if (finger.stretched() > 0) options.progress(`${finger.stretched()} taps were made again`);
  const longestTaskMs = Number(await page.evaluate("Math.max(0, ...tasks)"));
  const shift = Number(await page.evaluate("shift"));
  await page.context().close();
  return { taps, bare: await tapBarePage(options, taps.length), longestTaskMs, shift };
}

async function openPage({ browser, slowness }: SlownessOptions): Promise<Page> {
  const context = await browser.newContext({ ...kioskSizes.portrait, hasTouch: true });
  const page = await context.newPage();
  if (slowness > 1) {
    const tools = await context.newCDPSession(page);
    await tools.send("Emulation.setCPUThrottlingRate", { rate: slowness });
  }
  return page;
}

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

async function tapBarePage(options: SlownessOptions, count: number): Promise<readonly TapTimes[]> {
  const page = await openPage(options);
  await page.setContent(barePage);
  await page.evaluate(bareListeners);
  const finger = await fingerOn(page);
  const taken: TapTimes[] = [];
  while (taken.length < count) taken.push(await finger.tap(page.getByRole("button")));
  await page.context().close();
  return taken;
}

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
