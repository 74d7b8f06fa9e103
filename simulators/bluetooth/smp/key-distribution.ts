import type { Random } from "../../../device-drivers/ports/clock.ts";
import { integerBetween } from "../../random.ts";
import { uint16Octets } from "../octets.ts";
import { randomOctets } from "./key-agreement.ts";
import type { PairingChannel } from "./pairing-channel.ts";
import { keyKinds, type PairingFeatures, smpCodes, smpPdu } from "./smp-pdu.ts";
import type { SmpAddress } from "./toolbox.ts";

/** By what a device with private addresses is recognised (Core Vol 3 Part H 2.4.2.1). */
export interface Identity {
  readonly irk: Uint8Array;
  readonly address: SmpAddress;
}

export interface DistributedKeys {
  /** Of legacy pairing, where one was asked for. */
  readonly ltk: { readonly key: Uint8Array; readonly random: Uint8Array; readonly diversifier: number } | null;
  readonly peerIdentity: Identity | null;
}

export interface KeyDistribution {
  readonly channel: PairingChannel;
  readonly random: Random;
  readonly request: PairingFeatures;
  readonly response: PairingFeatures;
  readonly identity: Identity | null;
}

/** Phase 3 (Core Vol 3 Part H 2.4.3): the responder gives its keys first, then the initiator its own. */
export async function distributeKeys(distribution: KeyDistribution): Promise<DistributedKeys> {
  const { channel, response, identity } = distribution;
  const ltk = (response.responderKeys & keyKinds.encryption) === 0 ? null : giveLongTermKey(distribution);
  if ((response.responderKeys & keyKinds.identity) !== 0 && identity !== null) {
    channel.send(smpPdu(smpCodes.identityInformation, identity.irk));
    channel.send(smpPdu(smpCodes.identityAddressInformation, ...addressFields(identity.address)));
  }
  if ((response.initiatorKeys & keyKinds.identity) === 0) return { ltk, peerIdentity: null };
  const irk = await channel.expect(smpCodes.identityInformation);
  const address = await channel.expect(smpCodes.identityAddressInformation);
  return { ltk, peerIdentity: peerIdentity(irk, address) };
}

function giveLongTermKey({ channel, random, request, response }: KeyDistribution): DistributedKeys["ltk"] {
  const octets = Math.min(request.keyOctetsMax, response.keyOctetsMax);
  const key = new Uint8Array(16);
  key.set(randomOctets(random, octets));
  const number = randomOctets(random, 8);
  // Zero would stand for a key without a number.
  const diversifier = integerBetween(random, 1, 0xffff);
  channel.send(smpPdu(smpCodes.encryptionInformation, key));
  channel.send(smpPdu(smpCodes.centralIdentification, uint16Octets(diversifier), number));
  return { key, random: number, diversifier };
}

const addressFields = ({ kind, octets }: SmpAddress): readonly Uint8Array[] => [
  Uint8Array.of(kind === "random" ? 1 : 0),
  octets,
];

/** A key of zeros means that the peer's address is no private one. */
function peerIdentity(irk: Uint8Array, address: Uint8Array): Identity | null {
  if (irk.every((octet) => octet === 0)) return null;
  return { irk, address: { kind: address[0] === 1 ? "random" : "public", octets: address.slice(1) } };
}
