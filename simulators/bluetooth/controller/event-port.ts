import { h4 } from "../hci-transport.ts";

/** Event codes (Core Vol 4 Part E 7.7). */
export const events = {
  disconnectionComplete: 0x05,
  encryptionChange: 0x08,
  readRemoteVersionComplete: 0x0c,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  hardwareError: 0x10,
  numberOfCompletedPackets: 0x13,
  dataBufferOverflow: 0x1a,
  encryptionKeyRefreshComplete: 0x30,
  leMeta: 0x3e,
} as const;

/** Subevent codes of LE Meta (Core Vol 4 Part E 7.7.65). */
export const leEvents = {
  connectionComplete: 0x01,
  advertisingReport: 0x02,
  connectionUpdateComplete: 0x03,
  readRemoteFeaturesComplete: 0x04,
  longTermKeyRequest: 0x05,
  enhancedConnectionComplete: 0x0a,
} as const;

const defaultMask = 0x0000_1fff_ffff_ffffn;
const defaultLeMask = 0x1fn;

/** Sends events to the host, as far as its event masks ask for them (Core Vol 4 Part E 7.3.1 and 7.8.1). */
export class EventPort {
  readonly #send: (packet: Uint8Array) => void;
  #mask = defaultMask;
  #leMask = defaultLeMask;

  constructor(send: (packet: Uint8Array) => void) {
    this.#send = send;
  }

  reset(): void {
    this.#mask = defaultMask;
    this.#leMask = defaultLeMask;
  }

  setMask(mask: bigint): void {
    this.#mask = mask;
  }

  setLeMask(mask: bigint): void {
    this.#leMask = mask;
  }

  /** Each event's bit is its code less one. The answers to commands and the credits cannot be masked. */
  event(code: number, parameters: Uint8Array): void {
    if (!unmaskable.has(code) && !isSet(this.#mask, code - 1)) return;
    const packet = new Uint8Array(3 + parameters.length);
    packet.set([h4.event, code, parameters.length]);
    packet.set(parameters, 3);
    this.#send(packet);
  }

  hears(subevent: number): boolean {
    return isSet(this.#mask, events.leMeta - 1) && isSet(this.#leMask, subevent - 1);
  }

  leEvent(subevent: number, parameters: Uint8Array): void {
    if (this.hears(subevent)) this.event(events.leMeta, Uint8Array.of(subevent, ...parameters));
  }
}

const unmaskable: ReadonlySet<number> = new Set([
  events.commandComplete,
  events.commandStatus,
  events.numberOfCompletedPackets,
]);

const isSet = (mask: bigint, bit: number): boolean => ((mask >> BigInt(bit)) & 1n) === 1n;
