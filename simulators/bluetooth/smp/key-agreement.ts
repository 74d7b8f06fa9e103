import { createECDH, type ECDH } from "node:crypto";
import type { Random } from "../../../device-drivers/ports/clock.ts";
import { integerBetween } from "../../random.ts";

/** A point of P-256 as a Pairing Public Key carries it: 32 octets each, least significant first. */
export interface PublicKey {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** One side of the key agreement of Secure Connections (Core Vol 3 Part H 2.3.5.6.1). */
export interface KeyPair {
  readonly publicKey: PublicKey;
  /** The Diffie-Hellman key, 32 octets, least significant first; null if the point is not on the curve. */
  agree(peer: PublicKey): Uint8Array | null;
}

/** A key pair of a private key that is drawn, so that a seeded device makes the same one again. */
export const drawKeyPair = (random: Random): KeyPair => keyPair(randomOctets(random, coordinateOctets));

/** @param privateKey 32 octets, least significant first; one that is no scalar of the curve throws. */
export function keyPair(privateKey: Uint8Array): KeyPair {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(privateKey.toReversed());
  const point = Uint8Array.from(ecdh.getPublicKey());
  const publicKey = {
    x: point.slice(1, 1 + coordinateOctets).toReversed(),
    y: point.slice(1 + coordinateOctets).toReversed(),
  };
  return { publicKey, agree: (peer) => agreed(ecdh, peer) };
}

export const randomOctets = (random: Random, octets: number): Uint8Array =>
  Uint8Array.from({ length: octets }, () => integerBetween(random, 0, 255));

const coordinateOctets = 32;

/** Node checks the point; without that check a peer could learn the private key (CVE-2018-5383). */
function agreed(ecdh: ECDH, { x, y }: PublicKey): Uint8Array | null {
  try {
    const point = Uint8Array.from([0x04, ...x.toReversed(), ...y.toReversed()]);
    return Uint8Array.from(ecdh.computeSecret(point)).toReversed();
  } catch {
    return null;
  }
}
