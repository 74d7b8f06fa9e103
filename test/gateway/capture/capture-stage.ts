import type { Radio } from "../../../device-drivers/ports/gatt.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { captureSession } from "../../../gateway/capture/capture-session.ts";
import type { CapturedSession, CaptureRequest } from "../../../gateway/capture/capture-session.ts";
import { fixtureOf, writeFixture } from "../../../gateway/capture/fixture.ts";
import type { FixtureOptions } from "../../../gateway/capture/fixture.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { BloodPressureCuff, plainCuff } from "../../../simulators/peripherals/blood-pressure-cuff.ts";
import type { BloodPressureCuffOptions } from "../../../simulators/peripherals/blood-pressure-cuff.ts";
import type { DeviceIdentity } from "../../../simulators/peripherals/device-identity.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import type { GlucoseMeterOptions } from "../../../simulators/peripherals/glucose-meter.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { startAt } from "../../device-drivers/collecting.ts";

/** A device that tells who it is in every way in which devices do. */
export const identity: DeviceIdentity = {
  address: "E4:5D:51:9C:07:B3",
  addressKind: "random-static",
  name: "meter+06512345",
  manufacturer: "Example",
  model: "EX-65",
  serial: "06512345",
  firmware: "1.0",
  systemId: "E45D51FFFE9C07B3",
  batteryPercent: 80,
  textOctets: 0,
};

export function meterWith(
  records: number,
  clock: VirtualClock,
  options: Partial<GlucoseMeterOptions> = {},
): GlucoseMeter {
  const ports = { clock, observe: () => undefined };
  const meter = new GlucoseMeter(ports, { ...plainGlucoseMeter, identity, requiresBond: false, ...options });
  for (let made = 1; made <= records; made += 1) {
    const meal = made % 2 === 0 ? "fasting" : null;
    const sample = {
      person: null,
      mgPerDl: 80 + made,
      fluid: "blood",
      meal,
      carbohydrateG: null,
      fault: null,
    } as const;
    meter.measure(sample, (records - made) * 3_600_000 + 1);
  }
  meter.wake();
  return meter;
}

export function cuffWith(
  records: number,
  clock: VirtualClock,
  options: Partial<BloodPressureCuffOptions> = {},
): BloodPressureCuff {
  const ports = { clock, observe: () => undefined };
  const cuff = new BloodPressureCuff(ports, { ...plainCuff, identity, requiresBond: false, ...options });
  for (let made = 1; made <= records; made += 1) {
    const arm = { systolicMmHg: 110 + made, diastolicMmHg: 70, pulsePerMin: 60, irregularPulse: false };
    cuff.measure(
      { ...arm, person: null, userSlot: 1, bodyMovement: false, fault: false },
      (records - made) * 3_600_000 + 1,
    );
  }
  cuff.wake();
  return cuff;
}

export const newClock = (): VirtualClock => createVirtualClock(startAt);

export interface CaptureWish extends Partial<Omit<CaptureRequest, "advertisement">> {
  readonly clock: VirtualClock;
  readonly signal?: AbortSignal;
  /** Nobody has paired it. */
  readonly isStranger?: boolean;
  /** In place of the air's own: what happens when the device is connected to. */
  readonly connect?: Radio["connect"];
}

/** One session with a device of the test's own, in an air in which nothing fails. */
export async function capture(
  device: VirtualPeripheral,
  { clock, signal, isStranger = false, connect, ...wish }: CaptureWish,
): Promise<CapturedSession> {
  const air = createVirtualAir({ clock, seed: 1 });
  air.add(device);
  const { address, addressKind, name, services } = device;
  if (isStranger) air.command({ type: "forget-bond", address });
  const request = {
    advertisement: { address, addressKind, name, services, rssiDbm: -50 },
    explore: false,
    sessionMs: 60_000,
    localTime: () => null,
    ...wish,
  };
  const session = captureSession(
    { radio: connect === undefined ? air.radio : { ...air.radio, connect }, clock, tell: () => undefined },
    request,
    signal ?? new AbortController().signal,
  );
  return await clock.runUntil(session);
}

export const plainFixture: FixtureOptions = { shiftDays: 0, raw: false, version: "0.0.0", radio: "virtual" };

/** The capture as a file, which goes when the test ends. */
export function fixtureFile(session: CapturedSession, options: Partial<FixtureOptions> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "carepost-capture-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "capture.json");
  writeFixture(path, fixtureOf(session, { ...plainFixture, ...options }));
  return path;
}
