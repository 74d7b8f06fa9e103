import type { MedicalNumber } from "../../measurement/decimal.ts";
import type { DeviceDateTime } from "../../measurement/device-time.ts";
import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import { dateTimeAt, dateTimeField, dateTimeOctets } from "../../kit/date-time.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { tooShort } from "../../kit/frame-fault.ts";
import { nameOf, namesOfBits } from "../../kit/name-table.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";

/** Glucose Measurement (2A18), as it is on the wire: no field is interpreted. */
export interface GlucoseMeasurementFrame {
  readonly sequenceNumber: number;
  /** The meter's internal time base; "invalid" for a date that no calendar has, which spoils no other field. */
  readonly baseTime: DeviceDateTime | "invalid";
  /** Signed minutes from the base time to what the meter displayed; null where the meter sends none. */
  readonly timeOffsetMin: number | null;
  readonly concentration: { readonly number: MedicalNumber; readonly unit: "kg/L" | "mol/L" } | null;
  /** Low nibble of Type-Sample Location, see `glucoseTypeName`; present together with the concentration. */
  readonly type: number | null;
  /** High nibble, see `sampleLocationName`. */
  readonly sampleLocation: number | null;
  /** Sensor Status Annunciation, 16 bits, see `glucoseStatusNames`. */
  readonly status: number | null;
  readonly contextFollows: boolean;
}

const flag = { timeOffset: 0b1, concentration: 0b10, molar: 0b100, status: 0b1000, contextFollows: 0b1_0000 } as const;

const baseTimeAt = 3;
const headerOctets = baseTimeAt + dateTimeOctets;

/**
 * Reserved flag bits are ignored, and so are octets after the last flagged field.
 * Faults: `too_short` when the flags promise more octets than there are.
 */
export function decodeGlucoseMeasurement(bytes: Uint8Array): Result<GlucoseMeasurementFrame, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const required = requiredOctets(flags);
  if (bytes.length < required) return fail(tooShort("Glucose Measurement", bytes, required));

  const reader = new ByteReader(bytes, 1);
  const sequenceNumber = reader.uint16();
  const baseTime = dateTimeAt(bytes, baseTimeAt);
  reader.skip(dateTimeOctets);
  const timeOffsetMin = (flags & flag.timeOffset) === 0 ? null : reader.int16();
  const hasConcentration = (flags & flag.concentration) !== 0;
  const unit = (flags & flag.molar) === 0 ? "kg/L" : "mol/L";
  const concentration = hasConcentration ? ({ number: reader.sfloat(), unit } as const) : null;
  const typeAndLocation = hasConcentration ? reader.uint8() : null;
  const status = (flags & flag.status) === 0 ? null : reader.uint16();
  return ok({
    sequenceNumber,
    baseTime,
    timeOffsetMin,
    concentration,
    type: typeAndLocation === null ? null : typeAndLocation & 0x0f,
    sampleLocation: typeAndLocation === null ? null : typeAndLocation >> 4,
    status,
    contextFollows: (flags & flag.contextFollows) !== 0,
  });
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeGlucoseMeasurement(frame: GlucoseMeasurementFrame): Uint8Array {
  const { timeOffsetMin, concentration, status } = frame;
  const flags =
    (timeOffsetMin === null ? 0 : flag.timeOffset) |
    (concentration === null ? 0 : flag.concentration) |
    (concentration?.unit === "mol/L" ? flag.molar : 0) |
    (status === null ? 0 : flag.status) |
    (frame.contextFollows ? flag.contextFollows : 0);
  const writer = new ByteWriter().uint8(flags).uint16(frame.sequenceNumber).raw(dateTimeField(frame.baseTime));
  if (timeOffsetMin !== null) writer.int16(timeOffsetMin);
  if (concentration !== null) {
    writer.sfloat(concentration.number).uint8((frame.type ?? 0) + 16 * (frame.sampleLocation ?? 0));
  }
  if (status !== null) writer.uint16(status);
  return writer.bytes();
}

const requiredOctets = (flags: number): number =>
  headerOctets +
  ((flags & flag.timeOffset) === 0 ? 0 : 2) +
  ((flags & flag.concentration) === 0 ? 0 : 3) +
  ((flags & flag.status) === 0 ? 0 : 2);

/** What was tested, by the names of the specification: "capillary_whole_blood", ..., "control_solution". */
export const glucoseTypeName = (type: number): string => nameOf(typeNames, type);

/** Where the sample came from: "finger", "alternate_site_test", "earlobe", "control_solution", "not_available". */
export const sampleLocationName = (location: number): string => nameOf(locationNames, location);

/** The annunciations that are set. Bits 12 to 15 are reserved and ignored. */
export const glucoseStatusNames = (bits: number): readonly string[] => namesOfBits(statusNames, bits);

const typeNames = {
  1: "capillary_whole_blood",
  2: "capillary_plasma",
  3: "venous_whole_blood",
  4: "venous_plasma",
  5: "arterial_whole_blood",
  6: "arterial_plasma",
  7: "undetermined_whole_blood",
  8: "undetermined_plasma",
  9: "interstitial_fluid",
  10: "control_solution",
};

const locationNames = {
  1: "finger",
  2: "alternate_site_test",
  3: "earlobe",
  4: "control_solution",
  15: "not_available",
};

const statusNames = [
  "device_battery_low",
  "sensor_malfunction",
  "sample_size_insufficient",
  "strip_insertion_error",
  "strip_type_incorrect",
  "result_too_high",
  "result_too_low",
  "temperature_too_high",
  "temperature_too_low",
  "read_interrupted",
  "general_device_fault",
  "time_fault",
];
