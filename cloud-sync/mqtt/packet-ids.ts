/**
 * Hands out the packet identifiers of one connection (MQTT 5 §2.2.1): 1 to 65,535, in turn, and never one that is in
 * use. In turn, so that an acknowledgement that comes twice does not meet the next message under the same number; never
 * in use, because mqtt.js would forget the message that had the number before.
 */
export class PacketIds {
  /** Few at a time, so a set: a place for each of them would be 64 KiB for every connection and every attempt at one. */
  readonly #inUse = new Set<number>();
  #last = 0;

  /** Null when all of them are in use. */
  allocate(): number | null {
    if (this.#inUse.size === packetIdMax) return null;
    do this.#last = this.#last === packetIdMax ? 1 : this.#last + 1;
    while (this.#inUse.has(this.#last));
    this.register(this.#last);
    return this.#last;
  }

  getLastAllocated(): number | null {
    return this.#last === 0 ? null : this.#last;
  }

  register(id: number): boolean {
    if (id < 1 || id > packetIdMax || this.#inUse.has(id)) return false;
    this.#inUse.add(id);
    return true;
  }

  deallocate(id: number): void {
    this.#inUse.delete(id);
  }

  clear(): void {
    this.#inUse.clear();
  }
}

const packetIdMax = 65_535;
