import { keyOf } from "../smp/bond-store.ts";
import type { SmpAddress } from "../smp/toolbox.ts";

/** What a device keeps of a bonded client beside its keys (Core Vol 3 Part G 3.3.3.3 and 7.1). */
export interface KnownClient {
  /** CCCDs that are not zero, by handle. */
  readonly configurations: ReadonlyMap<number, number>;
  /** The Database Hash of the table that the client has seen. */
  readonly hash: Uint8Array;
}

const clientsMax = 16;

/** One device's bonded clients, by their identity addresses. */
export class ClientMemory {
  readonly #clients = new Map<string, KnownClient>();

  recall(peer: SmpAddress): KnownClient | null {
    return this.#clients.get(keyOf(peer)) ?? null;
  }

  remember(peer: SmpAddress, client: KnownClient): void {
    this.#clients.delete(keyOf(peer));
    this.#clients.set(keyOf(peer), client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > clientsMax && oldest !== undefined) this.#clients.delete(oldest);
  }

  forgetAll(): void {
    this.#clients.clear();
  }
}
