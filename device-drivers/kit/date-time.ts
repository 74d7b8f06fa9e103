import type { DeviceDateTime } from "../measurement/device-time.ts";
import { isKnown } from "../measurement/device-time.ts";
import type { DecodeFault } from "./decode-fault.ts";
import { lengthFault, valueFault } from "./frame-fault.ts";
import { fail, ok } from "./result.ts";
import type { Result } from "./result.ts";

/** The length of a Date Time field. */
export const dateTimeOctets = 7;

/**
 * Date Time (2A08): year uint16, month, day, hours, minutes, seconds. Zero for year, month or day is the
 * device's "unknown" and is kept; a date that no calendar has (31 April, 24 h, a 60th second) is a `value` fault and is
 * never rolled over into another date.
 */
export function decodeDateTime(bytes: Uint8Array): Result<DeviceDateTime, DecodeFault> {
  const fault = lengthFault("Date Time", bytes, dateTimeOctets);
  if (fault !== null) return fail(fault);
  const time = dateTimeAt(bytes, 0);
  if (time === "invalid") return fail(dateTimeFault(bytes, 0));
  return ok(time);
}

/** Throws `RangeError` for a date that no calendar has: a simulator that wants one writes the octets itself. */
export function encodeDateTime(time: DeviceDateTime): Uint8Array {
  const bytes = Uint8Array.of(
    time.year & 0xff,
    time.year >> 8,
    time.month,
    time.day,
    time.hours,
    time.minutes,
    time.seconds,
  );
  const isInteger = Object.values(time).every((part) => Number.isInteger(part) && part >= 0);
  if (!isInteger || !isCalendarTime(time)) {
    throw new RangeError(`There is no date and time ${JSON.stringify(time)}.`);
  }
  return bytes;
}

/**
 * The seven octets of a Date Time inside a frame. An impossible date is "invalid" and takes nothing from the values
 * beside it: meters are known that count a month 13. The caller has checked the length.
 */
export function dateTimeAt(bytes: Uint8Array, offset: number): DeviceDateTime | "invalid" {
  const time = {
    year: (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8),
    month: bytes[offset + 2] ?? 0,
    day: bytes[offset + 3] ?? 0,
    hours: bytes[offset + 4] ?? 0,
    minutes: bytes[offset + 5] ?? 0,
    seconds: bytes[offset + 6] ?? 0,
  };
  return isCalendarTime(time) ? time : "invalid";
}

/** A Date Time field for a frame; "invalid" becomes the all-ones filler that devices with a corrupt clock send. */
export const dateTimeField = (time: DeviceDateTime | "invalid"): Uint8Array =>
  time === "invalid" ? new Uint8Array(dateTimeOctets).fill(0xff) : encodeDateTime(time);

/** The fault of an impossible date, named by its first impossible part. */
export function dateTimeFault(bytes: Uint8Array, offset: number): DecodeFault {
  const hex = Array.from(bytes.subarray(offset, offset + dateTimeOctets), (octet) =>
    octet.toString(16).toUpperCase().padStart(2, "0"),
  );
  return valueFault("Date Time", `No calendar has the date and time ${hex.join(" ")}.`, offset);
}

/** Local time moved by minutes; null when the date is not known or the result leaves the years of Date Time. */
export function addMinutes(time: DeviceDateTime, minutes: number): DeviceDateTime | null {
  if (!isKnown(time)) return null;
  const moved = new Date(
    Date.UTC(time.year, time.month - 1, time.day, time.hours, time.minutes + minutes, time.seconds),
  );
  const year = moved.getUTCFullYear();
  if (year < yearMin || year > yearMax) return null;
  return {
    year,
    month: moved.getUTCMonth() + 1,
    day: moved.getUTCDate(),
    hours: moved.getUTCHours(),
    minutes: moved.getUTCMinutes(),
    seconds: moved.getUTCSeconds(),
  };
}

/**
 * What a device showed its user: its base time and the Time Offset beside it, in minutes (Glucose Measurement 2A18). Null
 * when the date is not known, and when the offset is one of the field's two values that are no number of minutes: 7FFF
 * says that it ran over, 8000 that it ran under, and then nobody knows what was shown.
 */
export function displayedTime(baseTime: DeviceDateTime, offsetMin: number | null): DeviceDateTime | null {
  return offsetMin === offsetOverrun || offsetMin === offsetUnderrun ? null : addMinutes(baseTime, offsetMin ?? 0);
}

const offsetOverrun = 0x7fff;
const offsetUnderrun = -0x8000;
const yearMin = 1582;
const yearMax = 9999;
const daysOfMonth: readonly number[] = [31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isCalendarTime({ year, month, day, hours, minutes, seconds }: DeviceDateTime): boolean {
  if (hours > 23 || minutes > 59 || seconds > 59) return false;
  if ((year !== 0 && year < yearMin) || year > yearMax) return false;
  if (month > 12 || day > (daysOfMonth[month] ?? 0)) return false;
  return !(month === 2 && day === 29 && year !== 0 && !isLeapYear(year));
}

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
