import { expect } from "vitest";
import type { Assignment, DeviceBond, KnownDevice } from "../../gateway/store/store.ts";
import type { StoreCheck } from "./store.ts";

const device: KnownDevice = {
  id: "device-1",
  driver: "glucose",
  address: "00:11:22:33:44:55",
  name: null,
  manufacturer: "Example",
  model: "M-1",
  serial: null,
  systemId: null,
  firmware: null,
  batteryPercent: null,
  clockOffsetMs: -250,
  firstSeenAt: 10,
  lastSeenAt: 20,
};

const assignment: Assignment = {
  id: "assignment-1",
  deviceId: "device-1",
  userSlot: null,
  person: "sim-0001",
  consent: "consent-1",
  fromAt: 10,
  untilAt: null,
  source: "local",
};

const bond: DeviceBond = {
  address: "00:11:22:33:44:55",
  deviceId: null,
  name: "Meter",
  state: "bonded",
  since: 10,
  method: "passkey-entry",
  forgetsKey: false,
  serial: null,
  model: null,
  fingerprint: null,
};

/** Devices, people and what ties them together. */
export function registryContract(check: StoreCheck): void {
  check("a device is kept, and changed by its id", async ({ store, reopen }) => {
    await store.saveDevice(device);
    await store.saveDevice({ ...device, batteryPercent: 80, lastSeenAt: 30 });
    expect(await (await reopen()).devices()).toEqual([{ ...device, batteryPercent: 80, lastSeenAt: 30 }]);
  });

  check("a device that is forgotten takes its assignments and its progress with it", async ({ store }) => {
    await store.saveDevice(device);
    await store.saveAssignment(assignment);
    await store.saveProgress({ deviceId: "device-1", lastSequenceNumber: 7, lastDeviceTime: null });
    expect(await store.forgetDevice("device-1")).toBe(true);
    expect(await store.forgetDevice("device-1")).toBe(false);
    expect(await store.assignments()).toEqual([]);
    expect(await store.progress("device-1")).toBeNull();
  });

  check("a bond is kept, and changed by its address", async ({ store, reopen }) => {
    const other: DeviceBond = { ...bond, address: "00:11:22:33:44:66", state: "none", method: null, since: 5 };
    await store.saveBond(bond);
    await store.saveBond(other);
    const later: DeviceBond = { ...bond, deviceId: "device-1", state: "lost", since: 30, forgetsKey: true };
    await store.saveBond(later);
    expect(await (await reopen()).bonds()).toEqual([other, later]);
  });

  check("a bond is forgotten by its address, or with its device", async ({ store }) => {
    await store.saveBond(bond);
    expect(await store.forgetBond(bond.address)).toBe(true);
    expect(await store.forgetBond(bond.address)).toBe(false);
    await store.saveBond({ ...bond, deviceId: "device-1" });
    await store.saveBond({ ...bond, address: "00:11:22:33:44:66", deviceId: "device-2" });
    await store.forgetDevice("device-1");
    expect((await store.bonds()).map(({ deviceId }) => deviceId)).toEqual(["device-2"]);
  });

  check("the high-water mark of a device is kept", async ({ store, reopen }) => {
    const progress = { deviceId: "device-1", lastSequenceNumber: 7, lastDeviceTime: "2026-01-30T05:58:27" };
    await store.saveProgress({ ...progress, lastSequenceNumber: 6 });
    await store.saveProgress(progress);
    const again = await reopen();
    expect(await again.progress("device-1")).toEqual(progress);
    expect(await again.progress("device-2")).toBeNull();
  });

  check("a person is known by an assignment, and an assignment ends by being saved again", async ({ store }) => {
    await store.savePerson({ reference: "sim-0002", createdAt: 1 });
    await store.saveAssignment(assignment);
    await store.saveAssignment({ ...assignment, untilAt: 99 });
    expect(await store.assignments()).toEqual([{ ...assignment, untilAt: 99 }]);
    expect((await store.people()).map(({ reference }) => reference)).toEqual(["sim-0001", "sim-0002"]);
  });

  check("a setting is kept under its name", async ({ store, reopen }) => {
    expect(await store.setting("boot")).toBeNull();
    await store.saveSetting("boot", "one");
    await store.saveSetting("boot", "two");
    expect(await (await reopen()).setting("boot")).toBe("two");
  });
}
