import { encryptBlock } from "./block-cipher.ts";
import { joined } from "./octets.ts";

/** Random address hash (Core Vol 3 Part H 2.2.2): 3 octets from 3, by an identity resolving key. */
export const ah = (irk: Uint8Array, prand: Uint8Array): Uint8Array =>
  encryptBlock(irk, joined(prand, new Uint8Array(13))).slice(0, 3);

/** The octets of a resolvable private address of this key, from 3 random octets (Core Vol 6 Part B 1.3.2.2). */
export function resolvableOctets(irk: Uint8Array, randomPart: Uint8Array): Uint8Array {
  const prand = Uint8Array.from(randomPart);
  prand[2] = ((prand[2] ?? 0) & 0x3f) | 0x40;
  return joined(ah(irk, prand), prand);
}

/** Was this random address made with this key (1.3.2.3)? */
export const isResolvedBy = (irk: Uint8Array, octets: Uint8Array): boolean =>
  (octets[5] ?? 0) >> 6 === 0b01 && Buffer.compare(ah(irk, octets.subarray(3)), octets.subarray(0, 3)) === 0;
