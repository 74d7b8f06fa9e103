/**
 * Hands out the packet identifiers of one connection (MQTT 5 §2.2.1): 1 to 65,535, in turn, and never one that is in
 * use. In turn, so that an acknowledgement that comes twice does not meet the next message under the same number; never
 * in use, because mqtt.js would forget the message that had the number before.
 */
export class PacketIds {
  readonly #inUse = new Uint8Array(packetIdMax + 1);
  #last = 0;
  #count = 0;

  /** Null when all of them are in use. */
  allocate(): number | null {
    if (this.#count === packetIdMax) return null;
    do this.#last = this.#last === packetIdMax ? 1 : this.#last + 1;
    while (this.#inUse[this.#last] === 1);
    this.register(this.#last);
    return this.#last;
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last;
  }

  register(id: number): boolean {
    if (this.#inUse[id] !== 0) return false;
    this.#inUse[id] = 1;
    this.#count += 1;
    return true;
  }

  deallocate(id: number): void {
    if (this.#inUse[id] !== 1) return;
    this.#inUse[id] = 0;
    this.#count -= 1;
  }

  clear(): void {
    this.#inUse.fill(0);
    this.#count = 0;
  }
}

const packetIdMax = 65_535;
