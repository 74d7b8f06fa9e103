/**
 * A date and time as a device's own clock shows it (Date Time, 2A08): local, without a zone, possibly wrong.
 * It is not an instant; `gateway/collect` makes one of it, with what was learnt of the clock.
 */
export interface DeviceDateTime {
  /** 0 means that the device does not know, else 1582 to 9999. */
  readonly year: number;
  /** 0 means that the device does not know, else 1 to 12. */
  readonly month: number;
  /** 0 means that the device does not know, else 1 to 31. */
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Is it a full date? A year, month or day of zero is the device's way of saying that its clock was never set. */
export const isKnown = (time: DeviceDateTime): boolean => time.year !== 0 && time.month !== 0 && time.day !== 0;

/** "2024-01-30T05:58:27"; unknown parts stay zero: "0000-00-00T18:26:32". */
export function dateTimeText(time: DeviceDateTime): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const date = `${String(time.year).padStart(4, "0")}-${two(time.month)}-${two(time.day)}`;
  return `${date}T${two(time.hours)}:${two(time.minutes)}:${two(time.seconds)}`;
}
