import type { DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";

/**
 * The time zone of the place where the gateway stands, by the IANA database: device clocks show its local time.
 */
export interface SiteZone {
  readonly name: string;
  /** Local time less UTC at an instant, in milliseconds. */
  utcOffsetMs(at: number): number;
  /** The instant that a local date and time names. It must be a full date (`isKnown`). */
  instantOf(local: DeviceDateTime): LocalInstant;
  /** The local date and time at an instant, to the second. */
  localTime(at: number): DeviceDateTime;
  /** ISO 8601 with the offset of that instant: "2026-03-29T03:30:00.000+02:00". */
  iso(at: number): string;
}

export interface LocalInstant {
  readonly at: number;
  /**
   * `once`: the usual case. `twice`: clocks were put back over it; `at` is its first pass, `orAt` the second.
   * `never`: clocks were put forward over it; `at` reads it as if they had not been yet, `orAt` as if they had.
   */
  readonly occurs: "once" | "twice" | "never";
  readonly orAt: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** @throws RangeError if the database has no such zone */
export function siteZone(name: string): SiteZone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const localTime = (at: number): DeviceDateTime => localParts(format, at);
  const utcOffsetMs = (at: number): number => {
    const second = Math.floor(at / 1000) * 1000;
    return readAsUtc(localTime(second)) - second;
  };
  return {
    name,
    utcOffsetMs,
    localTime,
    instantOf: (local) => instantOf(readAsUtc(local), utcOffsetMs),
    iso: (at) => isoText(at, utcOffsetMs(at)),
  };
}

/** The milliseconds of a local date and time as if its zone were UTC: good for differences of one device's times. */
export function readAsUtc(local: DeviceDateTime): number {
  const { year, month, day, hours, minutes, seconds } = local;
  return Date.UTC(year, month - 1, day, hours, minutes, seconds);
}

function instantOf(asUtc: number, utcOffsetMs: (at: number) => number): LocalInstant {
  // No zone has ever been further than a day from UTC, so these are the offsets on either side of any change near by.
  const before = asUtc - utcOffsetMs(asUtc - dayMs);
  const after = asUtc - utcOffsetMs(asUtc + dayMs);
  const fits = (at: number): boolean => at + utcOffsetMs(at) === asUtc;
  if (before === after) return { at: before, occurs: "once", orAt: before };
  if (fits(before) && fits(after)) {
    return { at: Math.min(before, after), occurs: "twice", orAt: Math.max(before, after) };
  }
  if (fits(before)) return { at: before, occurs: "once", orAt: before };
  if (fits(after)) return { at: after, occurs: "once", orAt: after };
  return { at: before, occurs: "never", orAt: after };
}

function localParts(format: Intl.DateTimeFormat, at: number): DeviceDateTime {
  const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of format.formatToParts(at)) {
    if (type in parts) Object.assign(parts, { [type]: Number(value) });
  }
  const { year, month, day, hour, minute, second } = parts;
  return { year, month, day, hours: hour, minutes: minute, seconds: second };
}

function isoText(at: number, offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (part: number): string => String(part).padStart(2, "0");
  const sign = offsetMs < 0 ? "-" : "+";
  const zone = `${sign}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
  return new Date(at + (offsetMs < 0 ? -minutes : minutes) * 60_000).toISOString().replace("Z", zone);
}
