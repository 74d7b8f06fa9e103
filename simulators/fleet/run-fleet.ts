import { readFileSync } from "node:fs";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { realClock } from "../clock/real-clock.ts";
import { playCourse } from "./course.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { fleetErrors } from "./fleet-error.ts";
import type { FleetFlags } from "./fleet-flags.ts";
import type { FleetReport } from "./fleet-report.ts";
import { authorityIn, credentialsIn, issuedCredentials, type GatewayCredentials } from "./gateway-credentials.ts";
import { fleetGatewayId } from "./household.ts";
import { openCheckedSink } from "./open-checked-sink.ts";
import { usageOf, watchProcesses } from "./process-watch.ts";
import { checkSink, type SinkCheck } from "./sink-check.ts";

/** Called once a second. */
export type FleetProgress = (phase: string, fleet: Fleet) => void;

/** Runs a fleet against a real broker. Rejects with `fleetErrors`; what goes wrong on the way is in the report. */
export async function runFleet(flags: FleetFlags, signal: AbortSignal, progress: FleetProgress): Promise<FleetReport> {
  const { gateways, seed, scenario, speed } = flags;
  checkDescriptors(gateways);
  const watch = watchProcesses(flags.watched, realClock);
  // Opened and closed before anything runs: a sink that cannot be read is told at once, not after an hour.
  if (flags.sink !== null) await (await openCheckedSink(flags.sink, realClock)).close();
  const fleet = createFleet({ clock: realClock, connector: mqttConnector }, await fleetOptions(flags));
  const before = ownUsage();
  let gatewayKiB: number | null = null;
  let phase = "starting";
  const ticking = setInterval(() => {
    watch.sample();
    progress(phase, fleet);
  }, 1_000);
  try {
    const course = await playCourse(fleet, flags, {
      clock: realClock,
      signal,
      onPhase: (name) => {
        phase = name;
      },
      onAllConnected: () => {
        gatewayKiB = ((ownUsage().rssMiB - before.rssMiB) * 1_024) / gateways;
      },
    });
    watch.sample();
    const sink = flags.sink === null ? null : await lookInto(flags.sink, fleet);
    const own = ownUsage();
    return {
      scenario,
      gateways,
      seed,
      speed,
      course,
      network: fleet.network.counts(),
      totals: fleet.totals(),
      sink,
      memory: { rssMiB: own.rssMiB, gatewayKiB, cpuS: own.cpuS - before.cpuS },
      watched: watch.results(),
    };
  } finally {
    clearInterval(ticking);
  }
}

const ownUsage = (): { readonly rssMiB: number; readonly cpuS: number } =>
  usageOf(process.pid) ?? { rssMiB: 0, cpuS: 0 };

async function lookInto(place: NonNullable<FleetFlags["sink"]>, fleet: Fleet): Promise<SinkCheck> {
  const sink = await openCheckedSink(place, realClock);
  try {
    return await checkSink(sink, fleet.ledger.fates());
  } finally {
    await sink.close();
  }
}

/** So many connect in a second if nothing else is asked for: half of what one processor at the broker's end takes in. */
const rampPerSecond = { plain: 500, tls: 150 } as const;

async function fleetOptions(flags: FleetFlags): Promise<Parameters<typeof createFleet>[1]> {
  const { gateways, seed, broker, readingsMax, protocol, keepAliveS, reconnectMaxMs, rampMs } = flags;
  return {
    gateways,
    seed,
    url: broker,
    readingsMax,
    tuning: {
      protocol,
      keepAliveS,
      reconnectDelayMaxMs: reconnectMaxMs,
      startDelayMaxMs: rampMs ?? (gateways / rampPerSecond[broker.startsWith("mqtts:") ? "tls" : "plain"]) * 1_000,
    },
    credentials: await credentialsOf(flags),
  };
}

async function credentialsOf(flags: FleetFlags): Promise<GatewayCredentials | null> {
  if (flags.identities !== null) return credentialsIn(flags.identities);
  if (flags.authority === null) return null;
  const names = Array.from({ length: flags.gateways }, (_, index) => fleetGatewayId(index));
  return await issuedCredentials(authorityIn(flags.authority), names, realClock.now());
}

/** Beside the sockets: files, pipes, the event loop's own. */
const otherDescriptors = 200;

function checkDescriptors(gateways: number): void {
  const most = descriptorsMax();
  if (most >= gateways + otherDescriptors) return;
  throw fleetErrors.make(
    "descriptors-short",
    `${gateways} gateways need as many descriptors and ${otherDescriptors} more, and this process may have ${most}`,
  );
}

/** The limit on open files of this process; Node raises it to what the system lets it have. */
function descriptorsMax(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
