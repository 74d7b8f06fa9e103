import type { MedicalNumber } from "../../measurement/decimal.ts";
import type { DeviceDateTime } from "../../measurement/device-time.ts";
import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import { dateTimeAt, dateTimeField, dateTimeOctets } from "../../kit/date-time.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { tooShort } from "../../kit/frame-fault.ts";
import { decodeSfloat, encodeSfloat } from "../../kit/medical-float.ts";
import { namesOfBits } from "../../kit/name-table.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";
import { pressureFault } from "./pressure-fault.ts";

/** Blood Pressure Measurement (2A35), as it is on the wire. A failed measurement has NaN for its pressures. */
export interface BloodPressureFrame {
  /** Of the three pressures. */
  readonly unit: "mmHg" | "kPa";
  readonly systolic: MedicalNumber;
  readonly diastolic: MedicalNumber;
  readonly meanArterialPressure: MedicalNumber;
  /** "invalid" for a date that no calendar has, which spoils no other field; null where the cuff sends none. */
  readonly timestamp: DeviceDateTime | "invalid" | null;
  /** In beats per minute. */
  readonly pulseRate: MedicalNumber | null;
  /** The cuff's user slot; 255 means that the cuff does not know. */
  readonly userId: number | null;
  /** Measurement Status, 16 bits, see `bloodPressureStatusNames` and `pulseRangeName`. */
  readonly status: number | null;
}

/**
 * `beurer-bm85` is what the Beurer BM85 sends on 2A35: a user id octet without its flag, pulse rate and status
 * big-endian.
 */
export type BloodPressureLayout = "standard" | "beurer-bm85";

/** Intermediate Cuff Pressure (2A36): the same layout, of which the second and third pressure are unused. */
export interface CuffPressureFrame extends Omit<BloodPressureFrame, "systolic" | "diastolic" | "meanArterialPressure"> {
  readonly cuffPressure: MedicalNumber;
}

const flag = { kilopascal: 0b1, timestamp: 0b10, pulseRate: 0b100, userId: 0b1000, status: 0b1_0000 } as const;

const headerOctets = 7;

/**
 * Reserved flag bits are ignored, and so are octets after the last flagged field.
 * Faults: `too_short` when the flags promise more octets than there are; `value` when a pressure cannot be one, see
 * `pressureFault`.
 */
export function decodeBloodPressureMeasurement(
  bytes: Uint8Array,
  layout: BloodPressureLayout = "standard",
): Result<BloodPressureFrame, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const required = requiredOctets(flags, layout);
  if (bytes.length < required) return fail(tooShort("Blood Pressure Measurement", bytes, required));

  const reader = new ByteReader(bytes, 1);
  const systolic = reader.sfloat();
  const diastolic = reader.sfloat();
  const meanArterialPressure = reader.sfloat();
  const fault =
    pressureFault("Systolic", systolic, 1) ??
    pressureFault("Diastolic", diastolic, 3) ??
    pressureFault("Mean Arterial Pressure", meanArterialPressure, 5);
  if (fault !== null) return fail(fault);
  const { timestamp, pulseRate, userId, status } = readOptionalFields(bytes, flags, layout);
  const unit = (flags & flag.kilopascal) === 0 ? "mmHg" : "kPa";
  return ok({ unit, systolic, diastolic, meanArterialPressure, timestamp, pulseRate, userId, status });
}

/** Throws `RangeError` for a field that does not fit; in the layout of the BM85 there is always a user id. */
export function encodeBloodPressureMeasurement(
  frame: BloodPressureFrame,
  layout: BloodPressureLayout = "standard",
): Uint8Array {
  const writer = new ByteWriter().uint8(flagsOf(frame, layout));
  writer.sfloat(frame.systolic).sfloat(frame.diastolic).sfloat(frame.meanArterialPressure);
  writeOptionalFields(writer, frame, layout);
  return writer.bytes();
}

/** Faults as of `decodeBloodPressureMeasurement`; the two unused pressures may hold anything. */
export function decodeIntermediateCuffPressure(bytes: Uint8Array): Result<CuffPressureFrame, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const required = requiredOctets(flags, "standard");
  if (bytes.length < required) return fail(tooShort("Intermediate Cuff Pressure", bytes, required));
  const cuffPressure = new ByteReader(bytes, 1).sfloat();
  const fault = pressureFault("Current Cuff Pressure", cuffPressure, 1);
  if (fault !== null) return fail(fault);
  const { timestamp, pulseRate, userId, status } = readOptionalFields(bytes, flags, "standard");
  const unit = (flags & flag.kilopascal) === 0 ? "mmHg" : "kPa";
  return ok({ unit, cuffPressure, timestamp, pulseRate, userId, status });
}

/** Writes NaN for the two unused pressures. Throws `RangeError` for a field that does not fit. */
export function encodeIntermediateCuffPressure(frame: CuffPressureFrame): Uint8Array {
  const writer = new ByteWriter().uint8(flagsOf(frame, "standard"));
  writer.sfloat(frame.cuffPressure).sfloat("nan").sfloat("nan");
  writeOptionalFields(writer, frame, "standard");
  return writer.bytes();
}

function requiredOctets(flags: number, layout: BloodPressureLayout): number {
  const hasUserId = (flags & flag.userId) !== 0 || layout === "beurer-bm85";
  return (
    headerOctets +
    ((flags & flag.timestamp) === 0 ? 0 : dateTimeOctets) +
    ((flags & flag.pulseRate) === 0 ? 0 : 2) +
    (hasUserId ? 1 : 0) +
    ((flags & flag.status) === 0 ? 0 : 2)
  );
}

type OptionalFields = Pick<BloodPressureFrame, "timestamp" | "pulseRate" | "userId" | "status">;

function readOptionalFields(bytes: Uint8Array, flags: number, layout: BloodPressureLayout): OptionalFields {
  const isBeurer = layout === "beurer-bm85";
  const reader = new ByteReader(bytes, headerOctets);
  let timestamp: BloodPressureFrame["timestamp"] = null;
  if ((flags & flag.timestamp) !== 0) {
    timestamp = dateTimeAt(bytes, reader.offset);
    reader.skip(dateTimeOctets);
  }
  const uint16 = (): number => (isBeurer ? reader.uint16BigEndian() : reader.uint16());
  const pulseRate = (flags & flag.pulseRate) === 0 ? null : decodeSfloat(uint16());
  const userId = (flags & flag.userId) !== 0 || isBeurer ? reader.uint8() : null;
  const status = (flags & flag.status) === 0 ? null : uint16();
  return { timestamp, pulseRate, userId, status };
}

function writeOptionalFields(writer: ByteWriter, fields: OptionalFields, layout: BloodPressureLayout): void {
  const { timestamp, pulseRate, userId, status } = fields;
  const isBeurer = layout === "beurer-bm85";
  const uint16 = (value: number): ByteWriter => (isBeurer ? writer.uint16BigEndian(value) : writer.uint16(value));
  if (timestamp !== null) writer.raw(dateTimeField(timestamp));
  if (pulseRate !== null) uint16(encodeSfloat(pulseRate));
  if (userId !== null || isBeurer) writer.uint8(userId ?? 0xff);
  if (status !== null) uint16(status);
}

const flagsOf = (frame: OptionalFields & Pick<BloodPressureFrame, "unit">, layout: BloodPressureLayout): number =>
  (frame.unit === "kPa" ? flag.kilopascal : 0) |
  (frame.timestamp === null ? 0 : flag.timestamp) |
  (frame.pulseRate === null ? 0 : flag.pulseRate) |
  (frame.userId === null || layout === "beurer-bm85" ? 0 : flag.userId) |
  (frame.status === null ? 0 : flag.status);

/** What the cuff found odd, without the pulse range. Bits 6 to 15 are reserved, and ignored though cuffs set them. */
export const bloodPressureStatusNames = (bits: number): readonly string[] => namesOfBits(statusNames, bits);

/** Bits 3 and 4 of the status: "in_range", "above_upper_limit", "below_lower_limit" or "reserved". */
export const pulseRangeName = (bits: number): string => pulseRangeNames[(bits >> 3) & 0b11] ?? "reserved";

const statusNames = ["body_movement", "cuff_too_loose", "irregular_pulse", null, null, "improper_position"];

const pulseRangeNames = ["in_range", "above_upper_limit", "below_lower_limit", "reserved"];
