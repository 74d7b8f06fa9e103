import type { DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";

/** What `dateTimeText` wrote, as it was. */
export function parseDateTime(text: string): DeviceDateTime {
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = text.split(/[-T:]/).map(Number);
  return { year, month, day, hours, minutes, seconds };
}
