import { toHex } from "../../device-drivers/kit/hex.ts";
import type { Decimal, MedicalNumber } from "../../device-drivers/measurement/decimal.ts";
import { dateTimeText, type DeviceDateTime, isKnown } from "../../device-drivers/measurement/device-time.ts";
import { encodeEnhancedBloodPressure } from "../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import {
  type BloodPressureLayout,
  encodeBloodPressureMeasurement,
} from "../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import type { DeviceEvent } from "./device-event.ts";

/** What a cuff finds on an arm. */
export interface BloodPressureSample {
  /** Whose arm it is; null for a stranger's. The cuff knows a slot at most. */
  readonly person: string | null;
  /** The slot that was chosen on the cuff; null if it has none or nobody chose. */
  readonly userSlot: number | null;
  readonly systolicMmHg: number;
  readonly diastolicMmHg: number;
  readonly pulsePerMin: number;
  readonly irregularPulse: boolean;
  readonly bodyMovement: boolean;
  /** The measurement fails: every number is NaN. */
  readonly fault: boolean;
}

/** How a model writes its records down. */
export interface BloodPressureFormat {
  readonly unit: "mmHg" | "kPa";
  /** What stands where the mean arterial pressure belongs. */
  readonly mean: "measured" | "nan" | "zero";
  readonly sendsTimestamp: boolean;
  readonly sendsPulse: boolean;
  readonly sendsUser: boolean;
  readonly sendsStatus: boolean;
  readonly layout: BloodPressureLayout;
}

export const defaultBloodPressureFormat: BloodPressureFormat = {
  unit: "mmHg",
  mean: "measured",
  sendsTimestamp: true,
  sendsPulse: true,
  sendsUser: true,
  sendsStatus: true,
  layout: "standard",
};

/** A record in a cuff's memory. */
export interface BloodPressureRecord {
  /** Counts the cuff's records from 1, and never starts again. */
  readonly number: number;
  readonly sequenceNumber: number;
  readonly sample: BloodPressureSample;
  readonly time: DeviceDateTime;
}

/** The record as Blood Pressure Measurement (2A35). */
export function bloodPressureFrame({ sample, time }: BloodPressureRecord, format: BloodPressureFormat): Uint8Array {
  return encodeBloodPressureMeasurement(
    { ...fieldsOf(sample, format), timestamp: format.sendsTimestamp ? time : null },
    format.layout,
  );
}

/** The record as Enhanced Blood Pressure Measurement (2B34). */
export function enhancedFrame({ sample, time }: BloodPressureRecord, format: BloodPressureFormat): Uint8Array {
  const seconds = format.sendsTimestamp && isKnown(time) ? secondsSince2000(time) : null;
  return encodeEnhancedBloodPressure({
    ...fieldsOf(sample, format),
    timestampS: seconds,
    userFacingTimeS: seconds,
    epoch: 2000,
  });
}

/** What an oracle is told of a frame of the record. */
export const bloodPressureEvent = (
  { number, sample, time, sequenceNumber }: BloodPressureRecord,
  format: BloodPressureFormat,
  frame: { readonly characteristic: "2A35" | "2B36"; readonly bytes: Uint8Array },
): Omit<DeviceEvent, "event" | "at" | "device" | "person"> => ({
  record: number,
  kind: sample.fault ? "fault" : "reading",
  characteristic: frame.characteristic,
  hex: toHex(frame.bytes),
  sequenceNumber: frame.characteristic === "2B36" ? sequenceNumber : null,
  deviceTime: format.sendsTimestamp ? dateTimeText(time) : null,
  userSlot: format.sendsUser ? sample.userSlot : null,
});

interface CommonFields {
  readonly unit: "mmHg" | "kPa";
  readonly systolic: MedicalNumber;
  readonly diastolic: MedicalNumber;
  readonly meanArterialPressure: MedicalNumber;
  readonly pulseRate: MedicalNumber | null;
  readonly userId: number | null;
  readonly status: number | null;
}

function fieldsOf(sample: BloodPressureSample, format: BloodPressureFormat): CommonFields {
  const { systolicMmHg, diastolicMmHg } = sample;
  const shown = (mmHg: number): MedicalNumber => (sample.fault ? "nan" : shownPressure(mmHg, format.unit));
  const mean = { measured: shown(diastolicMmHg + (systolicMmHg - diastolicMmHg) / 3), nan: "nan", zero: zero } as const;
  const pulse = sample.fault ? "nan" : { mantissa: Math.round(sample.pulsePerMin), exponent: 0 };
  const status =
    (sample.bodyMovement ? statusBits.bodyMovement : 0) + (sample.irregularPulse ? statusBits.irregular : 0);
  return {
    unit: format.unit,
    systolic: shown(systolicMmHg),
    diastolic: shown(diastolicMmHg),
    meanArterialPressure: mean[format.mean],
    pulseRate: format.sendsPulse ? pulse : null,
    userId: format.sendsUser ? (sample.userSlot ?? unknownUser) : null,
    status: format.sendsStatus ? status : null,
  };
}

/** Whole mmHg, or tenths of a kPa, as cuffs display them. */
const shownPressure = (mmHg: number, unit: "mmHg" | "kPa"): Decimal =>
  unit === "mmHg"
    ? { mantissa: Math.round(mmHg), exponent: 0 }
    : { mantissa: Math.round((10 * mmHg) / mmHgPerKPa), exponent: -1 };

const secondsSince2000 = (time: DeviceDateTime): number =>
  (Date.UTC(time.year, time.month - 1, time.day, time.hours, time.minutes, time.seconds) - Date.UTC(2000, 0, 1)) /
  1_000;

const mmHgPerKPa = 7.50062;
const zero: Decimal = { mantissa: 0, exponent: 0 };
const unknownUser = 255;
/** Measurement Status (GSS 3.31). */
const statusBits = { bodyMovement: 0b1, irregular: 0b100 } as const;
