import { expect, test } from "vitest";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { DeviceDriver, DeviceHistory, DeviceQuirks } from "../../device-drivers/kit/driver.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { Measurement } from "../../device-drivers/measurement/measurement.ts";
import { bloodPressureDriver } from "../../device-drivers/profiles/blood-pressure/driver.ts";
import { glucoseDriver } from "../../device-drivers/profiles/glucose/driver.ts";
import { type AirFaults, crowdedAir } from "../../simulators/air/air-faults.ts";
import { createVirtualAir } from "../../simulators/air/virtual-air.ts";
import { createVirtualClock } from "../../simulators/clock/virtual-clock.ts";
import {
  BloodPressureCuff,
  type BloodPressureCuffOptions,
  plainCuff,
} from "../../simulators/peripherals/blood-pressure-cuff.ts";
import type { DeviceEvent } from "../../simulators/peripherals/device-event.ts";
import type { DeviceIdentity } from "../../simulators/peripherals/device-identity.ts";
import {
  GlucoseMeter,
  type GlucoseMeterOptions,
  plainGlucoseMeter,
} from "../../simulators/peripherals/glucose-meter.ts";
import { withoutDelta } from "../../simulators/peripherals/record-access-server.ts";
import { collectOver, sessionOver, startAt, type Outcome } from "./collecting.ts";

/** The drivers on virtual devices, in an air in which everything fails now and then. */

const seeds = [1, 2, 3, 4, 5];
const recordsMade = 40;

const contextOrders = ["following", "in-bursts", "before-the-answer", "after-the-answer"] as const;

test.for(contextOrders)(
  "a meter is heard to the last record and context in a crowded air: contexts %s",
  async (order) => {
    for (const seed of seeds) {
      const stage = meterStage({ contexts: { order, burst: 8, delayMs: 200 } }, { seed, faults: crowdedAir });
      const { readouts, requests } = await stage.collectAll();
      expect([seed, lost(stage.events, readouts)]).toEqual([seed, []]);
      expect(requests().filter((opCode) => opCode === 2)).toEqual([]);
    }
  },
);

test("a meter without delta, that sends twice, or that counts backwards, is heard to the last record", async () => {
  const kinds: readonly (readonly [Partial<GlucoseMeterOptions>, Partial<DeviceQuirks>])[] = [
    [{ recordAccess: withoutDelta }, {}],
    [{ sendsTwice: true }, {}],
    [{ numbering: "newest-is-zero" }, { sequenceReversed: true, deltaUnsupported: true }],
  ];
  for (const [options, quirks] of kinds) {
    const stage = meterStage(options, { seed: 7, quirks });
    expect(lost(stage.events, (await stage.collectAll()).readouts)).toEqual([]);
  }
});

test("a meter whose counter began anew, with its memory or without, is heard to the last record", async () => {
  for (const keepsMemory of [true, false]) {
    const stage = meterStage({}, { seed: 9 });
    const before = await stage.collectAll();
    stage.device.resetCounter({ keepsMemory });
    stage.fill(5);
    const after = await stage.collectAll();
    expect(lost(stage.events, [...before.readouts, ...after.readouts])).toEqual([]);
    expect(after.outcomes.at(-1)?.end?.counterWasReset).toBe(true);
  }
});

test("a second session asks for no more than what is new", async () => {
  const stage = meterStage({}, { seed: 11 });
  await stage.collectAll();
  stage.fill(2);
  const { outcomes, readouts } = await stage.collectAll();
  expect(outcomes).toHaveLength(1);
  expect(new Set(readouts.map(({ sequenceNumber }) => sequenceNumber))).toEqual(
    new Set([recordsMade, recordsMade + 1, recordsMade + 2]),
  );
});

test("a cuff that forgets what was confirmed loses nothing to an air in which everything fails", async () => {
  for (const seed of seeds) {
    const stage = cuffStage({ afterConfirmation: "forgets" }, { seed, faults: crowdedAir });
    const { readouts } = await stage.collectAll();
    expect([seed, lost(stage.events, readouts)]).toEqual([seed, []]);
  }
});

test("a cuff with record access is heard to the last record in a crowded air", async () => {
  for (const seed of seeds) {
    const stage = cuffStage({ recordAccess: {} }, { seed, faults: crowdedAir });
    const { readouts, requests } = await stage.collectAll();
    expect([seed, lost(stage.events, readouts)]).toEqual([seed, []]);
    expect(requests().filter((opCode) => opCode === 2)).toEqual([]);
  }
});

interface StageOptions {
  readonly seed: number;
  readonly faults?: AirFaults;
  readonly quirks?: Partial<DeviceQuirks>;
}

interface Collected {
  readonly outcomes: readonly Outcome[];
  readonly readouts: readonly Measurement[];
  /** The op codes that the device was sent. */
  readonly requests: () => readonly number[];
}

interface Stage<Device> {
  readonly device: Device;
  readonly events: readonly DeviceEvent[];
  /** Makes so many records. */
  fill(records: number): void;
  /** Collects, session after session, until one ends well and misses nothing. */
  collectAll(): Promise<Collected>;
}

function meterStage(options: Partial<GlucoseMeterOptions>, stage: StageOptions): Stage<GlucoseMeter> {
  const clock = createVirtualClock(startAt);
  const events: DeviceEvent[] = [];
  const ports = { clock, observe: (event: DeviceEvent) => events.push(event) };
  const device = new GlucoseMeter(ports, { ...plainGlucoseMeter, identity, ...options });
  const fill = (records: number): void => {
    for (let made = 1; made <= records; made += 1) {
      const meal = made % 3 === 0 ? "fasting" : null;
      const sample = {
        person: null,
        mgPerDl: 80 + made,
        fluid: "blood",
        meal,
        carbohydrateG: null,
        fault: null,
      } as const;
      device.measure(sample, (records - made) * 3_600_000 + 1);
    }
  };
  fill(recordsMade);
  const requests = (): readonly number[] => device.recordAccess.requests.map(({ opCode }) => opCode);
  const collect = (): Promise<Collected> => collectAll({ device, clock, driver: glucoseDriver, requests }, stage);
  return { device, events, fill, collectAll: collect };
}

function cuffStage(options: Partial<BloodPressureCuffOptions>, stage: StageOptions): Stage<BloodPressureCuff> {
  const clock = createVirtualClock(startAt);
  const events: DeviceEvent[] = [];
  const ports = { clock, observe: (event: DeviceEvent) => events.push(event) };
  const device = new BloodPressureCuff(ports, { ...plainCuff, identity, ...options });
  const fill = (records: number): void => {
    for (let made = 1; made <= records; made += 1) {
      const arm = { systolicMmHg: 110 + made, diastolicMmHg: 70, pulsePerMin: 60, irregularPulse: false };
      const sample = { ...arm, person: null, userSlot: 1, bodyMovement: false, fault: false };
      device.measure(sample, (records - made) * 3_600_000 + 1);
    }
  };
  fill(recordsMade);
  const requests = (): readonly number[] => device.recordAccess?.requests.map(({ opCode }) => opCode) ?? [];
  const collect = (): Promise<Collected> => collectAll({ device, clock, driver: bloodPressureDriver, requests }, stage);
  return { device, events, fill, collectAll: collect };
}

interface Subject {
  readonly device: GlucoseMeter | BloodPressureCuff;
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly driver: DeviceDriver;
  readonly requests: () => readonly number[];
}

const histories = new WeakMap<object, DeviceHistory>();
const sessionsMax = 60;

async function collectAll({ device, clock, driver, requests }: Subject, stage: StageOptions): Promise<Collected> {
  const air = createVirtualAir({
    clock,
    seed: stage.seed,
    ...(stage.faults !== undefined && { faults: stage.faults }),
  });
  air.add(device);
  const isDumped = device instanceof BloodPressureCuff && device.recordAccess === null;
  const outcomes: Outcome[] = [];
  const readouts: Measurement[] = [];
  while (outcomes.length < sessionsMax) {
    device.wake();
    const link = await clock.runUntil(
      air.radio.connect(device.address, new AbortController().signal).catch(() => null),
    );
    if (link === null) continue;
    const history = histories.get(device);
    const options = { quirks: stage.quirks ?? {}, ...(history !== undefined && { history }) };
    const session = sessionOver(link, { clock, characteristics: device.characteristics }, options);
    const outcome = await clock.runUntil(collectOver(driver, session));
    await link.close();
    await clock.advance(1_000);
    outcomes.push(outcome);
    readouts.push(...outcome.measurements);
    expect(isExpectedFailure(outcome.error)).toBe(true);
    // A cuff that dumps may have hung up at its end, or the link was lost: only silence tells that there is no more.
    if (!isComplete(outcome) || (isDumped && outcome.measurements.length > 0)) continue;
    remember(device, outcome);
    return { outcomes, readouts, requests };
  }
  throw new Error(`The device was not heard out in ${sessionsMax} sessions.`);
}

/** What a gateway keeps of a session in which it was told everything. */
function remember(device: object, { measurements }: Outcome): void {
  const last = measurements.at(-1);
  if (last === undefined) return;
  histories.set(device, { lastSequenceNumber: last.sequenceNumber, lastDeviceTime: last.deviceTime });
}

const isComplete = ({ end, observed }: Outcome): boolean =>
  end !== null &&
  observed.every(
    (each) =>
      each.type !== "incomplete" &&
      each.type !== "undecodable" &&
      !(each.type === "measurement" && "contextMissing" in each.measurement && each.measurement.contextMissing),
  );

const airFailures = new Set(["link-lost", "procedure-timeout", "records-procedure-failed"]);

const isExpectedFailure = (error: unknown): boolean =>
  error === null || (error instanceof CarepostError && airFailures.has(error.code));

/** The records of the device that were never shown, and the frames that were shown and came out of no driver. */
function lost(events: readonly DeviceEvent[], readouts: readonly Measurement[]): readonly string[] {
  const shown = events.filter(({ event }) => event === "shown");
  const shownRecords = new Set(shown.map(({ record }) => record));
  const heard = new Set(readouts.flatMap(({ frames }) => frames.map(({ bytes }) => toHex(bytes))));
  // A record in segments is told as one.
  for (const { frames } of readouts) heard.add(frames.map(({ bytes }) => toHex(bytes)).join(""));
  return [
    ...events.filter(({ record }) => !shownRecords.has(record)).map(({ record }) => `record ${record} was not shown`),
    ...shown.filter(({ hex }) => !heard.has(hex)).map(({ characteristic, hex }) => `${characteristic} ${hex}`),
  ];
}

const identity: DeviceIdentity = {
  address: "C0:FF:EE:00:00:04",
  addressKind: "random-static",
  name: null,
  manufacturer: null,
  model: null,
  serial: null,
  firmware: null,
  systemId: null,
  batteryPercent: null,
  textOctets: 0,
};
