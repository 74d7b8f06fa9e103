import type { GattCharacteristic, GattProperty } from "../../../device-drivers/ports/gatt.ts";
import { stringsOf } from "./bluez-advertisement.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import type { BluezObjects, Properties } from "./bluez-objects.ts";
import { portUuid } from "./bluez-uuid.ts";

/** A characteristic, and where bluetoothd has it. */
export interface BluezCharacteristic {
  readonly characteristic: GattCharacteristic;
  readonly path: string;
}

/**
 * The characteristics of a device, by their handles. bluetoothd names an object after the handle of the declaration;
 * the value's is the next one (Core Vol 3 Part G 3.3).
 *
 * It keeps some services to itself: Generic Access and Generic Attribute always, and Battery in some versions, whose
 * level is then a property of the device: that one is given a characteristic without a handle of its own.
 */
export function characteristicsOf(objects: BluezObjects, device: string): ReadonlyMap<number, BluezCharacteristic> {
  const found = new Map<number, BluezCharacteristic>();
  for (const path of objects.children(device)) {
    const properties = objects.get(path, bluezInterfaces.characteristic);
    const characteristic = properties === null ? null : characteristicAt(objects, path, properties);
    if (characteristic !== null) found.set(characteristic.handle, { characteristic, path });
  }
  const isBatteryHidden = ![...found.values()].some(({ characteristic }) => characteristic.uuid === "2A19");
  if (isBatteryHidden && batteryLevel(objects, device) !== null)
    found.set(hiddenBatteryHandle, { characteristic: hiddenBattery, path: device });
  return found;
}

/** Percent, where bluetoothd knows it. */
export function batteryLevel(objects: BluezObjects, device: string): number | null {
  const level = objects.get(device, bluezInterfaces.battery)?.["Percentage"];
  return typeof level === "number" ? level : null;
}

/** Handle 0 is no attribute's (Core Vol 3 Part F 3.2.2). */
export const hiddenBatteryHandle = 0;

const hiddenBattery: GattCharacteristic = {
  service: "180F",
  uuid: "2A19",
  handle: hiddenBatteryHandle,
  properties: ["read"],
};

function characteristicAt(objects: BluezObjects, path: string, properties: Properties): GattCharacteristic | null {
  const declaration = /\/char([0-9a-f]{4})$/.exec(path)?.[1];
  const { UUID: uuid, Service: servicePath, Flags: flags } = properties;
  const service = objects.get(String(servicePath), bluezInterfaces.service)?.["UUID"];
  if (declaration === undefined || typeof uuid !== "string" || typeof service !== "string") return null;
  return {
    service: portUuid(service),
    uuid: portUuid(uuid),
    handle: Number.parseInt(declaration, 16) + 1,
    properties: portProperties.filter((property) => stringsOf(flags).includes(property)),
  };
}

const portProperties: readonly GattProperty[] = ["read", "write", "write-without-response", "notify", "indicate"];
