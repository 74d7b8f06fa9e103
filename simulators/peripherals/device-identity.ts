import { fromHex } from "../../device-drivers/kit/hex.ts";
import { encodeText } from "../../device-drivers/kit/text.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import { encodeBatteryLevel } from "../../device-drivers/profiles/battery/codec.ts";
import type { GattTable } from "./gatt-table.ts";

/** Who a device says it is. Null leaves a characteristic out, as many devices do. */
export interface DeviceIdentity {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly name: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
  /** The 8 octets of 2A23 as upper-case hex, OUI first. */
  readonly systemId: string | null;
  readonly batteryPercent: number | null;
  /** Some devices fill their texts up with NUL to this many octets. */
  readonly textOctets: number;
}

/** How a journal names a device. */
export interface DeviceName {
  readonly address: string;
  readonly serial: string | null;
  readonly systemId: string | null;
}

export const deviceName = ({ address, serial, systemId }: DeviceIdentity): DeviceName => ({
  address,
  serial,
  systemId,
});

/** The System ID that is made from an address, with FFFE in the middle (GSS 3.238): OUI first. */
export function systemIdOf(address: string): string {
  const digits = address.replaceAll(":", "");
  return `${digits.slice(0, 6)}FFFE${digits.slice(6)}`;
}

/** Declares Device Information (180A) and Battery (180F). */
export function addIdentity(table: GattTable, identity: DeviceIdentity): void {
  const texts = [
    ["2A29", identity.manufacturer],
    ["2A24", identity.model],
    ["2A25", identity.serial],
    ["2A26", identity.firmware],
  ] as const;
  for (const [uuid, text] of texts) {
    if (text !== null) readable(table, uuid, padded(encodeText(text), identity.textOctets));
  }
  const systemId = identity.systemId === null ? null : fromHex(identity.systemId);
  if (systemId !== null) readable(table, "2A23", systemId.toReversed());
  const { batteryPercent } = identity;
  if (batteryPercent === null) return;
  table.add({ service: "180F", uuid: "2A19", properties: ["read"], read: () => encodeBatteryLevel(batteryPercent) });
}

function readable(table: GattTable, uuid: string, value: Uint8Array): void {
  table.add({ service: "180A", uuid, properties: ["read"], read: () => value.slice() });
}

function padded(text: Uint8Array, octets: number): Uint8Array {
  const field = new Uint8Array(Math.max(octets, text.length));
  field.set(text);
  return field;
}
