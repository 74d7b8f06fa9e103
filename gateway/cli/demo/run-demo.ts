import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../../system-clock.ts";
import { cliErrors } from "../cli-error.ts";
import { aborted } from "../stop-signal.ts";
import { compareBooks } from "./demo-books.ts";
import type { StoredReading } from "../../store/store.ts";
import { DemoCast, type SitePlan } from "./demo-cast.ts";
import { planKiosk } from "./demo-kiosk.ts";
import { askRoster } from "./demo-roster.ts";
import type { DemoScreen } from "./demo-screen.ts";
import { demoTimeline } from "./demo-timeline.ts";
import type { DemoTimeline } from "./demo-timeline.ts";
import { DemoView, type GatewayCounts, isOpen } from "./demo-view.ts";
import { readBooks } from "./read-books.ts";

export interface DemoOptions {
  readonly scenario: string;
  readonly seed: string;
  /** Null: until somebody ends it. */
  readonly forMs: number | null;
  readonly withOutage: boolean;
  /** Also a kiosk in a store, whose page is served. */
  readonly withKiosk: boolean;
  /** Where to leave everything; null: a temporary folder, which is removed. */
  readonly keepIn: string | null;
}

/** What the demo came to. `lost`, `doubled` and `waiting` are 0, or something is wrong. */
export interface DemoReport {
  readonly scenario: string;
  readonly seed: number;
  readonly seconds: number;
  readonly outages: number;
  /** Where the kiosk's pages were served; null without one. */
  readonly kiosk: string | null;
  /** Records that devices have shown the gateway, by the devices' own journal. */
  readonly shown: number;
  /** Readings in the gateways' stores; those that nobody owns are held, and frames that are no reading set aside. */
  readonly stored: number;
  readonly held: number;
  readonly quarantined: number;
  /** Readings in the sink. */
  readonly delivered: number;
  /** Readings that were still on their way when the demo had waited long enough. */
  readonly waiting: number;
  readonly lost: number;
  readonly doubled: number;
}

const lookEveryMs = 200;
const drainMsMax = 20_000;
const devicesPatienceMs = 3000;
const readingsShown = 12;

/**
 * Plays the demo, and compares the books at its end. Null if it was stopped before, and nothing was compared.
 * Rejects with `scenario-unusable`; or with `demo-process-ended`, and then everything is left in its folder.
 */
export async function runDemo(
  options: DemoOptions,
  screen: DemoScreen,
  signal: AbortSignal,
): Promise<DemoReport | null> {
  const folder = folderOf(options);
  const remove = (): void => {
    if (options.keepIn === null) rmSync(folder, { recursive: true, force: true });
  };
  const { scenario, seed } = options;
  const view = new DemoView(scenario, systemClock.monotonicMs());
  const roster = askRoster(scenario, seed);
  // It is awaited when its site starts; until then nobody hears it.
  roster.catch(() => undefined);
  const home: SitePlan = { name: "home", scenario, seed, roster, view, config: {} };
  let cast: DemoCast | null = null;
  try {
    const kiosk = options.withKiosk ? planKiosk({ seed, view, folder }) : null;
    kiosk?.catch(() => undefined);
    await roster;
    // Processes take a moment to start: what will be seen is there at once.
    if (kiosk !== null) view.kioskOpening();
    screen.show(view.snapshot(systemClock.monotonicMs()));
    const sites = kiosk === null ? [home] : [home, await kiosk];
    cast = new DemoCast({ folder, sites });
    const stage: Stage = { cast, view, screen, signal, timeline: demoTimeline(options.forMs, options.withOutage) };
    await Promise.race([play(stage), cast.failed]);
    const report = signal.aborted ? null : await Promise.race([settle(stage, options), cast.failed]);
    await cast.end();
    remove();
    return report;
  } catch (error) {
    await cast?.end();
    const reason: unknown = await roster.then(
      () => error,
      (unusable: unknown) => unusable,
    );
    if (cliErrors.is(reason, "scenario-unusable", "kiosk-page-unbuilt")) remove();
    throw reason;
  } finally {
    screen.close();
  }
}

interface Stage {
  readonly cast: DemoCast;
  readonly view: DemoView;
  readonly screen: DemoScreen;
  readonly signal: AbortSignal;
  readonly timeline: DemoTimeline;
}

/** From the first process to the end of the devices. */
async function play({ cast, view, screen, signal, timeline }: Stage): Promise<void> {
  await Promise.race([cast.start(), aborted(signal)]);
  // The story begins when everybody is there, which takes a slow machine its time.
  view.began(systemClock.monotonicMs());
  let arrivedMs: number | null = null;
  for (;;) {
    if (signal.aborted) return;
    const nowMs = systemClock.monotonicMs();
    const { elapsedMs, outage, sink } = view.snapshot(nowMs);
    if (elapsedMs >= timeline.devicesEndMs) break;
    if (sink.readings > 0) arrivedMs ??= elapsedMs;
    const isOutage = timeline.isOutage(elapsedMs, arrivedMs);
    if (isOutage && outage === null) {
      view.outageBegan(nowMs);
      await cast.loseBroker();
    } else if (!isOutage && outage !== null) {
      await cast.returnBroker();
      view.outageEnded();
    }
    await look({ cast, view, screen });
    await systemClock.sleep(lookEveryMs, signal).catch(() => undefined);
  }
  await cast.endDevices(devicesPatienceMs);
}

async function look({ cast, view, screen }: Pick<Stage, "cast" | "view" | "screen">): Promise<void> {
  const [counts, readings, sink] = await Promise.all([
    Promise.all(cast.sites.map(({ store }) => store.counts())),
    Promise.all(cast.sites.map(({ store }) => store.readings({ limit: readingsShown }))),
    cast.sink.counts(),
  ]);
  view.look(sumOf(counts), newestFirst(readings.flat()).slice(0, readingsShown), sink.readings);
  screen.show(view.snapshot(systemClock.monotonicMs()));
}

const sumOf = (counts: readonly GatewayCounts[]): GatewayCounts =>
  counts.reduce((sum, one) => ({
    readings: sum.readings + one.readings,
    waiting: sum.waiting + one.waiting,
    held: sum.held + one.held,
    quarantined: sum.quarantined + one.quarantined,
  }));

/** By when their gateways got them. */
const newestFirst = (readings: readonly StoredReading[]): readonly StoredReading[] =>
  readings.toSorted((left, right) => receivedMs(right) - receivedMs(left));

const receivedMs = ({ reading: { time } }: StoredReading): number =>
  time.received === null ? 0 : Date.parse(time.received);

/** Waits until nothing is on its way any more, within bounds, and compares the books. */
async function settle(stage: Stage, { scenario, seed }: DemoOptions): Promise<DemoReport> {
  const { cast, view, signal } = stage;
  const untilMs = systemClock.monotonicMs() + drainMsMax;
  do {
    await systemClock.sleep(lookEveryMs, signal).catch(() => undefined);
    await look(stage);
  } while (isOnItsWay(view) && systemClock.monotonicMs() < untilMs && !signal.aborted);
  const books = await readBooks(cast.sites, cast.sink);
  const { elapsedMs, outages, gateway, sink, kiosk } = view.snapshot(systemClock.monotonicMs());
  return {
    scenario,
    seed: Number(seed),
    seconds: Math.round(elapsedMs / 100) / 10,
    outages,
    kiosk: isOpen(kiosk) ? kiosk.url : null,
    stored: gateway.readings,
    held: gateway.held,
    quarantined: gateway.quarantined,
    delivered: sink.readings,
    waiting: gateway.waiting,
    ...compareBooks(books),
  };
}

function isOnItsWay(view: DemoView): boolean {
  const { gateway, sessions } = view.snapshot(systemClock.monotonicMs());
  return gateway.waiting > 0 || sessions.length > 0;
}

function folderOf({ keepIn }: DemoOptions): string {
  if (keepIn === null) return mkdtempSync(join(tmpdir(), "carepost-demo-"));
  const folder = resolve(keepIn);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
