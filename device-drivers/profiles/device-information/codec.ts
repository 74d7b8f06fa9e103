import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { lengthFault, tooShort } from "../../kit/frame-fault.ts";
import { toHex } from "../../kit/hex.ts";
import { nameOf } from "../../kit/name-table.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";
import { decodeText, encodeText } from "../../kit/text.ts";

/** System ID (2A23): 40 bits that the manufacturer gave and its 24-bit OUI, each least octet first. */
export interface SystemId {
  readonly manufacturerIdentifier: Uint8Array;
  readonly organizationallyUniqueIdentifier: Uint8Array;
}

/** Faults: `too_short` and `too_long` when there are not eight octets. */
export function decodeSystemId(bytes: Uint8Array): Result<SystemId, DecodeFault> {
  const fault = lengthFault("System ID", bytes, 8);
  if (fault !== null) return fail(fault);
  return ok({ manufacturerIdentifier: bytes.slice(0, 5), organizationallyUniqueIdentifier: bytes.slice(5) });
}

/** Throws `RangeError` when the parts do not have five and three octets. */
export function encodeSystemId({ manufacturerIdentifier, organizationallyUniqueIdentifier }: SystemId): Uint8Array {
  if (manufacturerIdentifier.length !== 5 || organizationallyUniqueIdentifier.length !== 3) {
    throw new RangeError("A System ID has five octets of the manufacturer's and three of its OUI.");
  }
  return Uint8Array.of(...manufacturerIdentifier, ...organizationallyUniqueIdentifier);
}

/** The identity as people write it: the most significant octet, which is of the OUI, first. */
export const systemIdText = (systemId: SystemId): string => toHex(encodeSystemId(systemId).toReversed());

/** PnP ID (2A50). */
export interface PnpId {
  /** See `vendorIdSourceName`. */
  readonly vendorIdSource: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly productVersion: number;
}

/** Faults: `too_short` and `too_long` when there are not seven octets. */
export function decodePnpId(bytes: Uint8Array): Result<PnpId, DecodeFault> {
  const fault = lengthFault("PnP ID", bytes, 7);
  if (fault !== null) return fail(fault);
  const reader = new ByteReader(bytes);
  return ok({
    vendorIdSource: reader.uint8(),
    vendorId: reader.uint16(),
    productId: reader.uint16(),
    productVersion: reader.uint16(),
  });
}

/** Throws `RangeError` for a field that does not fit. */
export const encodePnpId = (id: PnpId): Uint8Array =>
  new ByteWriter().uint8(id.vendorIdSource).uint16(id.vendorId).uint16(id.productId).uint16(id.productVersion).bytes();

/** "bluetooth_sig" or "usb_if". */
export const vendorIdSourceName = (source: number): string => nameOf({ 1: "bluetooth_sig", 2: "usb_if" }, source);

/** UDI for Medical Devices (2BFF); null for the parts that the device does not tell. */
export interface UniqueDeviceIdentifier {
  readonly label: string | null;
  readonly deviceIdentifier: string | null;
  readonly issuer: string | null;
  readonly authority: string | null;
}

/** In the order of their flags and of the wire. */
const udiParts = ["label", "deviceIdentifier", "issuer", "authority"] as const;

/** Faults: `too_short` when a flagged string does not end with its NUL, `value` when it is not UTF-8. */
export function decodeUniqueDeviceIdentifier(bytes: Uint8Array): Result<UniqueDeviceIdentifier, DecodeFault> {
  const flags = bytes[0];
  if (flags === undefined) return fail(tooShort("UDI for Medical Devices", bytes, 1));
  const parts: { -readonly [Part in keyof UniqueDeviceIdentifier]: string | null } = {
    label: null,
    deviceIdentifier: null,
    issuer: null,
    authority: null,
  };
  let offset = 1;
  for (const [bit, part] of udiParts.entries()) {
    if (((flags >> bit) & 1) === 0) continue;
    const end = bytes.indexOf(0, offset);
    if (end < 0) return fail(tooShort("UDI for Medical Devices", bytes, bytes.length + 1));
    const text = decodeText(bytes.subarray(offset, end));
    if (!text.ok) return text;
    parts[part] = text.value;
    offset = end + 1;
  }
  return ok(parts);
}

/** Throws `RangeError` for a text with a NUL in it. */
export function encodeUniqueDeviceIdentifier(udi: UniqueDeviceIdentifier): Uint8Array {
  let flags = 0;
  const octets: number[] = [];
  for (const [bit, part] of udiParts.entries()) {
    const text = udi[part];
    if (text === null) continue;
    if (text.includes("\0")) throw new RangeError(`The ${part} holds a NUL.`);
    flags |= 1 << bit;
    octets.push(...encodeText(text), 0);
  }
  return Uint8Array.of(flags, ...octets);
}
