import { crc16Mcrf4xx } from "../../kit/crc.ts";
import { quantity, timeIsKnown, timeText, whenPresent } from "../../kit/decoded-fields.ts";
import type { FieldValue } from "../../kit/decoded-fields.ts";
import { toHex } from "../../kit/hex.ts";
import {
  encodeEnhancedBloodPressure,
  encodeEnhancedCuffPressure,
  type EnhancedBloodPressureFrame,
  type EnhancedCuffPressureFrame,
  type EnhancedFields,
} from "./enhanced-codec.ts";
import {
  bloodPressureStatusNames,
  pulseRangeName,
  type BloodPressureFrame,
  type CuffPressureFrame,
} from "./measurement-codec.ts";
import type { RecordSegment } from "./record-codec.ts";

type Fields = Readonly<Record<string, FieldValue | undefined>>;

export const bloodPressureFields = (frame: BloodPressureFrame): Fields => ({
  ...pressureFields(frame),
  ...timestampFields(frame),
  ...pulseFields(frame),
});

export const cuffPressureFields = (frame: CuffPressureFrame): Fields => ({
  cuffPressure: quantity(frame.cuffPressure, frame.unit),
  ...timestampFields(frame),
  ...pulseFields(frame),
});

export const enhancedBloodPressureFields = (frame: EnhancedBloodPressureFrame, bytes: Uint8Array): Fields => ({
  ...pressureFields(frame),
  ...enhancedFields(frame),
  ...crcFields(bytes, encodeEnhancedBloodPressure(frame).length),
});

export const enhancedCuffPressureFields = (frame: EnhancedCuffPressureFrame, bytes: Uint8Array): Fields => ({
  cuffPressure: quantity(frame.cuffPressure, frame.unit),
  ...enhancedFields(frame),
  ...crcFields(bytes, encodeEnhancedCuffPressure(frame).length),
});

export const recordSegmentFields = (segment: RecordSegment): Fields => ({
  firstSegment: segment.firstSegment,
  lastSegment: segment.lastSegment,
  segmentCounter: segment.segmentCounter,
  sequenceNumber: segment.sequenceNumber,
  uuid: segment.uuid.toString(16).toUpperCase().padStart(4, "0"),
  recordedData: toHex(segment.data),
});

const pressureFields = (
  frame: Pick<BloodPressureFrame, "unit" | "systolic" | "diastolic" | "meanArterialPressure">,
): Fields => ({
  systolic: quantity(frame.systolic, frame.unit),
  diastolic: quantity(frame.diastolic, frame.unit),
  meanArterialPressure: quantity(frame.meanArterialPressure, frame.unit),
});

const timestampFields = ({ timestamp }: Pick<BloodPressureFrame, "timestamp">): Fields => ({
  timestamp: whenPresent(timestamp, timeText),
  timestampKnown: whenPresent(timestamp, timeIsKnown),
});

const pulseFields = ({
  pulseRate,
  userId,
  status,
}: Pick<BloodPressureFrame, "pulseRate" | "userId" | "status">): Fields => ({
  pulseRate: whenPresent(pulseRate, (rate) => quantity(rate, "bpm")),
  userId: userId ?? undefined,
  status: status ?? undefined,
  statusFlags: whenPresent(status, bloodPressureStatusNames),
  pulseRange: whenPresent(status, pulseRangeName),
});

const enhancedFields = (frame: EnhancedFields): Fields => ({
  timestampS: frame.timestampS ?? undefined,
  ...pulseFields(frame),
  userFacingTimeS: frame.userFacingTimeS ?? undefined,
  epoch: frame.epoch,
});

/**
 * Only the Feature characteristic tells whether a frame ends with an E2E-CRC; two octets after the last field are shown
 * as one, and whether it matches.
 */
function crcFields(bytes: Uint8Array, frameOctets: number): Fields {
  if (bytes.length !== frameOctets + 2) return {};
  const e2eCrc = (bytes[frameOctets] ?? 0) | ((bytes[frameOctets + 1] ?? 0) << 8);
  return { e2eCrc, crcOk: e2eCrc === crc16Mcrf4xx(bytes.subarray(0, frameOctets)) };
}
