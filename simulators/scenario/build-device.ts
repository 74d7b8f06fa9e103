import { RacpOpCode } from "../../device-drivers/kit/racp.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { AirFaults } from "../air/air-faults.ts";
import { BloodPressureCuff } from "../peripherals/blood-pressure-cuff.ts";
import type { DeviceClockOptions } from "../peripherals/device-clock.ts";
import type { DeviceObserver } from "../peripherals/device-event.ts";
import { type DeviceIdentity, systemIdOf } from "../peripherals/device-identity.ts";
import { GlucoseMeter } from "../peripherals/glucose-meter.ts";
import { type RecordAccessOptions, withoutDelta } from "../peripherals/record-access-server.ts";
import type { WakefulnessOptions } from "../peripherals/wakefulness.ts";
import type { CuffDescription, DeviceDescription, MeterDescription } from "./device-schema.ts";
import type { Scenario } from "./scenario.ts";

export type VirtualDevice = GlucoseMeter | BloodPressureCuff;

/** A device, and what its scenario says of it. */
export interface Station {
  readonly description: DeviceDescription;
  readonly device: VirtualDevice;
}

export interface DevicePorts {
  readonly clock: Clock;
  readonly observe: DeviceObserver;
}

/** The devices of a scenario, in its order. */
export function buildStations(ports: DevicePorts, { devices, utcOffsetMin }: Scenario): readonly Station[] {
  return devices.map((description, index) => {
    const place = { identity: identityOf(description, index), utcOffsetMin };
    const device =
      description.kind === "glucose-meter"
        ? buildMeter(ports, description, place)
        : buildCuff(ports, description, place);
    return { description, device };
  });
}

/** What chance does on the way to a device, as the air wants to be told. */
export function faultsOf(described: Scenario["faults"]): Partial<AirFaults> {
  const { operationLatency, valueLatency, connectLatency, ...probabilities } = described;
  const spans = {
    operationLatencyMs: operationLatency,
    valueLatencyMs: valueLatency,
    connectLatencyMs: connectLatency,
  };
  // What a scenario leaves out must not be there at all, or it would hide the defaults.
  return Object.fromEntries(Object.entries({ ...probabilities, ...spans }).filter(([, value]) => value !== undefined));
}

interface Place {
  readonly identity: DeviceIdentity;
  readonly utcOffsetMin: number;
}

function buildMeter(ports: DevicePorts, meter: MeterDescription, { identity, utcOffsetMin }: Place): GlucoseMeter {
  return new GlucoseMeter(ports, {
    identity,
    format: {
      unit: meter.unit,
      lowestMgPerDl: meter.lowest,
      highestMgPerDl: meter.highest,
      type: 1,
      sampleLocation: 1,
      alwaysSendsStatus: meter.alwaysSendsStatus,
      sendsContexts: meter.sendsContexts,
    },
    memoryRecordsMax: meter.memory,
    clock: clockOf(meter, "current-time", utcOffsetMin),
    timeOffsetMin: meter.timeOffset === undefined ? null : Math.round(meter.timeOffset / 60_000),
    firstSequenceNumber: meter.firstSequenceNumber,
    numbering: meter.numbering,
    contexts: { order: meter.contexts.order, burst: meter.contexts.burst, delayMs: meter.contexts.delay },
    sendsTwice: meter.sendsTwice,
    recordAccess: recordAccessOf(meter.recordAccess),
    wakefulness: wakefulnessOf(meter),
    requiresBond: meter.bond,
    pairing: meter.pairing,
  });
}

function buildCuff(ports: DevicePorts, cuff: CuffDescription, { identity, utcOffsetMin }: Place): BloodPressureCuff {
  const { unit, mean, sendsTimestamp, sendsPulse, sendsUser, sendsStatus, layout } = cuff;
  return new BloodPressureCuff(ports, {
    identity,
    format: { unit, mean, sendsTimestamp, sendsPulse, sendsUser, sendsStatus, layout },
    memoryRecordsMax: cuff.memory,
    clock: clockOf(cuff, "date-time", utcOffsetMin),
    afterConfirmation: cuff.afterConfirmation,
    dumpDelayMs: cuff.dumpDelay,
    recordIntervalMs: cuff.recordInterval,
    recordAccess: cuff.recordAccess === undefined ? null : recordAccessOf(cuff.recordAccess),
    wakefulness: wakefulnessOf(cuff),
    requiresBond: cuff.bond,
    pairing: cuff.pairing,
  });
}

function identityOf(description: DeviceDescription, index: number): DeviceIdentity {
  const place = (index + 1).toString(16).toUpperCase().padStart(4, "0");
  const address = description.address ?? `C0:53:49:4D:${place.slice(0, 2)}:${place.slice(2)}`;
  const { name, manufacturer, firmware, batteryPercent, textOctets, addressKind } = description;
  return {
    address,
    addressKind,
    name: description.advertisedName ?? name.slice(0, advertisedNameOctetsMax),
    manufacturer,
    model: description.model === undefined ? models[description.kind] : description.model,
    serial: description.serial === undefined ? `SIM-${name.toUpperCase()}` : description.serial,
    firmware,
    systemId: description.systemId ? systemIdOf(address) : null,
    batteryPercent,
    textOctets,
  };
}

const models = { "glucose-meter": "Virtual Glucose Meter", "blood-pressure-cuff": "Virtual Blood Pressure Cuff" };
/** What fits into one advertisement beside its flags. */
const advertisedNameOctetsMax = 29;

function clockOf(
  { clock }: DeviceDescription,
  readBy: "current-time" | "date-time",
  utcOffsetMin: number,
): DeviceClockOptions {
  return {
    utcOffsetMin,
    aheadS: clock.aheadBy / 1_000,
    driftSPerDay: clock.driftPerDay / 1_000,
    state: clock.state,
    readBy: clock.readBy ?? readBy,
    writable: clock.writable,
  };
}

function wakefulnessOf({ awake }: DeviceDescription): WakefulnessOptions {
  const { every, for: window } = awake;
  const isPeriodic = every !== undefined && window !== undefined;
  return { afterUseMs: awake.afterUse, periodic: isPeriodic ? { everyMs: every, forMs: window } : null };
}

function recordAccessOf(described: MeterDescription["recordAccess"]): Partial<RecordAccessOptions> {
  const opCodes = Object.values(RacpOpCode).filter(
    (opCode) => described.countSupported || opCode !== RacpOpCode.reportNumberOfStoredRecords,
  );
  return {
    ...(described.operators === "no-delta" ? withoutDelta : {}),
    ...(described.errorCodes === undefined ? {} : { errorCodes: described.errorCodes }),
    opCodes,
    busyRequests: described.busyRequests,
    recordIntervalMs: described.recordInterval,
    doneCode: described.doneCode,
  };
}
