import { aes128, encryptBlock } from "../block-cipher.ts";
import { joined } from "../octets.ts";

/**
 * The cryptographic toolbox of the Security Manager (Core Vol 3 Part H 2.2). The specification writes its values with
 * the most significant octet first; here every argument and result is as it travels, least significant octet first, so
 * that what comes from a PDU goes in unchanged. `aesCmac` alone keeps the order of RFC 4493. The function `ah` (2.2.2)
 * is in `private-address.ts`, because controllers need it as well.
 */

/** A device address as the Security Manager mixes it in. */
export interface SmpAddress {
  readonly kind: "public" | "random";
  /** 6 octets, least significant first. */
  readonly octets: Uint8Array;
}

export interface LegacyConfirmInput {
  /** The 7 octets of each PDU, with its code. */
  readonly pairingRequest: Uint8Array;
  readonly pairingResponse: Uint8Array;
  readonly initiator: SmpAddress;
  readonly responder: SmpAddress;
}

export interface CheckInput {
  readonly n1: Uint8Array;
  readonly n2: Uint8Array;
  readonly a1: SmpAddress;
  readonly a2: SmpAddress;
}

/** Confirm value of legacy pairing (2.2.3), of the temporary key and a random number of 16 octets. */
export function c1(temporaryKey: Uint8Array, random: Uint8Array, input: LegacyConfirmInput): Uint8Array {
  const { pairingRequest, pairingResponse, initiator, responder } = input;
  const p1 = joined([kindBit(initiator), kindBit(responder)], pairingRequest, pairingResponse);
  const p2 = joined(responder.octets, initiator.octets, zeros(4));
  return encryptBlock(temporaryKey, xor(encryptBlock(temporaryKey, xor(random, p1)), p2));
}

/** Short-term key of legacy pairing (2.2.4): `r1` is the responder's random number, `r2` the initiator's. */
export const s1 = (temporaryKey: Uint8Array, r1: Uint8Array, r2: Uint8Array): Uint8Array =>
  encryptBlock(temporaryKey, joined(r2.subarray(0, 8), r1.subarray(0, 8)));

/** Confirm value of Secure Connections (2.2.6), of two public keys' X coordinates and a nonce. */
export const f4 = (keys: { readonly u: Uint8Array; readonly v: Uint8Array }, x: Uint8Array, z: number): Uint8Array =>
  cmac(x, [z], keys.v, keys.u);

/** MacKey and long-term key of Secure Connections (2.2.7), of the Diffie-Hellman key. 1: initiator, 2: responder. */
export function f5(dhKey: Uint8Array, input: CheckInput): { readonly macKey: Uint8Array; readonly ltk: Uint8Array } {
  const temporary = cmac(f5Salt, dhKey);
  const { n1, n2, a1, a2 } = input;
  const half = (counter: number): Uint8Array =>
    cmac(temporary, f5Length, addressOctets(a2), addressOctets(a1), n2, n1, f5KeyId, [counter]);
  return { macKey: half(0), ltk: half(1) };
}

/** Check value of Secure Connections (2.2.8). `ioCap` is AuthReq, OOB flag and IO capability, IO capability first. */
export function f6(macKey: Uint8Array, r: Uint8Array, input: CheckInput & { readonly ioCap: Uint8Array }): Uint8Array {
  const { n1, n2, a1, a2, ioCap } = input;
  return cmac(macKey, addressOctets(a2), addressOctets(a1), ioCap, r, n2, n1);
}

/** Value of numeric comparison (2.2.9), 32 bits; its last six decimal digits are shown. */
export function g2(keys: { readonly u: Uint8Array; readonly v: Uint8Array }, x: Uint8Array, y: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = cmac(x, y, keys.v, keys.u);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** AES-CMAC (RFC 4493; Core Vol 3 Part H 2.2.5). Most significant octet first. */
export function aesCmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  const k1 = doubled(aes128(key, zeros(blockOctets)));
  const blocks = Math.max(1, Math.ceil(message.length / blockOctets));
  const lastStart = (blocks - 1) * blockOctets;
  let chain = zeros(blockOctets);
  for (let start = 0; start < lastStart; start += blockOctets) {
    chain = aes128(key, xor(chain, message.subarray(start, start + blockOctets)));
  }
  const rest = message.subarray(lastStart);
  const last = rest.length === blockOctets ? xor(rest, k1) : xor(padded(rest), doubled(k1));
  return aes128(key, xor(chain, last));
}

const blockOctets = 16;

const f5Salt = Uint8Array.from([
  0xbe, 0x83, 0x60, 0x5a, 0xdb, 0x0b, 0x37, 0x60, 0x38, 0xa5, 0xf5, 0xaa, 0x91, 0x83, 0x88, 0x6c,
]);

/** "btle", least significant octet first. */
const f5KeyId = [0x65, 0x6c, 0x74, 0x62];

/** 256 bits. */
const f5Length = [0x00, 0x01];

const kindBit = ({ kind }: SmpAddress): number => (kind === "random" ? 1 : 0);

const addressOctets = (address: SmpAddress): Uint8Array => joined(address.octets, [kindBit(address)]);

const zeros = (octets: number): Uint8Array => new Uint8Array(octets);

/** AES-CMAC of the parts, with key, parts and result least significant octet first. */
const cmac = (key: Uint8Array, ...parts: readonly ArrayLike<number>[]): Uint8Array =>
  aesCmac(key.toReversed(), joined(...parts).toReversed()).toReversed();

const xor = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  one.map((octet, position) => octet ^ (other[position] ?? 0));

/** Multiplication by x in GF(2^128), which makes the subkeys (RFC 4493 2.3). */
function doubled(block: Uint8Array): Uint8Array {
  const result = block.map((octet, position) => (octet << 1) | ((block[position + 1] ?? 0) >> 7));
  if (((block[0] ?? 0) & 0x80) !== 0) result[blockOctets - 1] = (result[blockOctets - 1] ?? 0) ^ 0x87;
  return result;
}

function padded(rest: Uint8Array): Uint8Array {
  const block = zeros(blockOctets);
  block.set(rest);
  block[rest.length] = 0x80;
  return block;
}
