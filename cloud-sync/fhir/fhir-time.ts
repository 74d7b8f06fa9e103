/**
 * FHIR dateTimes with seconds and a UTC offset. The offset `-00:00` says that the local one is not known (RFC 3339,
 * 4.3); R4's grammar takes it.
 */
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** The same instant in the same zone, without a fraction of zeros: a device that tells seconds gets no milliseconds. */
export function fhirDateTime(iso: string): string {
  const [, seconds, fraction = "", zone] = pattern.exec(iso) ?? [];
  if (seconds === undefined || zone === undefined) throw new RangeError("not a date and time with a zone");
  return `${seconds}${/^0*$/.test(fraction) ? "" : `.${fraction}`}${zone}`;
}

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

/** A device's own time, "2024-01-30T05:58:27", as seconds since 2000-01-01T00:00:00 of the same clock. */
export const secondsSince2000 = (deviceDateTime: string): number =>
  (Date.parse(`${deviceDateTime}Z`) - Date.UTC(2000, 0, 1)) / 1000;
