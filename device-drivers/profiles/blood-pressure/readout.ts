import type { Observed } from "../../kit/driver.ts";
import { compareDecimals, isDecimal, type Decimal, type MedicalNumber } from "../../measurement/decimal.ts";
import type { DeviceDateTime } from "../../measurement/device-time.ts";
import type { BloodPressureReadout, RawFrame } from "../../measurement/measurement.ts";
import type { EnhancedBloodPressureFrame } from "./enhanced-codec.ts";
import { bloodPressureStatusNames, pulseRangeName, type BloodPressureFrame } from "./measurement-codec.ts";

/** One blood pressure as a cuff told it, by whichever of its two characteristics. */
export interface CuffRecord {
  readonly frame: Pick<
    BloodPressureFrame | EnhancedBloodPressureFrame,
    "unit" | "systolic" | "diastolic" | "meanArterialPressure" | "pulseRate" | "userId" | "status"
  >;
  readonly deviceTime: DeviceDateTime | null;
  readonly sequenceNumber: number | null;
  /** The octets of the measurement's own format, and how many of them its time stamp takes. */
  readonly bytes: Uint8Array;
  readonly timestampOctets: number;
  /** All that came over the air for it. */
  readonly frames: readonly RawFrame[];
}

/**
 * Gives a record its meaning: a measurement, or why it may not be taken for one. A pulse rate outside of its gate is
 * left out and told in the status, and the pressures stay: the cuff finds them by the cuff's pressure, not by the pulse.
 */
export function readoutOf(record: CuffRecord): Observed {
  const { frame, frames } = record;
  const { systolic, diastolic } = frame;
  if (!isPressure(systolic) || !isPressure(diastolic)) {
    return { type: "device-fault", reason: failureOf(frame), frames };
  }
  const inMmHg = frame.unit === "kPa" ? kilopascalToMmHg : (pressure: Decimal): Decimal => pressure;
  const pressures = { systolic: inMmHg(systolic), diastolic: inMmHg(diastolic) };
  const doubt = doubtOf(pressures);
  if (doubt !== null) return { type: "implausible", reason: doubt, frames };
  const mean = frame.meanArterialPressure;
  const pulse = pulseOf(frame.pulseRate);
  const readout: BloodPressureReadout = {
    kind: "blood-pressure",
    ...pressures,
    // NaN is how a cuff says that it has none, and zero how the Beurer BM85 says it.
    meanArterialPressure: isPressure(mean) ? inMmHg(mean) : null,
    pulseRate: pulse.rate,
    status: [...statusOf(frame.status ?? 0), ...pulse.status],
    deviceTime: record.deviceTime,
    deviceTimeOffsetMin: null,
    sequenceNumber: record.sequenceNumber,
    userSlot: frame.userId === unknownUser ? null : frame.userId,
    valueBytes: valueBytesOf(record),
    frames,
  };
  return { type: "measurement", measurement: readout };
}

const unknownUser = 255;
const integer = (mantissa: number): Decimal => ({ mantissa, exponent: 0 });
const pressureGate = { min: integer(20), max: integer(300) };
const pulseGate = { min: integer(20), max: integer(250) };

/**
 * 1 kPa is 7.500617 mmHg (1 mmHg is 133.322387415 Pa, by its definition of 13.5951 · 9.80665 Pa). A product of integers
 * is exact, so nothing is rounded.
 */
export const kilopascalToMmHg = ({ mantissa, exponent }: Decimal): Decimal => ({
  mantissa: mantissa * 7_500_617,
  exponent: exponent - 6,
});

/** FFFF is the number -0.1, with which devices fill a field that has no value. */
const isPressure = (number: MedicalNumber): number is Decimal => isDecimal(number) && number.mantissa > 0;

const failureOf = ({ systolic, diastolic, meanArterialPressure }: CuffRecord["frame"]): string =>
  [systolic, diastolic, meanArterialPressure].every((pressure) => pressure === "nan")
    ? "the cuff reports that its measurement failed"
    : "the cuff gives no number for the systolic or the diastolic pressure";

function doubtOf({ systolic, diastolic }: { systolic: Decimal; diastolic: Decimal }): string | null {
  if (compareDecimals(diastolic, pressureGate.min) < 0) return "the diastolic pressure is below 20 mmHg";
  if (compareDecimals(systolic, pressureGate.max) > 0) return "the systolic pressure is above 300 mmHg";
  return compareDecimals(diastolic, systolic) < 0 ? null : "the diastolic pressure is not below the systolic";
}

function pulseOf(number: MedicalNumber | null): { rate: Decimal | null; status: readonly string[] } {
  if (number === null || !isDecimal(number)) return { rate: null, status: [] };
  const isPlausible = compareDecimals(number, pulseGate.min) >= 0 && compareDecimals(number, pulseGate.max) <= 0;
  return isPlausible ? { rate: number, status: [] } : { rate: null, status: ["pulse_rate_implausible"] };
}

/** The flags, and the pulse range where it is not in range, by the names of the specification. */
export function statusOf(bits: number): readonly string[] {
  const range = pulseRangeName(bits);
  return [...bloodPressureStatusNames(bits), ...(range === "in_range" ? [] : [`pulse_rate_${range}`])];
}

/** What makes the value, for the identity of the record: the unit bit of the flags, the three pressures, the pulse rate. */
export function valueBytesOf({ bytes, timestampOctets, frame }: CuffRecord): Uint8Array {
  const pulseAt = 7 + timestampOctets;
  const pulse = frame.pulseRate === null ? [] : bytes.subarray(pulseAt, pulseAt + 2);
  return Uint8Array.of((bytes[0] ?? 0) & 0b1, ...bytes.subarray(1, 7), ...pulse);
}
