import type { HciTransport } from "../hci-transport.ts";

/** A side that takes nothing for so long has gone. */
const waitingPacketsMax = 65_536;

/** A wire between two sides in one process. Packets arrive after the sender's own work is done, in order. */
export function hciPair(): readonly [HciTransport, HciTransport] {
  const over = new AbortController();
  const towardsFirst = new PacketQueue(over);
  const towardsSecond = new PacketQueue(over);
  return [end(towardsFirst, towardsSecond, over), end(towardsSecond, towardsFirst, over)];
}

const end = (incoming: PacketQueue, outgoing: PacketQueue, over: AbortController): HciTransport => ({
  send: (packet) => outgoing.put(packet),
  receive: (take) => incoming.deliverTo(take),
  close: () => over.abort(),
  ended: over.signal,
});

class PacketQueue {
  readonly #over: AbortController;
  readonly #packets: Uint8Array[] = [];
  #take: ((packet: Uint8Array) => void) | null = null;
  #isScheduled = false;

  constructor(over: AbortController) {
    this.#over = over;
  }

  put(packet: Uint8Array): void {
    if (this.#over.signal.aborted) return;
    if (this.#packets.length >= waitingPacketsMax) this.#over.abort();
    // The sender may use its buffer again.
    this.#packets.push(packet.slice());
    this.#schedule();
  }

  deliverTo(take: (packet: Uint8Array) => void): void {
    this.#take = take;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#take === null || this.#packets.length === 0) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  /** One packet at a time: a side that throws has still taken only that one. */
  #deliver(): void {
    const packet = this.#over.signal.aborted ? undefined : this.#packets.shift();
    if (packet === undefined) return;
    this.#schedule();
    this.#take?.(packet);
  }
}
