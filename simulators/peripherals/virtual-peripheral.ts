import type { Result } from "../../device-drivers/kit/result.ts";
import type { Advertisement, GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import type { PairingTraits } from "./pairing-traits.ts";

/**
 * What the virtual air asks of a device: the GATT server side, no more. Everything else that a device is (its memory,
 * its clock, its habits) is its own affair.
 */
export interface VirtualPeripheral {
  /** Upper case, octets parted by colons. Unique in one air. */
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  /** The name and the services that it advertises. */
  readonly name: string | null;
  readonly services: readonly string[];
  readonly characteristics: readonly GattCharacteristic[];
  /** Without a bond it refuses every operation (Insufficient Authentication), as meters do. */
  readonly requiresBond: boolean;
  /** How it pairs, where the air has pairing; absent for `justWorks`. */
  readonly pairing?: PairingTraits;
  /** Is it awake, advertising, and so to be connected to? Asked whenever it matters; it need not tell of a change. */
  isAdvertising(): boolean;
  /** A central has connected. */
  accept(link: PeripheralLink): PeripheralSession;
}

/** One connection, as the device sees it. */
export interface PeripheralLink {
  /** Sends a value without confirmation. Resolves when it is on its way and there is room for another. */
  notify(handle: number, value: Uint8Array): Promise<Delivery>;
  /** Sends a value and waits for its confirmation. One is outstanding at a time; more wait their turn. */
  indicate(handle: number, value: Uint8Array): Promise<Delivery>;
  /** Ends the connection, as a meter does into which a strip is put. */
  disconnect(): void;
  /** Aborted when the connection has ended, whoever ended it. */
  readonly ended: AbortSignal;
}

/**
 * What became of a value. A real device knows only `confirmed`, or not, and so must a virtual one: the other words are
 * for its journal.
 */
export type Delivery = "confirmed" | "handed-over" | "lost" | "link-ended";

/** The device's side of one connection. It answers each request at once; what takes time it does afterwards. */
export interface PeripheralSession {
  read(handle: number): AttResult<Uint8Array>;
  write(handle: number, value: Uint8Array): AttResult;
  /** The client has written the characteristic's CCCD. */
  configure(handle: number, enabled: boolean): AttResult;
}

/** What a GATT server answers: a value, or an ATT error code (Core Vol 3 Part F 3.4.1.1, or the profile's own). */
export type AttResult<T = void> = Result<T, AttError>;
export type AttError = (typeof attErrors)[keyof typeof attErrors];

export const attErrors = {
  readNotPermitted: 0x02,
  writeNotPermitted: 0x03,
  invalidPdu: 0x04,
  insufficientAuthentication: 0x05,
  requestNotSupported: 0x06,
  invalidAttributeLength: 0x0d,
  unlikelyError: 0x0e,
  /** Glucose Service 3.4 and Record Access Control Point. */
  procedureAlreadyInProgress: 0x80,
  /** Current Time Service: the same code, with another meaning. */
  dataFieldIgnored: 0x80,
  cccdImproperlyConfigured: 0x81,
  /** The common codes of newer services (Core Specification Supplement, Part B). */
  commonCccdImproperlyConfigured: 0xfd,
  commonProcedureAlreadyInProgress: 0xfe,
} as const;
