import { expect, test } from "vitest";
import { addressKindOf, advertisementOf, isHeard } from "../../../../gateway/radio/bluez/bluez-advertisement.ts";
import { bluezUuid, portUuid } from "../../../../gateway/radio/bluez/bluez-uuid.ts";

const device = {
  Address: "c0:00:00:00:00:21",
  AddressType: "random",
  Name: "METER",
  UUIDs: ["00001810-0000-1000-8000-00805f9b34fb", "6e400001-b5a3-f393-e0a9-e50e24dcca9e"],
  ManufacturerData: { 26: Uint8Array.of(1, 2) },
  RSSI: -55,
};

test("a device's properties are an advertisement, in the port's words", () => {
  expect(advertisementOf(device)).toEqual({
    address: "C0:00:00:00:00:21",
    addressKind: "random-static",
    name: "METER",
    services: ["1810", "6E400001-B5A3-F393-E0A9-E50E24DCCA9E"],
    manufacturerData: { 26: Uint8Array.of(1, 2) },
    rssiDbm: -55,
  });
});

test("a device that says nothing of itself is heard as well", () => {
  const silent = { Address: "00:11:22:33:44:55", AddressType: "public", RSSI: -90 };
  expect(advertisementOf(silent)).toEqual({
    address: "00:11:22:33:44:55",
    addressKind: "public",
    name: null,
    services: [],
    rssiDbm: -90,
  });
});

test("a device that is remembered but not heard has no signal strength, and is no advertisement", () => {
  const { RSSI: _, ...remembered } = device;
  expect(advertisementOf(remembered)).toBeNull();
});

test.each([
  ["public", "F0:00:00:00:00:01", "public"],
  ["random", "C0:00:00:00:00:01", "random-static"],
  ["random", "BF:00:00:00:00:01", "random-private"],
  ["random", "40:00:00:00:00:01", "random-private"],
] as const)("an address of type %s, %s, is %s", (type, address, kind) => {
  expect(addressKindOf({ Address: address, AddressType: type })).toBe(kind);
});

test("what is learnt over a connection is not taken for an advertisement", () => {
  const changed = { type: "changed", path: "/org/bluez/hci0/dev_X", interface: "org.bluez.Device1" } as const;
  const change = (properties: Readonly<Record<string, unknown>>) => ({
    ...changed,
    changed: properties,
    invalidated: [],
  });
  expect(isHeard(change({ RSSI: -50 }))).toBe(true);
  expect(isHeard(change({ ManufacturerData: {} }))).toBe(true);
  expect(isHeard(change({ Connected: true, UUIDs: [] }))).toBe(false);
  expect(isHeard(change({ Name: "METER" }))).toBe(false);
  expect(isHeard({ type: "added", path: "/org/bluez/hci0/dev_X", interfaces: ["org.bluez.Device1"] })).toBe(true);
  expect(isHeard({ type: "added", path: "/org/bluez/hci0/dev_X", interfaces: ["org.bluez.Battery1"] })).toBe(false);
});

test("a UUID that the SIG has assigned is short in the port, and whole in BlueZ", () => {
  expect(portUuid("00001810-0000-1000-8000-00805f9b34fb")).toBe("1810");
  expect(portUuid("00011810-0000-1000-8000-00805f9b34fb")).toBe("00011810-0000-1000-8000-00805F9B34FB");
  expect(bluezUuid("1810")).toBe("00001810-0000-1000-8000-00805f9b34fb");
  expect(bluezUuid(portUuid("6e400001-b5a3-f393-e0a9-e50e24dcca9e"))).toBe("6e400001-b5a3-f393-e0a9-e50e24dcca9e");
});
