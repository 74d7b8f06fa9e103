import { stands } from "../../care/assignments.ts";
import type { DeviceBond, KnownDevice } from "../../store/store.ts";
import type { Assignment } from "../../store/store.ts";
import type { AssignmentView, NearDevice, StaffDevice } from "../contract/staff-view.ts";
import type { DeviceKind } from "../contract/visit-view.ts";
import type { HeardDevice } from "./near-devices.ts";

/** What is known of devices, from the store and from the air. */
export interface DeviceFacts {
  readonly devices: readonly KnownDevice[];
  readonly bonds: readonly DeviceBond[];
  readonly assignments: readonly Assignment[];
  readonly kiosks: ReadonlySet<string>;
  readonly near: readonly HeardDevice[];
  /** The likeliest time, and the monotonic one. */
  readonly now: number;
  readonly nowMs: number;
}

const kinds: Readonly<Record<string, DeviceKind>> = {
  "blood-pressure": "blood-pressure-monitor",
  glucose: "blood-glucose-meter",
};

export const kindOf = (driver: string): DeviceKind | null => kinds[driver] ?? null;

/** The one that was seen last comes first. */
export function staffDevices({ devices, bonds, assignments, kiosks, near, now }: DeviceFacts): readonly StaffDevice[] {
  const heard = new Map(near.map((device) => [device.address, device]));
  return devices
    .toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)
    .map((device) => ({
      id: device.id,
      kind: kindOf(device.driver),
      name: device.name,
      manufacturer: device.manufacturer,
      model: device.model,
      serial: device.serial,
      batteryPercent: device.batteryPercent,
      lastSeenAt: device.lastSeenAt,
      rssiDbm: heard.get(device.address.toUpperCase())?.rssiDbm ?? null,
      clockOffsetMs: device.clockOffsetMs,
      bond: bondOf(device, bonds)?.state ?? null,
      isKiosks: kiosks.has(device.id),
      assignments: assignments.filter(({ deviceId, ...rest }) => deviceId === device.id && stands(rest, now)).length,
    }))
    .slice(0, 256);
}

export const bondOf = (
  { id, address }: Pick<KnownDevice, "id" | "address">,
  bonds: readonly DeviceBond[],
): DeviceBond | undefined =>
  bonds.find((bond) => bond.deviceId === id) ?? bonds.find((bond) => bond.address === address.toUpperCase());

/** A stranger's address is not shown: it would let anybody who looks follow it. */
export function nearDevices({ devices, bonds, near, nowMs }: DeviceFacts): readonly NearDevice[] {
  const ids = new Map<string, string>();
  for (const { address, deviceId } of bonds) if (deviceId !== null) ids.set(address.toUpperCase(), deviceId);
  for (const { address, id } of devices) ids.set(address.toUpperCase(), id);
  return near.slice(0, 64).map(({ address, name, driver, rssiDbm, heardMs }) => ({
    name,
    driver,
    rssiDbm,
    deviceId: ids.get(address) ?? null,
    heardAgoMs: Math.max(0, Math.round(nowMs - heardMs)),
  }));
}

const endedShownMs = 7 * 86_400_000;

/** Those that stand, the latest first, and then those that ended in the last days. */
export function assignmentViews({ assignments, now }: DeviceFacts): readonly AssignmentView[] {
  return assignments
    .filter((assignment) => stands(assignment, now - endedShownMs))
    .toSorted((a, b) => Number(stands(b, now)) - Number(stands(a, now)) || b.fromAt - a.fromAt)
    .slice(0, 500)
    .map(({ id, deviceId, userSlot, person, fromAt, untilAt, source }) => {
      return { id, deviceId, userSlot, person, fromAt, untilAt, source };
    });
}
