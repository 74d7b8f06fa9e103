import type { PairingTraits } from "../../peripherals/pairing-traits.ts";
import { joined } from "../octets.ts";

/** The codes of Security Manager PDUs (Core Vol 3 Part H 3.3). */
export const smpCodes = {
  pairingRequest: 0x01,
  pairingResponse: 0x02,
  pairingConfirm: 0x03,
  pairingRandom: 0x04,
  pairingFailed: 0x05,
  encryptionInformation: 0x06,
  centralIdentification: 0x07,
  identityInformation: 0x08,
  identityAddressInformation: 0x09,
  signingInformation: 0x0a,
  securityRequest: 0x0b,
  pairingPublicKey: 0x0c,
  pairingDhKeyCheck: 0x0d,
  pairingKeypress: 0x0e,
} as const;

/** How long each PDU is, with its code. */
const pduOctets: Readonly<Record<number, number>> = {
  [smpCodes.pairingRequest]: 7,
  [smpCodes.pairingResponse]: 7,
  [smpCodes.pairingConfirm]: 17,
  [smpCodes.pairingRandom]: 17,
  [smpCodes.pairingFailed]: 2,
  [smpCodes.encryptionInformation]: 17,
  [smpCodes.centralIdentification]: 11,
  [smpCodes.identityInformation]: 17,
  [smpCodes.identityAddressInformation]: 8,
  [smpCodes.signingInformation]: 17,
  [smpCodes.securityRequest]: 2,
  [smpCodes.pairingPublicKey]: 65,
  [smpCodes.pairingDhKeyCheck]: 17,
  [smpCodes.pairingKeypress]: 2,
};

/** Why a pairing fails (3.5.5, table 3.7). */
export const smpReasons = {
  passkeyEntryFailed: 0x01,
  oobNotAvailable: 0x02,
  authenticationRequirements: 0x03,
  confirmValueFailed: 0x04,
  pairingNotSupported: 0x05,
  encryptionKeySize: 0x06,
  commandNotSupported: 0x07,
  unspecified: 0x08,
  repeatedAttempts: 0x09,
  invalidParameters: 0x0a,
  dhKeyCheckFailed: 0x0b,
  numericComparisonFailed: 0x0c,
} as const;

/** Bits of a key distribution field (3.6.1). */
export const keyKinds = { encryption: 0x01, identity: 0x02 } as const;

/** What a Pairing Request or a Pairing Response says (3.5.1, 3.5.2). */
export interface PairingFeatures {
  readonly io: PairingTraits["io"];
  readonly hasOobData: boolean;
  readonly bonding: boolean;
  readonly mitm: boolean;
  readonly secureConnections: boolean;
  /** In octets: 7 … 16. */
  readonly keyOctetsMax: number;
  readonly initiatorKeys: number;
  readonly responderKeys: number;
}

const capabilities = [
  "display-only",
  "display-yes-no",
  "keyboard-only",
  "no-input-no-output",
  "keyboard-display",
] as const satisfies readonly PairingTraits["io"][];

const keyOctets = { min: 7, max: 16 } as const;

/** Is it a PDU of a known code and the right length? The reason for which it is refused, or null. */
export function refusalOf(pdu: Uint8Array): number | null {
  const octets = pduOctets[pdu[0] ?? 0];
  if (octets === undefined) return smpReasons.commandNotSupported;
  return pdu.length === octets ? null : smpReasons.invalidParameters;
}

/** Does it give a key? Those go over an encrypted link only (2.4.3). */
export function isKeyPdu(pdu: Uint8Array): boolean {
  const [code = 0] = pdu;
  return code >= smpCodes.encryptionInformation && code <= smpCodes.signingInformation;
}

/** The features of a PDU of 7 octets; null where a field has a value that is not allowed. */
export function decodeFeatures(pdu: Uint8Array): PairingFeatures | null {
  const [, ioCode = 0, oob = 0, authentication = 0, keyOctetsMax = 0, initiatorKeys = 0, responderKeys = 0] = pdu;
  const io = capabilities[ioCode];
  if (io === undefined || oob > 1 || keyOctetsMax < keyOctets.min || keyOctetsMax > keyOctets.max) return null;
  return {
    io,
    hasOobData: oob === 1,
    bonding: (authentication & 0b11) === 0b01,
    mitm: (authentication & 0b100) !== 0,
    secureConnections: (authentication & 0b1000) !== 0,
    keyOctetsMax,
    initiatorKeys,
    responderKeys,
  };
}

export function encodeFeatures(code: number, features: PairingFeatures): Uint8Array {
  return Uint8Array.of(
    code,
    capabilities.indexOf(features.io),
    features.hasOobData ? 1 : 0,
    authenticationRequest(features),
    features.keyOctetsMax,
    features.initiatorKeys,
    features.responderKeys,
  );
}

/** The AuthReq octet (3.5.1), which a Security Request carries as well. */
export const authenticationRequest = (wish: Pick<PairingFeatures, "bonding" | "mitm" | "secureConnections">): number =>
  (wish.bonding ? 0b01 : 0) | (wish.mitm ? 0b100 : 0) | (wish.secureConnections ? 0b1000 : 0);

/** A PDU that is its code and its value. */
export const smpPdu = (code: number, ...values: readonly Uint8Array[]): Uint8Array => joined([code], ...values);
