import type { ByteReader } from "../../device-drivers/kit/byte-reader.ts";

/** The parts one after the other. */
export function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  let octets = 0;
  for (const part of parts) octets += part.length;
  const whole = new Uint8Array(octets);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Least significant octet first, as all of Bluetooth Low Energy above the link layer. */
export const uint16Octets = (value: number): Uint8Array => Uint8Array.of(value & 0xff, (value >> 8) & 0xff);

export const uint16At = (octets: Uint8Array, offset: number): number =>
  (octets[offset] ?? 0) | ((octets[offset + 1] ?? 0) << 8);

/** The next so many octets. Throws `RangeError` where there are fewer. */
export const octetsOf = (reader: ByteReader, octets: number): Uint8Array =>
  Uint8Array.from({ length: octets }, () => reader.uint8());
