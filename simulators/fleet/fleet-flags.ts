import { parseArgs } from "node:util";
import { duration } from "../scenario/scenario-fields.ts";
import { scenarios, type FleetScenario } from "./course.ts";
import type { CheckedSink } from "./open-checked-sink.ts";
import type { WatchedProcess } from "./process-watch.ts";

/** What `carepost simulate fleet` was told. */
export interface FleetFlags {
  readonly broker: string;
  readonly scenario: FleetScenario;
  readonly gateways: number;
  readonly seed: number;
  readonly forMs: number;
  readonly speed: number;
  readonly rampMs: number | null;
  readonly outageMs: number | "operator";
  readonly backlog: number;
  readonly drainMs: number;
  readonly reconnectMaxMs: number;
  readonly keepAliveS: number;
  readonly protocol: "auto" | "5" | "3.1.1";
  readonly readingsMax: number;
  readonly identities: string | null;
  readonly authority: string | null;
  readonly sink: CheckedSink | null;
  readonly watched: readonly WatchedProcess[];
  readonly json: boolean;
}

export const gatewaysMax = 20_000;
const readingsMaxLimit = 5_000_000;
const watchedMax = 16;
const dayMs = 86_400_000;

export const fleetUsage = `Usage: carepost simulate fleet --broker URL [options]
       carepost simulate fleet --plan GATEWAYS

As many gateways as this machine bears, in one process, with real connections to one broker. What was delivered, how
fast, and what was lost is told at the end: by hand (Ctrl-C), or by time.

Options:
  --broker URL          mqtt://127.0.0.1:1883, mqtts://broker.example:8883
  --gateways N          how many, ${gatewaysMax} at most (default: 100)
  --scenario NAME       steady, daily, outage or storm (default: steady)
  --for TIME            how long people measure: 60s, 10min, 24h at most (default: 60s)
  --speed N             how many times faster than the clock they live (default: 720, half a day in a minute)
  --seed N              another seed is another fleet (default: 1)
  --ramp TIME           within which the gateways first connect (default: 500 a second, 150 over TLS)
  --outage TIME|operator  how long the network is away (default: a third of --for; storm: 10s); operator: nothing is
                        cut, and somebody else ends the broker and brings it back
  --backlog N           readings of each gateway in a storm (default: 8, a home's day)
  --reconnect-max TIME  the cap of the random delay before a reconnection (default: 30s)
  --keep-alive TIME     of each connection (default: 30s)
  --protocol VERSION    auto, 5 or 3.1.1 (default: auto)
  --drain TIME          how long the end waits for receipts (default: 30s)
  --readings-max N      then nobody measures any more (default: 1000000; ${readingsMaxLimit} at most)
  --identities FOLDER   certificates: ca.crt, and GATEWAY.crt and GATEWAY.key for sim-gw-00000 and on
  --ca FOLDER           an authority's folder: certificates are issued in memory
  --check-sink SINK     at the end, compare every id with the sink: a database file of an ingestor, or
                        postgres://user@host:port/database on this machine
  --sink-secret FILE    the file's key, or the database's password
  --watch-pid NAME=PID  memory and processor of a process over time; may be given several times
  --plan N              only the arithmetic: what a fleet of so many gateways needs
  --json                the report as one JSON object
  --help                print this
`;

const options = {
  broker: { type: "string" },
  gateways: { type: "string", default: "100" },
  scenario: { type: "string", default: "steady" },
  for: { type: "string", default: "60s" },
  speed: { type: "string", default: "720" },
  seed: { type: "string", default: "1" },
  ramp: { type: "string" },
  outage: { type: "string" },
  backlog: { type: "string", default: "8" },
  "reconnect-max": { type: "string", default: "30s" },
  "keep-alive": { type: "string", default: "30s" },
  protocol: { type: "string", default: "auto" },
  drain: { type: "string", default: "30s" },
  "readings-max": { type: "string", default: "1000000" },
  identities: { type: "string" },
  ca: { type: "string" },
  "check-sink": { type: "string" },
  "sink-secret": { type: "string" },
  "watch-pid": { type: "string", multiple: true },
  plan: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export type FleetCommand =
  | { readonly do: "run"; readonly flags: FleetFlags }
  | { readonly do: "plan"; readonly gateways: number; readonly json: boolean }
  | { readonly do: "help" };

/** Why an argument was not understood: bad usage, not a failure. */
export class FleetUsageError extends Error {}

/** Reads the command line. Throws `FleetUsageError`. */
export function readFleetFlags(args: readonly string[]): FleetCommand {
  const said = parsed(args);
  if (said.help) return { do: "help" };
  if (said.plan !== undefined) {
    return { do: "plan", gateways: whole(said.plan, "plan", { min: 1, max: 100_000_000 }), json: said.json };
  }
  const scenario = scenarios.find((name) => name === said.scenario);
  if (scenario === undefined)
    throw new FleetUsageError(`--scenario ${said.scenario} is none of ${scenarios.join(", ")}`);
  const forMs = time(said.for, "for", { minMs: 1, maxMs: dayMs });
  const flags: FleetFlags = {
    broker: brokerOf(said.broker),
    scenario,
    gateways: whole(said.gateways, "gateways", { min: 1, max: gatewaysMax }),
    seed: whole(said.seed, "seed", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    forMs,
    speed: speedOf(said.speed),
    rampMs: said.ramp === undefined ? null : time(said.ramp, "ramp", { minMs: 0, maxMs: dayMs }),
    outageMs: outageOf(said.outage, scenario, forMs),
    backlog: whole(said.backlog, "backlog", { min: 0, max: 1_000 }),
    drainMs: time(said.drain, "drain", { minMs: 0, maxMs: dayMs }),
    reconnectMaxMs: time(said["reconnect-max"], "reconnect-max", { minMs: 1, maxMs: dayMs }),
    keepAliveS: Math.ceil(time(said["keep-alive"], "keep-alive", { minMs: 1_000, maxMs: 65_535_000 }) / 1_000),
    protocol: protocolOf(said.protocol),
    readingsMax: whole(said["readings-max"], "readings-max", { min: 1, max: readingsMaxLimit }),
    identities: said.identities ?? null,
    authority: said.ca ?? null,
    sink: sinkOf(said),
    watched: watchedOf(said["watch-pid"] ?? []),
    json: said.json,
  };
  checkSecurity(flags);
  return { do: "run", flags };
}

type Said = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

function parsed(args: readonly string[]): Said {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new FleetUsageError(error instanceof Error ? error.message : String(error));
  }
}

function brokerOf(text: string | undefined): string {
  if (text === undefined) throw new FleetUsageError("--broker is missing: mqtt://127.0.0.1:1883, for example");
  const url = URL.parse(text);
  if (url !== null && url.hostname !== "" && ["mqtt:", "mqtts:"].includes(url.protocol)) return text;
  throw new FleetUsageError(`--broker ${text} is not mqtt://host:port or mqtts://host:port`);
}

function whole(text: string, name: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new FleetUsageError(`--${name} ${text} is not a whole number from ${min} to ${max}`);
}

function time(
  text: string,
  name: string,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number {
  const parsedMs = duration.safeParse(text);
  if (!parsedMs.success) throw new FleetUsageError(`--${name} ${text}: write a number and a unit, such as 20s`);
  if (parsedMs.data >= minMs && parsedMs.data <= maxMs) return parsedMs.data;
  throw new FleetUsageError(`--${name} ${text} is not from ${minMs} ms to ${maxMs / 1_000} s`);
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (speed > 0 && speed <= 864_000) return speed;
  throw new FleetUsageError(`--speed ${text} is not a number above 0 and up to 864000, ten days in a second`);
}

function outageOf(text: string | undefined, scenario: FleetScenario, forMs: number): number | "operator" {
  if (text === "operator") return text;
  if (text !== undefined) return time(text, "outage", { minMs: 0, maxMs: dayMs });
  return scenario === "storm" ? 10_000 : forMs / 3;
}

function protocolOf(text: string): FleetFlags["protocol"] {
  if (text === "auto" || text === "5" || text === "3.1.1") return text;
  throw new FleetUsageError(`--protocol ${text} is none of auto, 5, 3.1.1`);
}

function sinkOf(said: Said): CheckedSink | null {
  const [place, secretPath] = [said["check-sink"], said["sink-secret"] ?? null];
  if (place !== undefined) return { place, secretPath };
  if (secretPath === null) return null;
  throw new FleetUsageError("--sink-secret is of no use without --check-sink");
}

function watchedOf(texts: readonly string[]): readonly WatchedProcess[] {
  if (texts.length > watchedMax) throw new FleetUsageError(`--watch-pid may be given ${watchedMax} times at most`);
  return texts.map((text) => {
    const [, name, pid] = /^([A-Za-z0-9-]{1,32})=([1-9]\d{0,9})$/.exec(text) ?? [];
    if (name !== undefined && pid !== undefined) return { name, pid: Number(pid) };
    throw new FleetUsageError(`--watch-pid ${text} is not NAME=PID, such as broker=1234`);
  });
}

function checkSecurity({ broker, identities, authority }: FleetFlags): void {
  if (identities !== null && authority !== null) throw new FleetUsageError("give --identities or --ca, not both");
  const hasCredentials = identities !== null || authority !== null;
  if (hasCredentials && !broker.startsWith("mqtts:")) {
    throw new FleetUsageError("certificates are of use over mqtts:// only");
  }
}
