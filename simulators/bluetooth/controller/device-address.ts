import { fromHex, toHex } from "../../../device-drivers/kit/hex.ts";

/** A device address as it is on the air (Core Vol 6 Part B 1.3): six octets, least significant first. */
export interface DeviceAddress {
  readonly isRandom: boolean;
  readonly octets: Uint8Array;
}

/** As people write it: "C0:FF:EE:00:00:01". */
export const addressText = (octets: Uint8Array): string =>
  Array.from(octets.toReversed(), (octet) => toHex(Uint8Array.of(octet))).join(":");

/** Null if the text is not an address. */
export function addressOctets(text: string): Uint8Array | null {
  if (!/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/.test(text)) return null;
  return fromHex(text.replaceAll(":", ""))?.toReversed() ?? null;
}

export const sameAddress = (one: DeviceAddress, other: DeviceAddress): boolean => addressKey(one) === addressKey(other);

/** The address and its kind in one word, to find it by. */
export const addressKey = ({ isRandom, octets }: DeviceAddress): string => `${isRandom ? "r" : "p"}${toHex(octets)}`;
