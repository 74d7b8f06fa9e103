import { joined } from "../octets.ts";
import { attCodes, AttError, valueOctetsMax } from "./att-pdu.ts";

export interface PreparedWrite {
  readonly handle: number;
  readonly offset: number;
  readonly part: Uint8Array;
}

/** Enough for two values of the longest kind by the smallest MTU. */
const partsMax = 64;

/** The prepare queue of one client (Core Vol 3 Part F 3.4.6). */
export class PreparedWrites {
  #parts: PreparedWrite[] = [];

  /** @throws AttError where the queue is full */
  add(part: PreparedWrite): void {
    if (this.#parts.length >= partsMax) throw new AttError(part.handle, attCodes.prepareQueueFull);
    this.#parts.push(part);
  }

  clear(): void {
    this.#parts = [];
  }

  /**
   * Takes the values out of the queue, whole and in the order in which they were begun.
   * @throws AttError where parts leave a gap or make too long a value; then nothing is to be written
   */
  take(): readonly { readonly handle: number; readonly value: Uint8Array }[] {
    const values = new Map<number, Uint8Array>();
    const parts = this.#parts;
    this.clear();
    for (const { handle, offset, part } of parts) {
      const before = values.get(handle) ?? new Uint8Array(0);
      if (offset > before.length) throw new AttError(handle, attCodes.invalidOffset);
      const value = joined(before.subarray(0, offset), part, before.subarray(offset + part.length));
      if (value.length > valueOctetsMax) throw new AttError(handle, attCodes.invalidAttributeLength);
      values.set(handle, value);
    }
    return Array.from(values, ([handle, value]) => ({ handle, value }));
  }
}
