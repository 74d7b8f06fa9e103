import { fhirErrors } from "../../../cloud-sync/fhir/fhir-error.ts";
import { fhirDateTime, secondsSince2000 } from "../../../cloud-sync/fhir/fhir-time.ts";
import type { Coincidence } from "../../../cloud-sync/fhir/finding.ts";
import { displayedTime } from "../../../device-drivers/kit/date-time.ts";
import { dateTimeText, type DeviceDateTime } from "../../../device-drivers/measurement/device-time.ts";
import { readAsUtc, siteZone, type SiteZone } from "../../collect/site-zone.ts";
import { cliErrors } from "../cli-error.ts";
import type { FrameClock } from "./line-frames.ts";
import type { FhirLine } from "./line-schema.ts";

/** All that a line tells of time. */
export interface LineTime {
  readonly zone: SiteZone;
  /** Milliseconds since 1970; null if it is not told. */
  readonly receivedAt: number | null;
  readonly clock: DeviceClock | null;
}

/** The device's clock beside the gateway's. */
export interface DeviceClock {
  readonly at: number;
  /** What the device showed then, read as if it were UTC: only differences of it are ever used. */
  readonly shownMs: number;
}

/** When one record was measured, as the four things that a finding says of it. */
export interface RecordTime {
  readonly effective: string;
  readonly deviceSeconds: number | null;
  readonly coincidence: Coincidence | null;
}

export interface RecordStamp {
  readonly deviceTime: DeviceDateTime | null;
  readonly offsetMin: number | null;
  /** A record that the device kept may be of any time: then its receipt says nothing. */
  readonly isStored: boolean;
  readonly receivedAt: number | null;
  readonly hasClockFault: boolean;
  /** The place of its first frame in the line, for whoever is told that its time is not known. */
  readonly frame: number;
}

/** The last moment that every zone writes with a year of four digits, as ISO 8601, FHIR and Date Time do. */
export const momentMsMax = Date.UTC(9999, 11, 31);

/** A device that was measured with just now may be ahead of the gateway by this much, if its clock is not known. */
const aheadMsMax = 300_000;

/**
 * The PHD guide's rules. A device's time is shifted by what its clock was found to be off; if that clock is not known
 * it stands as it is, unless it lies after its own receipt. What the device did not date has the time of receipt, but
 * only if it was not kept: nothing is invented.
 *
 * @throws CarepostError `fhir-time-unknown`
 */
export function recordTime(stamp: RecordStamp, time: LineTime): RecordTime {
  const { deviceTime, offsetMin, isStored, frame } = stamp;
  const unknownTime = (message: string): Error => fhirErrors.make("fhir-time-unknown", message, { context: { frame } });
  const receivedAt = stamp.receivedAt ?? time.receivedAt;
  const displayed = deviceTime === null ? null : displayedTime(deviceTime, offsetMin);
  if (displayed === null) {
    if (isStored || receivedAt === null) throw unknownTime("the device did not date it, and nothing else does");
    return { effective: fhirDateTime(time.zone.iso(receivedAt)), deviceSeconds: null, coincidence: null };
  }
  const at = instantOf(displayed, time);
  if (!isWithinYears(at)) throw unknownTime("the device's clock is off by thousands of years");
  if (receivedAt !== null && at > receivedAt + aheadMsMax) {
    throw unknownTime("by the device's clock it was measured after it was received, so that clock is wrong");
  }
  return {
    effective: fhirDateTime(time.zone.iso(at)),
    deviceSeconds: secondsSince2000(dateTimeText(displayed)),
    coincidence: coincidenceOf(time, stamp.hasClockFault),
  };
}

const instantOf = (displayed: DeviceDateTime, { zone, clock }: LineTime): number =>
  clock === null ? zone.instantOf(displayed).at : clock.at - (clock.shownMs - readAsUtc(displayed));

function coincidenceOf({ zone, receivedAt, clock }: LineTime, hasClockFault: boolean): Coincidence | null {
  const at = clock?.at ?? receivedAt;
  if (at === null) return null;
  const gatewayTime = fhirDateTime(zone.iso(at));
  if (clock === null || hasClockFault) return { gatewayTime, deviceTime: null };
  const shown = new Date(clock.shownMs).toISOString().slice(0, -1);
  return { gatewayTime, deviceTime: fhirDateTime(shown + offsetOf(gatewayTime)) };
}

const offsetOf = (dateTime: string): string => /(?:Z|[+-]\d\d:\d\d)$/.exec(dateTime)?.[0] ?? "Z";

/** What a line says of time, and what a frame of Current Time or Date Time in it said of the device's clock. */
export function lineTime(line: FhirLine, frameClock: FrameClock | null): LineTime {
  const zone = zoneOf(line);
  const receivedAt = momentOf(line.receivedAt, zone);
  return { zone, receivedAt, clock: clockOf(line, frameClock, { zone, receivedAt }) };
}

/** By the time that the line tells, else by a frame, else by the offset. */
function clockOf(
  { clock, frames }: FhirLine,
  frameClock: FrameClock | null,
  { zone, receivedAt }: Pick<LineTime, "zone" | "receivedAt">,
): DeviceClock | null {
  const { deviceTime, at, offsetMs } = clock ?? {};
  const toldMs = shownOf(deviceTime);
  const isByFrame = toldMs === null && frameClock !== null;
  const cameAt = isByFrame ? momentOf(frames[frameClock.index]?.receivedAt, zone) : null;
  const readAt = momentOf(at, zone) ?? cameAt ?? receivedAt;
  if (readAt === null) return null;
  if (toldMs !== null) return { at: readAt, shownMs: toldMs };
  if (isByFrame) return { at: readAt, shownMs: readAsUtc(frameClock.shown) };
  if (offsetMs === undefined || offsetMs === null) return null;
  const shownMs = readAt - offsetMs + zone.utcOffsetMs(readAt);
  if (isWithinYears(shownMs)) return { at: readAt, shownMs };
  throw cliErrors.make("fhir-line-invalid", "clock.offsetMs: by thousands of years");
}

/** What the clock showed, without a zone. A zero for year, month or day is a clock that is not set. */
function shownOf(text: string | null | undefined): number | null {
  if (text === undefined || text === null || /^0000-|-00[-T ]/.test(text)) return null;
  const shownMs = localMs(text);
  if (isWithinYears(shownMs)) return shownMs;
  throw cliErrors.make("fhir-line-invalid", "clock.deviceTime: no calendar has this date and time");
}

/** An instant, in the line's zone where its text has none. */
export function momentOf(moment: string | number | null | undefined, zone: SiteZone): number | null {
  if (moment === undefined || moment === null) return null;
  if (typeof moment === "number") return Math.round(moment);
  const [, local = "", offset] = instantParts(moment) ?? [];
  const zoned = offset === undefined || offset === "Z" ? "+00:00" : withColon(offset);
  const at = localMs(local) + Date.parse(`1970-01-01T00:00${zoned}`);
  if (Number.isNaN(at)) throw cliErrors.make("fhir-line-invalid", "a time is not ISO 8601");
  if (at < 0 || at > momentMsMax) throw cliErrors.make("fhir-line-invalid", "a time is not of the years 1970 to 9999");
  return offset === undefined ? at - zone.utcOffsetMs(at - zone.utcOffsetMs(at)) : at;
}

/** A local date and time as if its zone were UTC; NaN for one that no calendar has, which is never rolled over. */
function localMs(text: string): number {
  const local = text.replace(" ", "T");
  const ms = Date.parse(`${local}Z`);
  const isRolledOver = !Number.isNaN(ms) && !new Date(ms).toISOString().startsWith(local.slice(0, 16));
  return isRolledOver ? Number.NaN : ms;
}

/** Date Time (2A08) begins with 1582. */
const isWithinYears = (ms: number): boolean => ms >= Date.UTC(1582, 0, 1) && ms <= momentMsMax;

/** The letters of RFC 3339 may be small ones (5.6), and ISO 8601 lets an offset of whole hours go without minutes. */
const instantPattern = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?$/;
const instantParts = (text: string): RegExpExecArray | null => instantPattern.exec(text.trim().toUpperCase());

/**
 * The zone whose offset stands with every time: the site's by its name or its offset, or else the one in which the
 * time of receipt is written. If nothing tells it, times are UTC with the offset -00:00, which says just that.
 */
function zoneOf({ gateway, receivedAt }: FhirLine): SiteZone {
  const { timeZone, utcOffset } = gateway;
  if (timeZone !== undefined && timeZone !== null) return namedZone(timeZone);
  if (utcOffset !== undefined && utcOffset !== null) return namedZone(offsetText(utcOffset));
  const written = typeof receivedAt === "string" ? instantParts(receivedAt)?.[2] : undefined;
  const isTold = written !== undefined && !/^-00(?::?00)?$/.test(written);
  return isTold ? namedZone(offsetText(written)) : unknownZone;
}

function offsetText(offset: string | number): string {
  if (offset === "Z") return "+00:00";
  if (typeof offset === "string") return withColon(offset).replace("-00:00", "+00:00");
  const minutes = Math.abs(offset);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

const withColon = (offset: string): string =>
  offset.replace(/^([+-]\d\d)(?:(\d\d))?$/, (_, hours: string, minutes = "00") => `${hours}:${minutes}`);

const zones = new Map<string, SiteZone>();
const zonesMax = 600;

/** Zones are kept, because to make one takes longer than to map a line. */
function namedZone(name: string): SiteZone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (/^[+-](?:1[5-9]|2|14:?0*[1-9])/.test(name)) {
    throw cliErrors.make("fhir-line-invalid", "a UTC offset is of at most 14 hours");
  }
  try {
    const zone = siteZone(name);
    if (zones.size < zonesMax) zones.set(name, zone);
    return zone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw cliErrors.make("fhir-line-invalid", "gateway.timeZone: not a zone of the IANA database", { cause: error });
  }
}

const utc = siteZone("UTC");
const unknownZone: SiteZone = { ...utc, iso: (at) => utc.iso(at).replace(/\+00:00$/, "-00:00") };
