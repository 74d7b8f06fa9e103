import { createHash } from "node:crypto";
import type { DeviceInformation } from "../../device-drivers/kit/driver.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { KnownDevice } from "../store/store.ts";

/**
 * Who a device is. The `id` goes into every reading's id, so it is made of what the device says of itself, and two
 * gateways make the same of it. The best that there is counts:
 *
 * 1. the System ID, if it is one (many devices ship with zeros or with an example from a manual);
 * 2. the serial number together with manufacturer and model, because serials are unique within a model only;
 * 3. the address, if it is public or static.
 *
 * A private address changes within minutes, and a bond does not make it an identity: an adapter that resolves a bonded
 * device's private address reports the identity address behind it, which is public or static. So a device with nothing
 * but a private address is `doubtful`, bonded or not, and what it says is set aside, whole.
 */
export type DeviceIdentity =
  | { readonly type: "identified"; readonly id: string }
  | { readonly type: "doubtful"; readonly id: string; readonly doubt: IdentityDoubt; readonly reason: string };

/**
 * `anonymous`: there is nothing lasting to know it by. `mismatch`: something that we know a device by now comes with
 * another serial number or System ID, as it does when one device poses as another.
 */
export type IdentityDoubt = "anonymous" | "mismatch";

export interface DeviceSubject {
  readonly information: DeviceInformation;
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
}

/**
 * Judges a connected device, by itself and against the devices that the gateway has met.
 *
 * A device that was met before under its lasting address or its serial number, and contradicts nothing of that, keeps
 * the id that it got then: a characteristic that could not be read once must not make it a stranger.
 */
export function identifyDevice(subject: DeviceSubject, known: readonly KnownDevice[]): DeviceIdentity {
  const id = ownIdentity(subject);
  const contradicted = known.find((device) => contradicts(subject, device, id));
  if (contradicted !== undefined) {
    const reason = "the same address, System ID or serial number came with another identity before";
    return { type: "doubtful", id: doubtfulId(subject), doubt: "mismatch", reason };
  }
  const met = known.find(
    (device) => isSameAddress(subject, device) || isSameSerial(subject.information, device) || device.id === id,
  );
  if (met !== undefined) return { type: "identified", id: met.id };
  if (id !== null) return { type: "identified", id };
  const reason = "it tells no System ID and no serial number, and its address is private";
  return { type: "doubtful", id: doubtfulId(subject), doubt: "anonymous", reason };
}

/** The System ID, unless it is a filler: one octet repeated, a count, or the example of a manual or an SDK. */
export function genuineSystemId(systemId: string | null): string | null {
  if (systemId === null || !/^[0-9A-F]{16}$/.test(systemId)) return null;
  const isFiller = /^(..)\1{7}$/.test(systemId) || fillerSystemIds.has(systemId);
  return isFiller ? null : systemId;
}

const fillerSystemIds: ReadonlySet<string> = new Set([
  "0001020304050607",
  "0102030405060708",
  "0123456789ABCDEF",
  "1122334455667788",
  "8877665544332211",
  "FEDCBA9876543210",
  // The example of the Device Information Service, 3.8.
  "123456FFFE9ABCDE",
  // The values of the nRF5 SDK's health examples: OUI 66-77-88 and manufacturer identifier 11-22-33-44-55.
  "6677881122334455",
]);

function ownIdentity(subject: DeviceSubject): string | null {
  const { information, address } = subject;
  const systemId = genuineSystemId(information.systemId);
  if (systemId !== null) return `system-id:${systemId}`;
  const { manufacturer, model, serial } = information;
  if (serial !== null && (manufacturer !== null || model !== null)) {
    const parts = [manufacturer ?? "", model ?? "", serial];
    return bounded(`serial:${parts.map((part) => encodeURIComponent(part.toWellFormed())).join("/")}`);
  }
  return isLasting(subject) ? `address:${address.toUpperCase()}` : null;
}

function contradicts(subject: DeviceSubject, device: KnownDevice, id: string | null): boolean {
  const { information } = subject;
  const differs = (now: string | null, before: string | null): boolean =>
    now !== null && before !== null && now !== before;
  const otherSerial = differs(information.serial, device.serial);
  const otherSystemId = differs(genuineSystemId(information.systemId), genuineSystemId(device.systemId));
  const meant = device.id === id || isSameAddress(subject, device) || isSameSerial(information, device);
  return meant && (otherSerial || otherSystemId);
}

const isSameSerial = (information: DeviceInformation, device: KnownDevice): boolean =>
  information.serial !== null &&
  information.serial === device.serial &&
  information.model !== null &&
  information.model === device.model &&
  information.manufacturer === device.manufacturer;

const isSameAddress = (subject: DeviceSubject, device: KnownDevice): boolean =>
  isLasting(subject) && subject.address.toUpperCase() === device.address.toUpperCase();

const isLasting = ({ addressKind }: DeviceSubject): boolean => addressKind !== "random-private";

/** Only names the place where what it said is set aside; never part of a reading's id. */
const doubtfulId = ({ address }: DeviceSubject): string => `doubtful:${address.toUpperCase()}`;

/** The contract bounds a device's id at 128 characters. */
function bounded(id: string): string {
  if (id.length <= 128) return id;
  return `serial-sha256:${createHash("sha256").update(id).digest("hex")}`;
}
