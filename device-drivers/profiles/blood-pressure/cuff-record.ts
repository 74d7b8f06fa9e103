import { stripE2eCrc } from "../../kit/e2e-crc.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { ok, type Result } from "../../kit/result.ts";
import type { DeviceDateTime } from "../../measurement/device-time.ts";
import type { RawFrame } from "../../measurement/measurement.ts";
import { decodeEnhancedBloodPressure, type EnhancedBloodPressureFrame } from "./enhanced-codec.ts";
import { decodeBloodPressureMeasurement, type BloodPressureLayout } from "./measurement-codec.ts";
import type { CuffRecord } from "./readout.ts";

/** A frame of Blood Pressure Measurement (2A35). */
export function recordOfMeasurement(frame: RawFrame, layout: BloodPressureLayout): Result<CuffRecord, DecodeFault> {
  const decoded = decodeBloodPressureMeasurement(frame.bytes, layout);
  if (!decoded.ok) return decoded;
  const { timestamp } = decoded.value;
  return ok({
    frame: decoded.value,
    deviceTime: timestamp === "invalid" ? null : timestamp,
    sequenceNumber: null,
    bytes: frame.bytes,
    timestampOctets: timestamp === null ? 0 : 7,
    frames: [frame],
  });
}

export interface EnhancedSource {
  /** The cuff's features announce that a CRC ends each frame. */
  readonly hasCrc: boolean;
  readonly sequenceNumber: number | null;
  readonly frames: readonly RawFrame[];
}

/** Octets in the format of Enhanced Blood Pressure Measurement (2B34), notified or out of a record. */
export function recordOfEnhanced(bytes: Uint8Array, source: EnhancedSource): Result<CuffRecord, DecodeFault> {
  const checked = source.hasCrc ? stripE2eCrc(bytes) : ok(bytes);
  if (!checked.ok) return checked;
  const decoded = decodeEnhancedBloodPressure(checked.value);
  if (!decoded.ok) return decoded;
  return ok({
    frame: decoded.value,
    deviceTime: deviceTimeOf(decoded.value),
    sequenceNumber: source.sequenceNumber,
    bytes: checked.value,
    timestampOctets: decoded.value.timestampS === null ? 0 : 4,
    frames: source.frames,
  });
}

/** The time that the display shows, where the cuff tells it, because that is the one that people compare with. */
function deviceTimeOf({ userFacingTimeS, timestampS, epoch }: EnhancedBloodPressureFrame): DeviceDateTime | null {
  const seconds = userFacingTimeS ?? timestampS;
  if (seconds === null) return null;
  const time = new Date(Date.UTC(epoch, 0, 1) + seconds * 1_000);
  return {
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    hours: time.getUTCHours(),
    minutes: time.getUTCMinutes(),
    seconds: time.getUTCSeconds(),
  };
}
