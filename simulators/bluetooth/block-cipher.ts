import { createCipheriv } from "node:crypto";

/** AES-128 of one block (FIPS 197), most significant octet first. */
export function aes128(key: Uint8Array, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  return Uint8Array.from(cipher.update(block));
}

/** The security function e (Core Vol 3 Part H 2.2.1): AES-128 of one block, least significant octet first, as on air. */
export const encryptBlock = (key: Uint8Array, block: Uint8Array): Uint8Array =>
  aes128(key.toReversed(), block.toReversed()).toReversed();
