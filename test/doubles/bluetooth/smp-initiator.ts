import type { Random } from "../../../device-drivers/ports/clock.ts";
import { drawKeyPair, randomOctets } from "../../../simulators/bluetooth/smp/key-agreement.ts";
import { type PairingChannel, refuse } from "../../../simulators/bluetooth/smp/pairing-channel.ts";
import {
  decodeFeatures,
  encodeFeatures,
  keyKinds,
  type PairingFeatures,
  smpCodes,
  smpPdu,
  smpReasons,
} from "../../../simulators/bluetooth/smp/smp-pdu.ts";
import { c1, f4, f5, f6, g2, s1, type SmpAddress } from "../../../simulators/bluetooth/smp/toolbox.ts";
import { type PairingChoice, pairingMethod } from "../../../simulators/peripherals/pairing-method.ts";
import type { CentralBond } from "./central-link.ts";

/** The person at the central, and what the central can do. */
export interface InitiatorDialogue {
  readonly io: PairingFeatures["io"];
  readonly mitm: boolean;
  readonly secureConnections: boolean;
  /** The digits of passkey entry, whoever shows them. */
  readonly passkey?: () => number | Promise<number>;
  /** Do both show the same? */
  readonly confirm?: (digits: number) => boolean | Promise<boolean>;
}

export interface Initiation {
  readonly channel: PairingChannel;
  readonly dialogue: InitiatorDialogue;
  readonly random: Random;
  readonly own: SmpAddress;
  readonly peer: SmpAddress;
  /** Resolves with the status of the encryption. */
  readonly encrypt: (bond: CentralBond) => Promise<number>;
}

interface Phase {
  readonly initiation: Initiation;
  readonly choice: PairingChoice;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** The initiator's side of a pairing (Core Vol 3 Part H 2.3.5 and 2.4). Rejects with a `PairingFailure`. */
export async function initiatePairing(initiation: Initiation): Promise<CentralBond> {
  const { channel, dialogue, encrypt } = initiation;
  const request = encodeFeatures(smpCodes.pairingRequest, {
    io: dialogue.io,
    mitm: dialogue.mitm,
    secureConnections: dialogue.secureConnections,
    hasOobData: false,
    bonding: true,
    keyOctetsMax: 16,
    initiatorKeys: 0,
    responderKeys: keyKinds.encryption,
  });
  channel.send(request);
  const response = Uint8Array.of(smpCodes.pairingResponse, ...(await channel.expect(smpCodes.pairingResponse)));
  const features = decodeFeatures(response);
  if (features === null) throw refuse(smpReasons.invalidParameters);
  const choice = pairingMethod(dialogue, features);
  const phase = { initiation, choice, request, response };
  const key = choice.secureConnections ? await secureKey(phase) : await legacyKey(phase);
  const bond = { key, random: new Uint8Array(8), diversifier: 0, isAuthenticated: choice.authenticated };
  const status = await channel.during(encrypt(bond));
  if (status !== 0) throw refuse(smpReasons.unspecified);
  const isKeyPromised = ((response[6] ?? 0) & keyKinds.encryption) !== 0;
  return choice.secureConnections || !isKeyPromised ? bond : await distributedBond(channel, choice);
}

/** A responder without Secure Connections sends the key for later connections over the encrypted link (2.4.3). */
async function distributedBond(channel: PairingChannel, choice: PairingChoice): Promise<CentralBond> {
  const key = await channel.expect(smpCodes.encryptionInformation);
  const identification = await channel.expect(smpCodes.centralIdentification);
  const diversifier = (identification[0] ?? 0) | ((identification[1] ?? 0) << 8);
  return { key, diversifier, random: identification.slice(2), isAuthenticated: choice.authenticated };
}

async function legacyKey({ initiation, choice, request, response }: Phase): Promise<Uint8Array> {
  const { channel, own, peer } = initiation;
  const input = { pairingRequest: request, pairingResponse: response, initiator: own, responder: peer };
  const temporaryKey = numberOctets(choice.method === "passkey-entry" ? await passkeyOf(initiation) : 0);
  const random = randomOctets(initiation.random, 16);
  channel.send(smpPdu(smpCodes.pairingConfirm, c1(temporaryKey, random, input)));
  const confirm = await channel.expect(smpCodes.pairingConfirm);
  channel.send(smpPdu(smpCodes.pairingRandom, random));
  const theirs = await channel.expect(smpCodes.pairingRandom);
  if (Buffer.compare(c1(temporaryKey, theirs, input), confirm) !== 0) give(channel, smpReasons.confirmValueFailed);
  return s1(temporaryKey, theirs, random);
}

async function secureKey(phase: Phase): Promise<Uint8Array> {
  const { initiation, choice, request, response } = phase;
  const { channel, own, peer } = initiation;
  const pair = drawKeyPair(initiation.random);
  channel.send(smpPdu(smpCodes.pairingPublicKey, pair.publicKey.x, pair.publicKey.y));
  const theirs = await channel.expect(smpCodes.pairingPublicKey);
  const dhKey = pair.agree({ x: theirs.slice(0, 32), y: theirs.slice(32) });
  if (dhKey === null) return give(channel, smpReasons.invalidParameters);
  const keys = { u: pair.publicKey.x, v: theirs.slice(0, 32) };
  const isPasskey = choice.method === "passkey-entry";
  const proof = isPasskey ? await proveByPasskey(initiation, keys) : await proveByNonce(phase, keys);
  const { na, nb, passkey } = proof;
  const { macKey, ltk } = f5(dhKey, { n1: na, n2: nb, a1: own, a2: peer });
  const r = numberOctets(passkey);
  const check = f6(macKey, r, { n1: na, n2: nb, ioCap: request.slice(1, 4), a1: own, a2: peer });
  channel.send(smpPdu(smpCodes.pairingDhKeyCheck, check));
  const expected = f6(macKey, r, { n1: nb, n2: na, ioCap: response.slice(1, 4), a1: peer, a2: own });
  const answer = await channel.expect(smpCodes.pairingDhKeyCheck);
  if (Buffer.compare(answer, expected) !== 0) give(channel, smpReasons.dhKeyCheckFailed);
  return ltk;
}

interface Coordinates {
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

interface Proof {
  readonly na: Uint8Array;
  readonly nb: Uint8Array;
  readonly passkey: number;
}

async function proveByNonce({ initiation, choice }: Phase, { u, v }: Coordinates): Promise<Proof> {
  const { channel, dialogue } = initiation;
  const confirm = await channel.expect(smpCodes.pairingConfirm);
  const na = randomOctets(initiation.random, 16);
  channel.send(smpPdu(smpCodes.pairingRandom, na));
  const nb = await channel.expect(smpCodes.pairingRandom);
  if (Buffer.compare(f4({ u: v, v: u }, nb, 0), confirm) !== 0) give(channel, smpReasons.confirmValueFailed);
  if (choice.method === "numeric-comparison") {
    const isSame = (await dialogue.confirm?.(g2({ u, v }, na, nb) % 1_000_000)) ?? true;
    if (!isSame) give(channel, smpReasons.numericComparisonFailed);
  }
  return { na, nb, passkey: 0 };
}

async function proveByPasskey(initiation: Initiation, { u, v }: Coordinates): Promise<Proof> {
  const { channel } = initiation;
  const passkey = await passkeyOf(initiation);
  let proof: Proof = { na: new Uint8Array(16), nb: new Uint8Array(16), passkey };
  for (let bit = 0; bit < 20; bit += 1) {
    const z = 0x80 | ((passkey >> bit) & 1);
    const na = randomOctets(initiation.random, 16);
    channel.send(smpPdu(smpCodes.pairingConfirm, f4({ u, v }, na, z)));
    const confirm = await channel.expect(smpCodes.pairingConfirm);
    channel.send(smpPdu(smpCodes.pairingRandom, na));
    const nb = await channel.expect(smpCodes.pairingRandom);
    if (Buffer.compare(f4({ u: v, v: u }, nb, z), confirm) !== 0) give(channel, smpReasons.confirmValueFailed);
    proof = { na, nb, passkey };
  }
  return proof;
}

const passkeyOf = async ({ channel, dialogue }: Initiation): Promise<number> =>
  await channel.during(Promise.resolve(dialogue.passkey?.() ?? 0));

/** Tells the peer, and gives up. */
function give(channel: PairingChannel, reason: number): never {
  channel.send(smpPdu(smpCodes.pairingFailed, Uint8Array.of(reason)));
  throw refuse(reason);
}

function numberOctets(number: number): Uint8Array {
  const octets = new Uint8Array(16);
  new DataView(octets.buffer).setUint32(0, number, true);
  return octets;
}
