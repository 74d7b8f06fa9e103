import { visitsPerDay } from "./day-plan.ts";

/** A figure that the arithmetic stands on, and where it is from. */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  /** How it was come by, so that anybody can do it again. */
  readonly how: string;
}

/** Assumed: what people and operators do. */
export const assumptions = {
  readingsPerDay: { value: visitsPerDay, unit: "readings a home and day", how: "the fleet simulator's people" },
  peakShare: {
    value: 0.375,
    unit: "of a day's readings in its two busiest hours",
    how: "its daily rhythm, in one time zone",
  },
  keepAliveS: {
    value: 900,
    unit: "s between keep-alive pings",
    how: "assumed for homes: a lost gateway is noticed after it",
  },
  outageH: { value: 24, unit: "h, the longest outage", how: "assumed, for the backlog that it leaves" },
  reconnectCapS: {
    value: 300,
    unit: "s, the longest delay of a reconnection",
    how: "`--reconnect-max`, as it suits homes",
  },
  coreUse: { value: 0.5, unit: "of a core at most", how: "headroom: no process is planned for more" },
} as const satisfies Readonly<Record<string, Constant>>;

const idle = "`simulate fleet --gateways 3000 --speed 1 --keep-alive 900s --ca … --watch-pid broker=…`";

/** Measured, on two cores that other work shared: good to about a factor of two. */
export const measured = {
  embeddedKiB: {
    value: 118,
    unit: "KiB of memory a TLS connection, embedded broker",
    how: `${idle}: what its resident memory grew by`,
  },
  mosquittoKiB: {
    value: 35,
    unit: "KiB of memory a TLS connection, mosquitto",
    how: `${idle}: what its resident memory grew by`,
  },
  connectMs: {
    value: 2.8,
    unit: "ms of processor a TLS connection, embedded broker",
    how: `${idle}: its processor time, by connection`,
  },
  readingMs: {
    value: 0.13,
    unit: "ms of processor a reading, embedded broker and ingestor on SQLite",
    how: "`simulate fleet --gateways 10 --speed 864000 --watch-pid ingestor=…`: 800 readings/s, five in a message",
  },
  readingBytes: {
    value: 1_200,
    unit: "bytes on the wire a reading, before TLS",
    how: "the mean simulated reading (890), and its envelope, receipt, topics and acknowledgements",
  },
  sqliteRowBytes: {
    value: 1_060,
    unit: "bytes a row in SQLite, with its indices",
    how: "`simulate fleet --gateways 10000 --scenario storm`: 83.3 MB of sink for 78,885 readings",
  },
  postgresRowBytes: {
    value: 1_500,
    unit: "bytes a row in PostgreSQL, with its indices",
    how: "`CAREPOST_BENCH_ROWS=10000000 npm run bench -- --only postgres`: 15 GB for 10⁷ rows",
  },
} as const satisfies Readonly<Record<string, Constant>>;

/** What a fleet of so many gateways needs. Rates are of the peak where their name does not say otherwise. */
export interface CapacityPlan {
  readonly gateways: number;
  readonly connections: number;
  readonly readingsPerSecondMean: number;
  readonly readingsPerSecondPeak: number;
  /** Batches up, receipts down, and the acknowledgement of each. */
  readonly messagesPerSecondPeak: number;
  readonly pingsPerSecond: number;
  readonly rowsPerDay: number;
  readonly wireBytesPerDay: number;
  readonly sqliteBytesPerYear: number;
  readonly postgresBytesPerYear: number;
  readonly embeddedMemoryBytes: number;
  readonly mosquittoMemoryBytes: number;
  /** Processor time per time that the peak of readings takes. */
  readonly peakCores: number;
  /** The same, while everybody comes back within the cap. */
  readonly reconnectCores: number;
  /** Until all are back, with one broker process on one core. */
  readonly reconnectOneCoreS: number;
  /** What waits after the longest outage, and how long one core takes over it. */
  readonly backlogReadings: number;
  readonly backlogOneCoreS: number;
  /** Broker processes with an ingestor in each, by the scarcest of connections, memory and processor. */
  readonly brokerProcesses: number;
  readonly resources: { readonly cores: number; readonly memoryGB: number; readonly diskGBPerYear: number };
  /** Of one machine like that of the figures: what is used up, the scarcest first. */
  readonly limits: readonly Limit[];
}

export interface Limit {
  readonly name: string;
  /** Need over supply: above 1 it breaks. */
  readonly use: number;
}

/** What one process and one disk bear: limits of this project and of the machine that was measured on. */
const supply = {
  /** Open files of one process. */
  connections: 20_000,
  /** Of the heap and the buffers of one Node process, before collection costs more than work. */
  processMemoryBytes: 4e9,
  diskBytes: 1e12,
} as const;

/** The arithmetic of a fleet: pure, and linear but where a process is full. */
export function capacityPlan(gateways: number): CapacityPlan {
  const { readingsPerDay, peakShare, keepAliveS, outageH, reconnectCapS } = assumptions;
  const rowsPerDay = gateways * readingsPerDay.value;
  const readingsPerSecondPeak = (rowsPerDay * peakShare.value) / 7_200;
  const readingS = measured.readingMs.value / 1_000;
  const connectsS = (gateways * measured.connectMs.value) / 1_000;
  const backlogReadings = (rowsPerDay * outageH.value) / 24;
  const plan = {
    gateways,
    connections: gateways,
    readingsPerSecondMean: rowsPerDay / 86_400,
    readingsPerSecondPeak,
    messagesPerSecondPeak: readingsPerSecondPeak * 4,
    pingsPerSecond: gateways / keepAliveS.value,
    rowsPerDay,
    wireBytesPerDay: rowsPerDay * measured.readingBytes.value,
    sqliteBytesPerYear: rowsPerDay * 365 * measured.sqliteRowBytes.value,
    postgresBytesPerYear: rowsPerDay * 365 * measured.postgresRowBytes.value,
    embeddedMemoryBytes: gateways * measured.embeddedKiB.value * 1_024,
    mosquittoMemoryBytes: gateways * measured.mosquittoKiB.value * 1_024,
    peakCores: readingsPerSecondPeak * readingS,
    reconnectCores: connectsS / reconnectCapS.value,
    reconnectOneCoreS: Math.max(reconnectCapS.value, connectsS),
    backlogReadings,
    backlogOneCoreS: backlogReadings * readingS,
  };
  const brokerProcesses = processesOf(plan);
  return { ...plan, brokerProcesses, resources: resourcesOf(plan, brokerProcesses), limits: limitsOf(plan) };
}

type Needs = Omit<CapacityPlan, "brokerProcesses" | "resources" | "limits">;

const processesOf = ({ connections, embeddedMemoryBytes, reconnectCores, peakCores }: Needs): number =>
  Math.ceil(
    Math.max(
      connections / supply.connections,
      embeddedMemoryBytes / supply.processMemoryBytes,
      Math.max(reconnectCores, peakCores) / assumptions.coreUse.value,
    ),
  );

/** Two processes at least, so that one may fail; memory twice what connections take, for what is under way. */
function resourcesOf(needs: Needs, brokerProcesses: number): CapacityPlan["resources"] {
  const cores = Math.ceil(Math.max(needs.reconnectCores, needs.peakCores) / assumptions.coreUse.value);
  return {
    cores: Math.max(2, cores),
    memoryGB: Math.ceil((2 * needs.embeddedMemoryBytes) / 1e9 + brokerProcesses * 0.2 + 1),
    diskGBPerYear: Math.ceil(needs.postgresBytesPerYear / 1e9),
  };
}

const limitsOf = (needs: Needs): readonly Limit[] =>
  [
    { name: "connections of one process (open files)", use: needs.connections / supply.connections },
    { name: "memory of one process", use: needs.embeddedMemoryBytes / supply.processMemoryBytes },
    { name: "one core, while all come back", use: needs.reconnectCores },
    { name: "one core, in the morning", use: needs.peakCores },
    { name: "a disk of 1 TB, in a year of SQLite", use: needs.sqliteBytesPerYear / supply.diskBytes },
  ].toSorted((one, other) => other.use - one.use);
