import type { Random } from "../../../device-drivers/ports/clock.ts";
import type { PairingChoice } from "../../peripherals/pairing-method.ts";
import { drawKeyPair, randomOctets } from "./key-agreement.ts";
import { type PairingChannel, refuse } from "./pairing-channel.ts";
import { smpCodes, smpPdu, smpReasons } from "./smp-pdu.ts";
import { c1, f4, f5, f6, g2, s1, type SmpAddress } from "./toolbox.ts";

/** What the responder's side of phase 2 needs to know (Core Vol 3 Part H 2.3.5). */
export interface KeyExchange {
  readonly channel: PairingChannel;
  readonly random: Random;
  readonly choice: PairingChoice;
  /** The 7 octets of each PDU. */
  readonly pairingRequest: Uint8Array;
  readonly pairingResponse: Uint8Array;
  readonly initiator: SmpAddress;
  readonly responder: SmpAddress;
  /** Of passkey entry: the digits, as soon as they are known at this side. */
  readonly passkey: () => Promise<number>;
  /** Of numeric comparison: does the person say that both show the same? */
  readonly confirms: (digits: number) => Promise<boolean>;
}

const keyOctets = 16;
const coordinateOctets = 32;
const passkeyBits = 20;

/** Legacy pairing (2.3.5.2 to 2.3.5.5). Resolves with the short-term key; rejects with a `PairingFailure`. */
export async function legacyExchange(exchange: KeyExchange): Promise<Uint8Array> {
  const { channel, choice } = exchange;
  const initiatorConfirm = await channel.expect(smpCodes.pairingConfirm);
  const temporaryKey = numberOctets(choice.method === "passkey-entry" ? await exchange.passkey() : 0);
  const random = randomOctets(exchange.random, keyOctets);
  channel.send(smpPdu(smpCodes.pairingConfirm, c1(temporaryKey, random, exchange)));
  const initiatorRandom = await channel.expect(smpCodes.pairingRandom);
  if (!equal(c1(temporaryKey, initiatorRandom, exchange), initiatorConfirm)) {
    throw refuse(smpReasons.confirmValueFailed);
  }
  channel.send(smpPdu(smpCodes.pairingRandom, random));
  return s1(temporaryKey, random, initiatorRandom);
}

/** Secure Connections (2.3.5.6). Resolves with the long-term key; rejects with a `PairingFailure`. */
export async function secureExchange(exchange: KeyExchange): Promise<Uint8Array> {
  const { channel, choice } = exchange;
  const keys = await exchangePublicKeys(exchange);
  const nonces =
    choice.method === "passkey-entry" ? await proveByPasskey(exchange, keys) : await proveByNonce(exchange, keys);
  const { initiator: a1, responder: a2 } = exchange;
  const { macKey, ltk } = f5(keys.dhKey, { n1: nonces.na, n2: nonces.nb, a1, a2 });
  const r = numberOctets(nonces.passkey);
  const ioCapA = exchange.pairingRequest.slice(1, 4);
  const ioCapB = exchange.pairingResponse.slice(1, 4);
  const check = await channel.expect(smpCodes.pairingDhKeyCheck);
  if (!equal(f6(macKey, r, { n1: nonces.na, n2: nonces.nb, ioCap: ioCapA, a1, a2 }), check)) {
    throw refuse(smpReasons.dhKeyCheckFailed);
  }
  const answer = f6(macKey, r, { n1: nonces.nb, n2: nonces.na, ioCap: ioCapB, a1: a2, a2: a1 });
  channel.send(smpPdu(smpCodes.pairingDhKeyCheck, answer));
  return ltk;
}

interface AgreedKeys {
  /** The X coordinates of initiator and responder. */
  readonly ax: Uint8Array;
  readonly bx: Uint8Array;
  readonly dhKey: Uint8Array;
}

interface Nonces {
  readonly na: Uint8Array;
  readonly nb: Uint8Array;
  /** 0 without passkey entry. */
  readonly passkey: number;
}

async function exchangePublicKeys({ channel, random }: KeyExchange): Promise<AgreedKeys> {
  const received = await channel.expect(smpCodes.pairingPublicKey);
  const peer = { x: received.slice(0, coordinateOctets), y: received.slice(coordinateOctets) };
  const own = drawKeyPair(random);
  // A peer that mirrors our key could prove what it does not know (CVE-2020-26558).
  const dhKey = equal(peer.x, own.publicKey.x) ? null : own.agree(peer);
  if (dhKey === null) throw refuse(smpReasons.invalidParameters);
  channel.send(smpPdu(smpCodes.pairingPublicKey, own.publicKey.x, own.publicKey.y));
  return { ax: peer.x, bx: own.publicKey.x, dhKey };
}

/** Just Works and numeric comparison (2.3.5.6.2). */
async function proveByNonce(exchange: KeyExchange, { ax, bx }: AgreedKeys): Promise<Nonces> {
  const { channel, choice, confirms } = exchange;
  const nb = randomOctets(exchange.random, keyOctets);
  channel.send(smpPdu(smpCodes.pairingConfirm, f4({ u: bx, v: ax }, nb, 0)));
  const na = await channel.expect(smpCodes.pairingRandom);
  channel.send(smpPdu(smpCodes.pairingRandom, nb));
  if (choice.method === "numeric-comparison") {
    const digits = g2({ u: ax, v: bx }, na, nb) % 1_000_000;
    if (!(await channel.during(confirms(digits)))) throw refuse(smpReasons.numericComparisonFailed);
  }
  return { na, nb, passkey: 0 };
}

/** Passkey entry (2.3.5.6.3): each side proves the passkey bit by bit, so a guess shows before it is of use. */
async function proveByPasskey(exchange: KeyExchange, { ax, bx }: AgreedKeys): Promise<Nonces> {
  const { channel } = exchange;
  let nonces: Nonces = { na: new Uint8Array(keyOctets), nb: new Uint8Array(keyOctets), passkey: 0 };
  for (let bit = 0; bit < passkeyBits; bit += 1) {
    const initiatorConfirm = await channel.expect(smpCodes.pairingConfirm);
    const passkey = await exchange.passkey();
    const z = 0x80 | ((passkey >> bit) & 1);
    const nb = randomOctets(exchange.random, keyOctets);
    channel.send(smpPdu(smpCodes.pairingConfirm, f4({ u: bx, v: ax }, nb, z)));
    const na = await channel.expect(smpCodes.pairingRandom);
    if (!equal(f4({ u: ax, v: bx }, na, z), initiatorConfirm)) throw refuse(smpReasons.confirmValueFailed);
    channel.send(smpPdu(smpCodes.pairingRandom, nb));
    nonces = { na, nb, passkey };
  }
  return nonces;
}

/** A passkey as 16 octets: the temporary key of legacy pairing, and ra and rb of Secure Connections. */
function numberOctets(passkey: number): Uint8Array {
  const octets = new Uint8Array(keyOctets);
  new DataView(octets.buffer).setUint32(0, passkey, true);
  return octets;
}

const equal = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
