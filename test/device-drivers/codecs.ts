import { ByteReader } from "../../device-drivers/kit/byte-reader.ts";
import { decodeDateTime, encodeDateTime } from "../../device-drivers/kit/date-time.ts";
import type { DecodeFault } from "../../device-drivers/kit/decode-fault.ts";
import { tooShort, lengthFault } from "../../device-drivers/kit/frame-fault.ts";
import { encodeFloat, encodeSfloat } from "../../device-drivers/kit/medical-float.ts";
import {
  decodeRacpRequest,
  decodeRacpResponse,
  encodeRacpRequest,
  encodeRacpResponse,
} from "../../device-drivers/kit/racp.ts";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import * as battery from "../../device-drivers/profiles/battery/codec.ts";
import * as enhanced from "../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import * as cuffFeature from "../../device-drivers/profiles/blood-pressure/feature-codec.ts";
import * as cuff from "../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import * as record from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import * as time from "../../device-drivers/profiles/current-time/codec.ts";
import * as zone from "../../device-drivers/profiles/current-time/zone-codec.ts";
import * as device from "../../device-drivers/profiles/device-information/codec.ts";
import * as context from "../../device-drivers/profiles/glucose/context-codec.ts";
import * as meterFeature from "../../device-drivers/profiles/glucose/feature-codec.ts";
import * as meter from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import type { MedicalNumber } from "../../device-drivers/measurement/decimal.ts";
import { layouts, type FrameLayout } from "./frame-layouts.ts";

/** A pair of a decoder and its encoder with what is known of its frames, whatever the type between the two is. */
export interface Codec {
  readonly layout: FrameLayout;
  readonly decode: (bytes: Uint8Array) => Result<unknown, DecodeFault>;
  /** Decodes and encodes again; null for a frame that is rejected. */
  readonly reencode: (bytes: Uint8Array) => Uint8Array | null;
}

function codec<Frame>(
  layout: FrameLayout,
  decode: (bytes: Uint8Array) => Result<Frame, DecodeFault>,
  encode: (frame: Frame) => Uint8Array,
): Codec {
  const reencode = (bytes: Uint8Array): Uint8Array | null => {
    const frame = decode(bytes);
    return frame.ok ? encode(frame.value) : null;
  };
  return { layout, decode, reencode };
}

export const codecs: readonly Codec[] = [
  codec(layouts.glucoseMeasurement, meter.decodeGlucoseMeasurement, meter.encodeGlucoseMeasurement),
  codec(layouts.glucoseContext, context.decodeGlucoseContext, context.encodeGlucoseContext),
  codec(layouts.glucoseFeature, meterFeature.decodeGlucoseFeature, meterFeature.encodeGlucoseFeature),
  codec(
    layouts.bloodPressure,
    (bytes) => cuff.decodeBloodPressureMeasurement(bytes),
    (frame) => cuff.encodeBloodPressureMeasurement(frame),
  ),
  codec(
    layouts.bloodPressureBm85,
    (bytes) => cuff.decodeBloodPressureMeasurement(bytes, "beurer-bm85"),
    (frame) => cuff.encodeBloodPressureMeasurement(frame, "beurer-bm85"),
  ),
  codec(layouts.cuffPressure, cuff.decodeIntermediateCuffPressure, cuff.encodeIntermediateCuffPressure),
  codec(layouts.bloodPressureFeature, cuffFeature.decodeBloodPressureFeature, cuffFeature.encodeBloodPressureFeature),
  codec(layouts.enhancedBloodPressure, enhanced.decodeEnhancedBloodPressure, enhanced.encodeEnhancedBloodPressure),
  codec(layouts.enhancedCuffPressure, enhanced.decodeEnhancedCuffPressure, enhanced.encodeEnhancedCuffPressure),
  codec(layouts.bloodPressureRecord, record.decodeRecordSegment, record.encodeRecordSegment),
  codec(layouts.racpRequest, decodeRacpRequest, encodeRacpRequest),
  codec(layouts.racpTimeRequest, decodeRacpRequest, encodeRacpRequest),
  codec(layouts.racpResponse, decodeRacpResponse, encodeRacpResponse),
  codec(layouts.batteryLevel, battery.decodeBatteryLevel, battery.encodeBatteryLevel),
  codec(layouts.batteryLevelStatus, battery.decodeBatteryLevelStatus, battery.encodeBatteryLevelStatus),
  codec(layouts.dateTime, decodeDateTime, encodeDateTime),
  codec(layouts.dayDateTime, time.decodeDayDateTime, time.encodeDayDateTime),
  codec(layouts.timeWithDst, time.decodeTimeWithDst, time.encodeTimeWithDst),
  codec(layouts.currentTime, time.decodeCurrentTime, time.encodeCurrentTime),
  codec(layouts.localTimeInformation, zone.decodeLocalTimeInformation, zone.encodeLocalTimeInformation),
  codec(layouts.referenceTimeInformation, zone.decodeReferenceTimeInformation, zone.encodeReferenceTimeInformation),
  codec(layouts.systemId, device.decodeSystemId, device.encodeSystemId),
  codec(layouts.pnpId, device.decodePnpId, device.encodePnpId),
  codec(layouts.sfloat, decodeBareSfloat, (number) => littleEndian(encodeSfloat(number), 2)),
  codec(layouts.float, decodeBareFloat, (number) => littleEndian(encodeFloat(number), 4)),
];

function decodeBareSfloat(bytes: Uint8Array): Result<MedicalNumber, DecodeFault> {
  const fault = lengthFault("SFLOAT", bytes, 2);
  return fault === null ? ok(new ByteReader(bytes).sfloat()) : fail(fault);
}

function decodeBareFloat(bytes: Uint8Array): Result<MedicalNumber, DecodeFault> {
  const fault = lengthFault("FLOAT", bytes, 4);
  return fault === null ? ok(new ByteReader(bytes).float()) : fail(fault);
}

export const littleEndian = (value: number, octets: number): Uint8Array =>
  Uint8Array.from({ length: octets }, (_, index) => (value >>> (8 * index)) & 0xff);

/**
 * Decoders with the faults that published libraries have. The generator must catch each of them, or it proves nothing of
 * the others.
 */
export const plantedFaults: Readonly<Record<string, Codec["decode"]>> = {
  "reads a flagged field only if there are octets left": (bytes) => {
    if (bytes.length < 10) return fail(tooShort("Glucose Measurement", bytes, 10));
    const padded = new Uint8Array(64);
    padded.set(bytes);
    return meter.decodeGlucoseMeasurement(padded);
  },
  "takes a reserved flag bit for a fault": (bytes) =>
    (bytes[0] ?? 0) > 0b1_1111
      ? fail(tooShort("Glucose Measurement", bytes, 99))
      : meter.decodeGlucoseMeasurement(bytes),
  "turns the concentration into a binary float": (bytes) => {
    const frame = meter.decodeGlucoseMeasurement(bytes);
    const number = frame.ok ? frame.value.concentration?.number : undefined;
    return typeof number === "object" ? ok({ mgPerDl: number.mantissa * 10 ** number.exponent }) : frame;
  },
  "throws on an impossible date": (bytes) => {
    const frame = meter.decodeGlucoseMeasurement(bytes);
    if (frame.ok && frame.value.baseTime === "invalid") throw new RangeError("Invalid time value");
    return frame;
  },
  "is one octet short for the status": (bytes) => {
    const frame = meter.decodeGlucoseMeasurement(bytes);
    const hasStatus = ((bytes[0] ?? 0) & 0b1000) !== 0;
    return hasStatus && !frame.ok ? meter.decodeGlucoseMeasurement(Uint8Array.of(...bytes, 0)) : frame;
  },
};
