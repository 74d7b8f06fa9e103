import type { DeviceKind } from "../contract/visit-view.ts";

/** What kind of device a driver reads; null for a driver that the kiosk has no screens for. */
export function deviceKindOf(driver: string | null): DeviceKind | null {
  return driver === null ? null : (kinds.get(driver) ?? null);
}

const kinds: ReadonlyMap<string, DeviceKind> = new Map([
  ["blood-pressure", "blood-pressure-monitor"],
  ["glucose", "blood-glucose-meter"],
]);
