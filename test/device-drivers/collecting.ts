import type {
  CollectionEnd,
  DeviceDriver,
  DeviceHistory,
  DeviceInformation,
  DeviceQuirks,
  DriverSession,
  Observed,
} from "../../device-drivers/kit/driver.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";
import type { Measurement } from "../../device-drivers/measurement/measurement.ts";
import type { GattLink } from "../../device-drivers/ports/gatt.ts";
import { defaultQuirks } from "../../device-drivers/vendors/defaults.ts";
import type { AirFaults } from "../../simulators/air/air-faults.ts";
import { createVirtualAir } from "../../simulators/air/virtual-air.ts";
import { createVirtualClock, type VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import type { VirtualPeripheral } from "../../simulators/peripherals/virtual-peripheral.ts";

/** One connection to a virtual device, in virtual time. */
export interface Bench {
  readonly clock: VirtualClock;
  readonly session: DriverSession;
}

export interface BenchOptions {
  readonly quirks?: Partial<DeviceQuirks>;
  readonly history?: DeviceHistory;
  readonly localTime?: DeviceDateTime | null;
  readonly signal?: AbortSignal;
  readonly faults?: Partial<AirFaults>;
  readonly seed?: number;
  /** The device's own, where it has one. */
  readonly clock?: VirtualClock;
}

export const startAt = Date.UTC(2026, 4, 12, 18, 53, 43);
export const localTime: DeviceDateTime = { year: 2026, month: 5, day: 12, hours: 18, minutes: 53, seconds: 43 };

export const noInformation: DeviceInformation = {
  manufacturer: null,
  model: null,
  serial: null,
  firmware: null,
  hardware: null,
  software: null,
  systemId: null,
  batteryPercent: null,
};

/** A link that does nothing, of which a test replaces what it is about. */
export const idleLink: GattLink = {
  address: "C0:FF:EE:00:00:03",
  addressKind: "public",
  bonded: true,
  discover: async () => [],
  read: async () => new Uint8Array(),
  write: async () => {},
  subscribe: async () => ({ next: () => new Promise(() => {}), close: async () => {} }),
  close: async () => {},
};

export async function connectTo(device: VirtualPeripheral, options: BenchOptions = {}): Promise<Bench> {
  const clock = options.clock ?? createVirtualClock(startAt);
  const air = createVirtualAir({ clock, seed: options.seed ?? 1, faults: options.faults ?? {} });
  air.add(device);
  const signal = options.signal ?? new AbortController().signal;
  const link = await clock.runUntil(air.radio.connect(device.address, signal));
  return {
    clock,
    session: sessionOver(link, { clock, characteristics: device.characteristics }, { ...options, signal }),
  };
}

/** A session over a link of the test's own. */
export function sessionOver(
  link: GattLink,
  place: Pick<DriverSession, "clock" | "characteristics">,
  options: BenchOptions,
): DriverSession {
  return {
    link,
    ...place,
    information: noInformation,
    quirks: { ...defaultQuirks, ...options.quirks },
    history: options.history ?? { lastSequenceNumber: null, lastDeviceTime: null },
    localTime: () => (options.localTime === undefined ? localTime : options.localTime),
    signal: options.signal ?? new AbortController().signal,
  };
}

export interface Outcome {
  readonly observed: readonly Observed[];
  readonly measurements: readonly Measurement[];
  /** Null if it threw. */
  readonly end: CollectionEnd | null;
  /** What it threw; null if it ended well. */
  readonly error: unknown;
  /** How long the collection took, in virtual time. */
  readonly tookMs: number;
}

/** Collects to the end, be it a good or a bad one. */
export async function collectFrom(
  driver: DeviceDriver,
  device: VirtualPeripheral,
  options: BenchOptions = {},
): Promise<Outcome> {
  const { clock, session } = await connectTo(device, options);
  return await clock.runUntil(collectOver(driver, session));
}

/** The same over a session that is there, whose clock somebody else moves. */
export async function collectOver(driver: DeviceDriver, session: DriverSession): Promise<Outcome> {
  const startedMs = session.clock.monotonicMs();
  const observed: Observed[] = [];
  const { end, error } = await drain(driver.collect(session), observed);
  const tookMs = session.clock.monotonicMs() - startedMs;
  return { observed, measurements: measurementsOf(observed), end, error, tookMs };
}

async function drain(
  collection: AsyncGenerator<Observed, CollectionEnd>,
  observed: Observed[],
): Promise<Pick<Outcome, "end" | "error">> {
  try {
    for (;;) {
      const { done, value } = await collection.next();
      if (done === true) return { end: value, error: null };
      observed.push(value);
    }
  } catch (error) {
    return { end: null, error };
  }
}

/** Takes everything, doing `each` after every item. */
export async function consume(items: AsyncIterable<unknown>, each: () => void = () => {}): Promise<void> {
  for await (const _ of items) each();
}

const measurementsOf = (observed: readonly Observed[]): readonly Measurement[] =>
  observed.flatMap((each) => (each.type === "measurement" ? [each.measurement] : []));

/** Every frame that the collection told of, in whatever item, as a script writes it: "2A18 0201…". */
export const toldFrames = ({ observed }: Outcome): ReadonlySet<string> =>
  new Set(
    observed.flatMap((one) => {
      const frames = one.type === "measurement" ? one.measurement.frames : "frames" in one ? one.frames : [];
      return frames.map(({ characteristic, bytes }) => `${characteristic} ${toHex(bytes)}`);
    }),
  );
