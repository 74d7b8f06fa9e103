import { joined, uint16At, uint16Octets } from "../octets.ts";

/** One L2CAP frame of a fixed channel (Core Vol 3 Part A 3.1). */
export interface L2capFrame {
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** Fixed channels of LE (Core Vol 3 Part A 2.1). */
export const channels = { att: 0x0004, leSignalling: 0x0005, securityManager: 0x0006 } as const;

const headerOctets = 4;
const none = new Uint8Array(0);

/**
 * Puts the ACL fragments of one connection together again (Core Vol 3 Part A 7.2.1). What does not fit together is
 * dropped, as the specification asks, and the next first fragment starts anew: no frame is ever longer than promised.
 */
export class FrameAssembler {
  readonly #payloadOctetsMax: number;
  /** What has come of the frame so far. */
  #octets: Uint8Array = none;
  /** Is a first fragment there that later ones may continue? */
  #isOpen = false;

  constructor(payloadOctetsMax: number) {
    this.#payloadOctetsMax = payloadOctetsMax;
  }

  /** The frame that this fragment completes; null while it is incomplete or where it was dropped. */
  take(isFirst: boolean, fragment: Uint8Array): L2capFrame | null {
    if (isFirst) this.#open();
    else if (!this.#isOpen) return null;
    if (this.#octets.length + fragment.length > headerOctets + this.#payloadOctetsMax) return this.#drop();
    const octets = joined(this.#octets, fragment);
    this.#octets = octets;
    if (octets.length < headerOctets) return null;
    const wholeOctets = headerOctets + uint16At(octets, 0);
    if (wholeOctets > headerOctets + this.#payloadOctetsMax || octets.length > wholeOctets) return this.#drop();
    if (octets.length < wholeOctets) return null;
    this.#drop();
    return { channel: uint16At(octets, 2), payload: octets.slice(headerOctets) };
  }

  #open(): void {
    this.#drop();
    this.#isOpen = true;
  }

  #drop(): null {
    this.#octets = none;
    this.#isOpen = false;
    return null;
  }
}

export const encodeFrame = ({ channel, payload }: L2capFrame): Uint8Array =>
  joined(uint16Octets(payload.length), uint16Octets(channel), payload);
