import type { Advertisement } from "../../../device-drivers/ports/gatt.ts";
import type { ObjectChange, Properties } from "./bluez-objects.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import { portUuid } from "./bluez-uuid.ts";

/** What bluetoothd tells of a device only when it has just been heard. Its name and its services outlive that. */
const heardNow = ["RSSI", "ManufacturerData", "ServiceData", "AdvertisingData"];

/** Is the change an advertisement, rather than something that is remembered or was learnt over a connection? */
export function isHeard(change: ObjectChange): boolean {
  if (change.type === "added") return change.interfaces.includes(bluezInterfaces.device);
  if (change.type !== "changed" || change.interface !== bluezInterfaces.device) return false;
  return heardNow.some((property) => property in change.changed);
}

/**
 * What a device advertises, from its properties; null if it is not being heard: bluetoothd keeps a device's object long
 * after, but its RSSI only while it is heard, and a device that is read back from disk has none.
 */
export function advertisementOf(device: Properties): Advertisement | null {
  const { Address: address, Name: name, RSSI: rssiDbm } = device;
  if (typeof address !== "string" || typeof rssiDbm !== "number") return null;
  const manufacturerData = octetsByNumber(device["ManufacturerData"]);
  return {
    address: address.toUpperCase(),
    addressKind: addressKindOf(device),
    name: typeof name === "string" ? name : null,
    services: stringsOf(device["UUIDs"]).map(portUuid),
    ...(manufacturerData === null ? {} : { manufacturerData }),
    rssiDbm,
  };
}

/** Core Vol 6 Part B 1.3.2: the two most significant bits of a static random address are ones. */
export function addressKindOf({ Address: address, AddressType: type }: Properties): Advertisement["addressKind"] {
  if (type !== "random") return "public";
  return Number.parseInt(String(address).slice(0, 2), 16) >= 0xc0 ? "random-static" : "random-private";
}

export const stringsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

function octetsByNumber(value: unknown): Readonly<Record<number, Uint8Array>> | null {
  if (typeof value !== "object" || value === null) return null;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, Uint8Array] => entry[1] instanceof Uint8Array,
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
