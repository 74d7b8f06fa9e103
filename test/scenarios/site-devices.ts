import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Assignment } from "../../gateway/store/store.ts";
import type { VirtualAir } from "../../simulators/air/virtual-air.ts";
import {
  BloodPressureCuff,
  type BloodPressureCuffOptions,
  plainCuff,
} from "../../simulators/peripherals/blood-pressure-cuff.ts";
import type { BloodPressureSample } from "../../simulators/peripherals/blood-pressure-record.ts";
import type { DeviceEvent } from "../../simulators/peripherals/device-event.ts";
import { type DeviceIdentity, systemIdOf } from "../../simulators/peripherals/device-identity.ts";
import {
  GlucoseMeter,
  type GlucoseMeterOptions,
  plainGlucoseMeter,
} from "../../simulators/peripherals/glucose-meter.ts";
import type { GlucoseSample } from "../../simulators/peripherals/glucose-record.ts";
import type { GatewaySetup } from "./virtual-site.ts";

/** Devices for scenarios, with the journal of what each has shown. */
export interface Placed<Device> {
  readonly device: Device;
  /** The id that gateways give it. */
  readonly id: string;
  readonly journal: readonly DeviceEvent[];
}

/** Where devices are placed: in an air, with the time that it has. */
export interface DevicePlace {
  readonly air: VirtualAir;
  readonly clock: Clock;
}

export const identityOf = (address: string, model: string): DeviceIdentity => ({
  address,
  addressKind: "random-static",
  name: model,
  manufacturer: "Simulated",
  model,
  serial: `S-${address.slice(-5).replace(":", "")}`,
  firmware: "1.0",
  systemId: systemIdOf(address),
  batteryPercent: 80,
  textOctets: 0,
});

export function placeMeter(
  { air, clock }: DevicePlace,
  options: Partial<GlucoseMeterOptions> = {},
  address = "C0:00:00:00:00:01",
): Placed<GlucoseMeter> {
  const journal: DeviceEvent[] = [];
  const identity = { ...identityOf(address, "Meter"), ...options.identity };
  const device = new GlucoseMeter(
    { clock, observe: (event) => journal.push(event) },
    { ...plainGlucoseMeter, ...options, identity },
  );
  air.add(device);
  return { device, id: `system-id:${identity.systemId}`, journal };
}

export function placeCuff(
  { air, clock }: DevicePlace,
  options: Partial<BloodPressureCuffOptions> = {},
  address = "C0:00:00:00:00:02",
): Placed<BloodPressureCuff> {
  const journal: DeviceEvent[] = [];
  const identity = { ...identityOf(address, "Cuff"), ...options.identity };
  const device = new BloodPressureCuff(
    { clock, observe: (event) => journal.push(event) },
    { ...plainCuff, ...options, identity },
  );
  air.add(device);
  return { device, id: `system-id:${identity.systemId}`, journal };
}

export const blood = (mgPerDl: number, changes: Partial<GlucoseSample> = {}): GlucoseSample => ({
  person: "sim-0001",
  mgPerDl,
  fluid: "blood",
  meal: null,
  carbohydrateG: null,
  fault: null,
  ...changes,
});

export const arm = (systolicMmHg: number, changes: Partial<BloodPressureSample> = {}): BloodPressureSample => ({
  person: "sim-0001",
  userSlot: null,
  systolicMmHg,
  diastolicMmHg: 80,
  pulsePerMin: 66,
  irregularPulse: false,
  bodyMovement: false,
  fault: false,
  ...changes,
});

export const assignmentOf = (deviceId: string, changes: Partial<Assignment> = {}): Assignment => ({
  id: `assignment-of-${deviceId}`,
  deviceId,
  userSlot: null,
  person: "sim-0001",
  consent: "consent-1",
  fromAt: Date.UTC(2026, 0, 1),
  untilAt: null,
  source: "local",
  ...changes,
});

/** A gateway whose devices are all those of one simulated person: readings are delivered that are somebody's. */
export const assigned = (...devices: readonly { readonly id: string }[]): Pick<GatewaySetup, "prepare"> => ({
  prepare: async (store) => {
    await store.savePerson({ reference: "sim-0001", createdAt: 0 });
    for (const { id } of devices) await store.saveAssignment(assignmentOf(id));
  },
});
