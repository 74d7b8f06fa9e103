/**
 * FHIR dateTimes with seconds and a UTC offset. The offset `-00:00` says that the local one is not known (RFC 3339,
 * 4.3); R4's grammar takes it.
 */
const pattern = /^((?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/**
 * The same instant in the same zone, without a fraction of zeros: a device that tells seconds gets no milliseconds. R4
 * knows no zone further than 14 hours from UTC; what is written in one is written in UTC.
 *
 * @throws RangeError for what R4 cannot say: a year before 0001 or after 9999, or no date and time with a zone at all
 */
export function fhirDateTime(iso: string): string {
  const [, seconds, fraction = "", zone] = pattern.exec(iso) ?? [];
  if (seconds === undefined || zone === undefined) throw new RangeError("not a date and time with a zone");
  if (Math.abs(zoneOffsetMs(zone)) > zoneMsMax) return fhirDateTime(new Date(iso).toISOString());
  return `${seconds}${/^0*$/.test(fraction) ? "" : `.${fraction}`}${zone}`;
}

const zoneMsMax = 14 * 3_600_000;

/** Can R4 say this instant, in whatever zone? */
export const isFhirInstant = (ms: number): boolean => ms >= earliestMs && ms <= latestMs;

const dayMs = 86_400_000;
const earliestMs = Date.parse("0001-01-01T00:00:00Z") + dayMs;
const latestMs = Date.parse("9999-12-31T23:59:59Z") - dayMs;

/** A later or earlier instant, in the zone of the first. */
export function shifted(dateTime: string, byMs: number): string {
  const zone = pattern.exec(dateTime)?.[3] ?? "Z";
  const local = new Date(Date.parse(dateTime) + byMs + zoneOffsetMs(zone)).toISOString();
  return fhirDateTime(local.replace(/Z$/, zone));
}

/** The same instant, written in the zone of another dateTime. */
export function inZoneOf(other: string, dateTime: string): string {
  return shifted(other, Date.parse(dateTime) - Date.parse(other));
}

function zoneOffsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(":").map(Number);
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/**
 * A device's own time, "2024-01-30T05:58:27", as seconds since 2000-01-01T00:00:00 of the same clock; null for one that
 * no calendar has, as with a month or a day that the device does not know.
 */
export function secondsSince2000(deviceDateTime: string): number | null {
  const ms = Date.parse(`${deviceDateTime}Z`);
  return Number.isNaN(ms) ? null : (ms - Date.UTC(2000, 0, 1)) / 1000;
}
