import type { DeviceDateTime } from "../../measurement/device-time.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import { dateTimeAt, dateTimeFault, dateTimeOctets, encodeDateTime } from "../../kit/date-time.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { lengthFault, valueFault } from "../../kit/frame-fault.ts";
import { namesOfBits } from "../../kit/name-table.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";
import { decodeDstOffset, encodeDstOffset } from "./zone-codec.ts";

/** Day Date Time (2A0A). */
export interface DayDateTime {
  readonly time: DeviceDateTime;
  /** 1 Monday to 7 Sunday, 0 unknown. Devices often send a wrong one: it is never checked against the date. */
  readonly dayOfWeek: number;
}

/** Current Time (2A2B). */
export interface CurrentTime extends DayDateTime {
  readonly fractions256: number;
  /** 8 bits, see `adjustReasonNames`. */
  readonly adjustReason: number;
}

/** Time with DST (2A11): the moment of the next change, and the offset from then on. */
export interface TimeWithDst {
  readonly time: DeviceDateTime;
  /** Minutes; null means that the device does not know. */
  readonly dstOffsetMin: number | null;
}

/** Faults: `too_short`, `too_long`; `value` for an impossible date or an eighth day of the week. */
export function decodeCurrentTime(bytes: Uint8Array): Result<CurrentTime, DecodeFault> {
  const fault = lengthFault("Current Time", bytes, 10);
  if (fault !== null) return fail(fault);
  const day = dayDateTimeOf(bytes);
  if (!day.ok) return day;
  return ok({ ...day.value, fractions256: bytes[8] ?? 0, adjustReason: bytes[9] ?? 0 });
}

/** Throws `RangeError` for a field that does not fit. */
export const encodeCurrentTime = (current: CurrentTime): Uint8Array =>
  new ByteWriter().raw(encodeDayDateTime(current)).uint8(current.fractions256).uint8(current.adjustReason).bytes();

/** Why the clock was last set, each that applies. Bits 4 to 7 are reserved and ignored. */
export const adjustReasonNames = (bits: number): readonly string[] => namesOfBits(adjustReasons, bits);

const adjustReasons = ["manual", "external_reference", "time_zone_change", "dst_change"];

/** Faults as of `decodeCurrentTime`. */
export function decodeDayDateTime(bytes: Uint8Array): Result<DayDateTime, DecodeFault> {
  const fault = lengthFault("Day Date Time", bytes, 8);
  return fault === null ? dayDateTimeOf(bytes) : fail(fault);
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeDayDateTime({ time, dayOfWeek }: DayDateTime): Uint8Array {
  if (dayOfWeek > 7) throw new RangeError(`There is no day ${dayOfWeek} of the week.`);
  return new ByteWriter().raw(encodeDateTime(time)).uint8(dayOfWeek).bytes();
}

/** Faults: `too_short`, `too_long`; `value` for an impossible date or a reserved offset. */
export function decodeTimeWithDst(bytes: Uint8Array): Result<TimeWithDst, DecodeFault> {
  const fault = lengthFault("Time with DST", bytes, 8);
  if (fault !== null) return fail(fault);
  const time = dateTimeAt(bytes, 0);
  if (time === "invalid") return fail(dateTimeFault(bytes, 0));
  const offset = decodeDstOffset(bytes.subarray(dateTimeOctets));
  return offset.ok ? ok({ time, dstOffsetMin: offset.value }) : offset;
}

/** Throws `RangeError` for a field that does not fit. */
export const encodeTimeWithDst = ({ time, dstOffsetMin }: TimeWithDst): Uint8Array =>
  new ByteWriter().raw(encodeDateTime(time)).raw(encodeDstOffset(dstOffsetMin)).bytes();

function dayDateTimeOf(bytes: Uint8Array): Result<DayDateTime, DecodeFault> {
  const time = dateTimeAt(bytes, 0);
  if (time === "invalid") return fail(dateTimeFault(bytes, 0));
  const dayOfWeek = bytes[dateTimeOctets] ?? 0;
  if (dayOfWeek <= 7) return ok({ time, dayOfWeek });
  return fail(valueFault("Day of Week", `There is no day ${dayOfWeek} of the week.`, dateTimeOctets));
}
