import { addMinutes, dateTimeAt, dateTimeOctets, encodeDateTime } from "../../device-drivers/kit/date-time.ts";
import { appendE2eCrc, stripE2eCrc } from "../../device-drivers/kit/e2e-crc.ts";
import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import { decodeRacpRequest } from "../../device-drivers/kit/racp.ts";
import { isKnown } from "../../device-drivers/measurement/device-time.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import {
  decodeEnhancedBloodPressure,
  decodeEnhancedCuffPressure,
} from "../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import { decodeBloodPressureFeature } from "../../device-drivers/profiles/blood-pressure/feature-codec.ts";
import {
  decodeBloodPressureMeasurement,
  decodeIntermediateCuffPressure,
} from "../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import {
  decodeRecordSegment,
  encodeRecordSegment,
  joinRecordSegments,
} from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import type { RecordSegment } from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { decodeGlucoseMeasurement } from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import { captureErrors } from "./capture-error.ts";

/**
 * Moves every date of a session by whole days, so that times of day, intervals and the device's clock error stay what they
 * were. Only the octets of dates change; where a CRC covers them it is made anew. A date that is unknown, or that no
 * calendar has, stays. What no codec knows is not searched for dates.
 *
 * @throws CarepostError `capture-shift-too-far` when a date would leave the years that its field can hold
 */
export function shiftDates(steps: readonly SessionStep[], days: number): readonly SessionStep[] {
  if (days === 0) return steps;
  const hasCrc = steps.some(announcesCrc);
  const shifted = steps.map((step) => shiftStep(step, days, hasCrc));
  return shiftRecords(shifted, days, hasCrc);
}

function announcesCrc({ op, char, hex }: SessionStep): boolean {
  const value = op === "read" && char === "2A49" ? fromHex(hex ?? "") : null;
  const features = value === null ? null : decodeBloodPressureFeature(value);
  return features?.ok === true && features.value.includes("e2e_crc");
}

function shiftStep(step: SessionStep, days: number, hasCrc: boolean): SessionStep {
  const value = step.hex === undefined ? null : fromHex(step.hex);
  if (value === null || step.char === undefined) return step;
  const isRequest = step.op === "write";
  const isEnhanced = step.char === "2B34" || step.char === "2B35";
  const moved =
    isEnhanced && hasCrc
      ? shiftCovered(step.char, value, days)
      : shiftFrame(step.char === "2A52" && !isRequest ? "" : step.char, value, days);
  return { ...step, hex: toHex(moved) };
}

/** The frame with its dates moved; as it was, where it holds none or is not what its definition says. */
function shiftFrame(uuid: string, frame: Uint8Array, days: number): Uint8Array {
  const { dateTimes, seconds, dayOfWeek } = datesOf(uuid, frame);
  const moved = frame.slice();
  for (const at of dateTimes) shiftDateTime(moved, at, days);
  for (const at of seconds) shiftSeconds(moved, at, days);
  const day = moved[dayOfWeek ?? -1] ?? 0;
  // Zero is an unknown day; an unknown date has no day either.
  if (dayOfWeek !== null && day >= 1 && day <= 7) moved[dayOfWeek] = ((((day - 1 + days) % 7) + 7) % 7) + 1;
  return moved;
}

function shiftCovered(uuid: string, frame: Uint8Array, days: number): Uint8Array {
  const inner = stripE2eCrc(frame);
  return inner.ok ? appendE2eCrc(shiftFrame(uuid, inner.value, days)) : frame;
}

/** Where the dates of a frame stand. */
interface Dates {
  readonly dateTimes: readonly number[];
  /** Counts of seconds, uint32. */
  readonly seconds: readonly number[];
  readonly dayOfWeek: number | null;
}

const none: Dates = { dateTimes: [], seconds: [], dayOfWeek: null };
const dateTimesAt = (...dateTimes: readonly number[]): Dates => ({ ...none, dateTimes });

function datesOf(uuid: string, frame: Uint8Array): Dates {
  const flags = frame[0] ?? 0;
  switch (uuid) {
    case "2A08":
      return frame.length === dateTimeOctets ? dateTimesAt(0) : none;
    case "2A0A":
    case "2A2B":
      return frame.length >= 8 ? { ...dateTimesAt(0), dayOfWeek: isDated(frame) ? 7 : null } : none;
    case "2A11":
      return frame.length === 8 ? dateTimesAt(0) : none;
    case "2A18":
      return decodeGlucoseMeasurement(frame).ok ? dateTimesAt(3) : none;
    case "2A35":
      return decodeBloodPressureMeasurement(frame).ok && (flags & 0b10) !== 0 ? dateTimesAt(7) : none;
    case "2A36":
      return decodeIntermediateCuffPressure(frame).ok && (flags & 0b10) !== 0 ? dateTimesAt(7) : none;
    case "2A52":
      return requestDates(frame);
    case "2B34":
      return decodeEnhancedBloodPressure(frame).ok ? enhancedDates(flags, 7) : none;
    case "2B35":
      return decodeEnhancedCuffPressure(frame).ok ? enhancedDates(flags, 3) : none;
    default:
      return none;
  }
}

function isDated(frame: Uint8Array): boolean {
  const time = dateTimeAt(frame, 0);
  return time !== "invalid" && isKnown(time);
}

/** Record Access by user-facing time: an operand of one date, or of two. */
function requestDates(frame: Uint8Array): Dates {
  const request = decodeRacpRequest(frame);
  if (!request.ok || request.value.filter?.type !== "user-facing-time") return none;
  const { minimum, maximum } = request.value.filter;
  return minimum !== undefined && maximum !== undefined ? dateTimesAt(3, 3 + dateTimeOctets) : dateTimesAt(3);
}

/** Enhanced Blood Pressure (2B34, 2B35): a time stamp after the pressures, and the display's time after the status. */
function enhancedDates(flags: number, fieldsAt: number): Dates {
  const octets = (bit: number, length: number): number => ((flags & bit) === 0 ? 0 : length);
  const timestamp = octets(0b10, 4);
  const userFacingAt = fieldsAt + timestamp + octets(0b100, 2) + octets(0b1000, 1) + octets(0b1_0000, 2);
  const seconds = [...(timestamp === 0 ? [] : [fieldsAt]), ...((flags & 0b10_0000) === 0 ? [] : [userFacingAt])];
  return { ...none, seconds };
}

function shiftDateTime(frame: Uint8Array, at: number, days: number): void {
  const time = dateTimeAt(frame, at);
  if (time === "invalid" || !isKnown(time)) return;
  const moved = addMinutes(time, days * minutesOfDay);
  if (moved === null) throw tooFar();
  frame.set(encodeDateTime(moved), at);
}

function shiftSeconds(frame: Uint8Array, at: number, days: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const moved = view.getUint32(at, true) + days * minutesOfDay * 60;
  if (moved < 0 || moved > 0xffff_ffff) throw tooFar();
  view.setUint32(at, moved, true);
}

const minutesOfDay = 1_440;

const tooFar = (): Error => captureErrors.make("capture-shift-too-far", "a date would leave the years of its field");

/** Blood Pressure Record (2B36): a date may stand across two segments, so a record is joined, moved, and cut as it was. */
function shiftRecords(steps: readonly SessionStep[], days: number, hasCrc: boolean): readonly SessionStep[] {
  const moved = [...steps];
  let open: { readonly index: number; readonly segment: RecordSegment }[] = [];
  for (const [index, { char, hex }] of steps.entries()) {
    const decoded = char === "2B36" ? decodeRecordSegment(fromHex(hex ?? "") ?? new Uint8Array()) : null;
    if (decoded?.ok !== true) continue;
    if (decoded.value.firstSegment) open = [];
    open.push({ index, segment: decoded.value });
    if (!decoded.value.lastSegment) continue;
    const segments = shiftSegments(
      open.map(({ segment }) => segment),
      days,
      hasCrc,
    );
    for (const [part, segment] of segments.entries()) {
      const at = open[part]?.index ?? -1;
      const step = moved[at];
      if (step !== undefined) moved[at] = { ...step, hex: toHex(encodeRecordSegment(segment)) };
    }
    open = [];
  }
  return moved;
}

function shiftSegments(segments: readonly RecordSegment[], days: number, hasCrc: boolean): readonly RecordSegment[] {
  const record = joinRecordSegments(segments);
  if (!record.ok) return segments;
  const uuid = record.value.uuid.toString(16).toUpperCase().padStart(4, "0");
  const data = (hasCrc ? shiftCovered : shiftFrame)(uuid, record.value.data, days);
  let at = 0;
  return segments.map((segment) => {
    const part = data.slice(at, at + segment.data.length);
    at += segment.data.length;
    return { ...segment, data: part };
  });
}
