import { joined, uint16At, uint16Octets } from "../octets.ts";

/** One L2CAP frame of a fixed channel (Core Vol 3 Part A 3.1). */
export interface L2capFrame {
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** Fixed channels of LE (Core Vol 3 Part A 2.1). */
export const channels = { att: 0x0004, leSignalling: 0x0005, securityManager: 0x0006 } as const;

const headerOctets = 4;

/**
 * Puts the ACL fragments of one connection together again (Core Vol 3 Part A 7.2.1). What does not fit together is
 * dropped, as the specification asks, and the next first fragment starts anew: no frame is ever longer than promised.
 */
export class FrameAssembler {
  readonly #payloadOctetsMax: number;
  #fragments: Uint8Array[] = [];
  #octets = 0;
  /** Is a first fragment there that later ones may continue? */
  #isOpen = false;

  constructor(payloadOctetsMax: number) {
    this.#payloadOctetsMax = payloadOctetsMax;
  }

  /** The frame that this fragment completes; null while it is incomplete or where it was dropped. */
  take(isFirst: boolean, fragment: Uint8Array): L2capFrame | null {
    if (isFirst) this.#open();
    else if (!this.#isOpen) return null;
    this.#fragments.push(fragment);
    this.#octets += fragment.length;
    if (this.#octets > headerOctets + this.#payloadOctetsMax) return this.#drop();
    if (this.#octets < headerOctets) return null;
    const whole = this.#whole();
    const payloadOctets = uint16At(whole, 0);
    if (payloadOctets > this.#payloadOctetsMax || this.#octets > headerOctets + payloadOctets) return this.#drop();
    if (this.#octets < headerOctets + payloadOctets) return null;
    this.#drop();
    return { channel: uint16At(whole, 2), payload: whole.slice(headerOctets) };
  }

  #open(): void {
    this.#drop();
    this.#isOpen = true;
  }

  #drop(): null {
    this.#fragments = [];
    this.#octets = 0;
    this.#isOpen = false;
    return null;
  }

  #whole(): Uint8Array {
    const whole = joined(...this.#fragments);
    this.#fragments = [whole];
    return whole;
  }
}

export const encodeFrame = ({ channel, payload }: L2capFrame): Uint8Array =>
  joined(uint16Octets(payload.length), uint16Octets(channel), payload);
