import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Rhythm } from "./day-plan.ts";
import { backlogVisits, feed, feedStart } from "./feed.ts";
import type { Fleet } from "./fleet.ts";

/**
 * `steady`: readings at any time of the day. `daily`: when people measure, from five in the morning. `outage`: as
 * steady, and the network or the broker is away in between. `storm`: every gateway comes back at once with a backlog.
 */
export const scenarios = ["steady", "daily", "outage", "storm"] as const;
export type FleetScenario = (typeof scenarios)[number];

export interface CourseOptions {
  readonly scenario: FleetScenario;
  readonly gateways: number;
  readonly seed: number;
  readonly forMs: number;
  readonly speed: number;
  /** `operator`: somebody else ends the broker, and brings it back. */
  readonly outageMs: number | "operator";
  /** Of each gateway, in a storm. */
  readonly backlog: number;
  /** How long the end waits for what is still open. */
  readonly drainMs: number;
}

/** When things came about, in milliseconds since the start; null where they did not. */
export interface CourseResult {
  readonly startPeakPerSecond: number;
  readonly allConnectedMs: number | null;
  readonly durationMs: number;
  readonly outage: OutageResult | null;
}

export interface OutageResult {
  readonly lengthMs: number;
  readonly backlogReadings: number;
  /** Since the network, or the first connection, was back. */
  readonly allBackMs: number | null;
  readonly backlogReceivedMs: number | null;
  readonly peakPerSecond: number;
}

export interface CoursePorts {
  readonly clock: Clock;
  /** Ends the course early. */
  readonly signal: AbortSignal;
  readonly onPhase: (phase: string) => void;
  readonly onAllConnected: () => void;
}

/** Plays a scenario on a fleet, to its end or to the signal's; then stops the fleet. */
export async function playCourse(fleet: Fleet, options: CourseOptions, ports: CoursePorts): Promise<CourseResult> {
  const { clock } = ports;
  const beganMs = clock.monotonicMs();
  const within = limiter(ports);
  ports.onPhase("connecting");
  fleet.start();
  const allConnected = fleet.network.allConnected();
  void allConnected.then(ports.onAllConnected);
  const fed = options.scenario === "storm" ? Promise.resolve() : feedFleet(fleet, options, { ...ports, within });
  const startPeak = Promise.withResolvers<number>();
  const takeStartPeak = (): void => startPeak.resolve(fleet.network.takePeakPerSecond());
  let outage: OutageResult | null = null;
  if (options.scenario === "outage" || options.scenario === "storm") {
    // A storm is of a fleet that stood; an outage comes when it comes.
    await within(allConnected, options.scenario === "storm" ? options.forMs : options.forMs / 3);
    if (options.scenario === "outage") await within(never, beganMs + options.forMs / 3 - clock.monotonicMs());
    takeStartPeak();
    outage = await playOutage(fleet, options, {
      ...ports,
      within,
      endMs: beganMs + options.forMs + options.drainMs,
    });
  }
  if (options.scenario !== "storm") {
    ports.onPhase("running");
    await within(never, beganMs + options.forMs - clock.monotonicMs());
  }
  takeStartPeak();
  await fed;
  ports.onPhase("draining");
  await within(fleet.ledger.milestone().reached, options.drainMs);
  const allConnectedAtMs = await within(allConnected, 0);
  await fleet.stop();
  return {
    startPeakPerSecond: await startPeak.promise,
    allConnectedMs: allConnectedAtMs === null ? null : allConnectedAtMs - beganMs,
    durationMs: clock.monotonicMs() - beganMs,
    outage,
  };
}

type Within = (moment: Promise<number>, limitMs: number) => Promise<number | null>;

const never = new Promise<number>(() => undefined);

/** Waits for a moment, and no longer than the limit or the signal; null if it has not come. */
function limiter({ clock, signal }: CoursePorts): Within {
  return async (moment, limitMs) => {
    const waited = new AbortController();
    const limit = clock
      .sleep(Math.max(0, limitMs), AbortSignal.any([waited.signal, signal]))
      .catch(() => undefined)
      .then(() => null);
    try {
      // First in the race, so that a moment which has come already is not taken for one that has not.
      return await Promise.race([moment, limit]);
    } finally {
      waited.abort();
    }
  };
}

/** People measure for as long as was asked for, and no longer, however long the rest takes. */
async function feedFleet(
  fleet: Fleet,
  { gateways, seed, scenario, speed, forMs }: CourseOptions,
  { clock, signal, within }: CoursePorts & { readonly within: Within },
): Promise<void> {
  const rhythm: Rhythm = scenario === "daily" ? "daily" : "steady";
  const startMs = feedStart(clock.now(), forMs * speed);
  const ending = new AbortController();
  const plan = { seed, rhythm, gateways };
  const ports = { clock, signal: AbortSignal.any([ending.signal, signal]) };
  const fed = feed({ plan, startMs, speed }, (visit) => void fleet.measure(visit), ports);
  await within(never, forMs);
  ending.abort();
  await fed;
}

interface OutagePorts extends CoursePorts {
  readonly within: Within;
  readonly endMs: number;
}

async function playOutage(fleet: Fleet, options: CourseOptions, ports: OutagePorts): Promise<OutageResult> {
  const { clock, within, onPhase } = ports;
  const { outageMs } = options;
  const leftMs = (): number => ports.endMs - clock.monotonicMs();
  if (outageMs === "operator") {
    onPhase("waiting for the broker to be ended");
    await within(fleet.network.mostLost(), leftMs());
  } else fleet.network.cut();
  const awayMs = clock.monotonicMs();
  onPhase("away");
  // Until every gateway has noticed: what is measured before would be sent into a connection that is over.
  await within(never, noticedMs);
  if (options.scenario === "storm") addBacklog(fleet, options, clock);
  fleet.network.takePeakPerSecond();
  if (outageMs === "operator") await within(fleet.network.nextOpened(), leftMs());
  else {
    await within(never, outageMs - (clock.monotonicMs() - awayMs));
    fleet.network.mend();
  }
  const backMs = clock.monotonicMs();
  onPhase("coming back");
  const backlog = fleet.ledger.milestone();
  const allBack = fleet.network.allConnected();
  const receivedMs = await within(backlog.reached, leftMs());
  const allBackMs = await within(allBack, receivedMs === null ? 0 : leftMs());
  return {
    lengthMs: backMs - awayMs,
    backlogReadings: backlog.readings,
    allBackMs: allBackMs === null ? null : allBackMs - backMs,
    backlogReceivedMs: receivedMs === null ? null : receivedMs - backMs,
    peakPerSecond: fleet.network.takePeakPerSecond(),
  };
}

const noticedMs = 100;

function addBacklog(fleet: Fleet, { gateways, seed, backlog }: CourseOptions, clock: Clock): void {
  const plan = { seed, rhythm: "daily", gateways } as const;
  for (const visit of backlogVisits(plan, backlog, clock.now())) fleet.measure(visit);
}
