import { createCipheriv } from "node:crypto";

/**
 * The security function e (Core Vol 3 Part H 2.2.1): AES-128 of one block, all octets least significant first, as on
 * the HCI.
 */
export function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-ecb", key.toReversed(), null).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(block.toReversed()), cipher.final()])).toReversed();
}

/** The random address hash function ah (Core Vol 3 Part H 2.2.2): 3 octets from 3. */
export function addressHash(identityResolvingKey: Uint8Array, random: Uint8Array): Uint8Array {
  const block = new Uint8Array(16);
  block.set(random.subarray(0, 3));
  return encryptBlock(identityResolvingKey, block).subarray(0, 3);
}
