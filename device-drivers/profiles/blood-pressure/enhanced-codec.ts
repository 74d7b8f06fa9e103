import type { MedicalNumber } from "../../measurement/decimal.ts";
import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { tooShort } from "../../kit/frame-fault.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";
import { pressureFault } from "./pressure-fault.ts";

/** What the two enhanced characteristics of Blood Pressure Service 1.1 have in common beside their pressures. */
export interface EnhancedFields {
  readonly unit: "mmHg" | "kPa";
  /** Seconds of the device's own time base since the epoch; null where the cuff sends none. */
  readonly timestampS: number | null;
  readonly pulseRate: MedicalNumber | null;
  /** 255 means that the cuff does not know its user. */
  readonly userId: number | null;
  /** As in Blood Pressure Measurement. */
  readonly status: number | null;
  /** Seconds since the epoch as the display shows them; null where the cuff sends none. */
  readonly userFacingTimeS: number | null;
  /** The year on whose first of January both counts of seconds start. */
  readonly epoch: 1900 | 2000;
}

/** Enhanced Blood Pressure Measurement (2B34). */
export interface EnhancedBloodPressureFrame extends EnhancedFields {
  readonly systolic: MedicalNumber;
  readonly diastolic: MedicalNumber;
  readonly meanArterialPressure: MedicalNumber;
}

/** Enhanced Intermediate Cuff Pressure (2B35): the same with one pressure. */
export interface EnhancedCuffPressureFrame extends EnhancedFields {
  readonly cuffPressure: MedicalNumber;
}

const flag = {
  kilopascal: 0b1,
  timestamp: 0b10,
  pulseRate: 0b100,
  userId: 0b1000,
  status: 0b1_0000,
  userFacingTime: 0b10_0000,
  epoch2000: 0b100_0000,
} as const;

/**
 * Reserved flag bits and octets after the last flagged field are ignored; `stripE2eCrc` comes before, where the cuff's
 * features announce a CRC. Faults: `too_short`, and `value` for what `pressureFault` names.
 */
export function decodeEnhancedBloodPressure(bytes: Uint8Array): Result<EnhancedBloodPressureFrame, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const required = 1 + 3 * 2 + requiredOptionalOctets(flags);
  if (bytes.length < required) return fail(tooShort("Enhanced Blood Pressure Measurement", bytes, required));
  const reader = new ByteReader(bytes, 1);
  const systolic = reader.sfloat();
  const diastolic = reader.sfloat();
  const meanArterialPressure = reader.sfloat();
  const fault =
    pressureFault("Systolic", systolic, 1) ??
    pressureFault("Diastolic", diastolic, 3) ??
    pressureFault("Mean Arterial Pressure", meanArterialPressure, 5);
  if (fault !== null) return fail(fault);
  return ok({ systolic, diastolic, meanArterialPressure, ...readFields(reader, flags) });
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeEnhancedBloodPressure(frame: EnhancedBloodPressureFrame): Uint8Array {
  const writer = new ByteWriter().uint8(flagsOf(frame));
  writer.sfloat(frame.systolic).sfloat(frame.diastolic).sfloat(frame.meanArterialPressure);
  writeFields(writer, frame);
  return writer.bytes();
}

/** Faults as of `decodeEnhancedBloodPressure`. */
export function decodeEnhancedCuffPressure(bytes: Uint8Array): Result<EnhancedCuffPressureFrame, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const required = 1 + 2 + requiredOptionalOctets(flags);
  if (bytes.length < required) return fail(tooShort("Enhanced Intermediate Cuff Pressure", bytes, required));
  const reader = new ByteReader(bytes, 1);
  const cuffPressure = reader.sfloat();
  const fault = pressureFault("Current Cuff Pressure", cuffPressure, 1);
  if (fault !== null) return fail(fault);
  return ok({ cuffPressure, ...readFields(reader, flags) });
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeEnhancedCuffPressure(frame: EnhancedCuffPressureFrame): Uint8Array {
  const writer = new ByteWriter().uint8(flagsOf(frame)).sfloat(frame.cuffPressure);
  writeFields(writer, frame);
  return writer.bytes();
}

function requiredOptionalOctets(flags: number): number {
  const octets = (bit: number, length: number): number => ((flags & bit) === 0 ? 0 : length);
  return (
    octets(flag.timestamp, 4) +
    octets(flag.pulseRate, 2) +
    octets(flag.userId, 1) +
    octets(flag.status, 2) +
    octets(flag.userFacingTime, 4)
  );
}

function readFields(reader: ByteReader, flags: number): EnhancedFields {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return {
    unit: has(flag.kilopascal) ? "kPa" : "mmHg",
    timestampS: has(flag.timestamp) ? reader.uint32() : null,
    pulseRate: has(flag.pulseRate) ? reader.sfloat() : null,
    userId: has(flag.userId) ? reader.uint8() : null,
    status: has(flag.status) ? reader.uint16() : null,
    userFacingTimeS: has(flag.userFacingTime) ? reader.uint32() : null,
    epoch: has(flag.epoch2000) ? 2000 : 1900,
  };
}

function writeFields(writer: ByteWriter, fields: EnhancedFields): void {
  if (fields.timestampS !== null) writer.uint32(fields.timestampS);
  if (fields.pulseRate !== null) writer.sfloat(fields.pulseRate);
  if (fields.userId !== null) writer.uint8(fields.userId);
  if (fields.status !== null) writer.uint16(fields.status);
  if (fields.userFacingTimeS !== null) writer.uint32(fields.userFacingTimeS);
}

const flagsOf = (fields: EnhancedFields): number =>
  (fields.unit === "kPa" ? flag.kilopascal : 0) |
  (fields.timestampS === null ? 0 : flag.timestamp) |
  (fields.pulseRate === null ? 0 : flag.pulseRate) |
  (fields.userId === null ? 0 : flag.userId) |
  (fields.status === null ? 0 : flag.status) |
  (fields.userFacingTimeS === null ? 0 : flag.userFacingTime) |
  (fields.epoch === 2000 ? flag.epoch2000 : 0);
