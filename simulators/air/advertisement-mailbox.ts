import type { Advertisement } from "../../device-drivers/ports/gatt.ts";

/**
 * Advertisements that wait to be taken: the newest of each device, so that nobody's silence fills memory. A device keeps
 * its place in the queue when it is heard again, so that none is passed over for those that come before it in the air.
 */
export class AdvertisementMailbox {
  readonly #newest = new Map<string, Advertisement>();
  #wake: (() => void) | null = null;

  put(advertisement: Advertisement): void {
    this.#newest.set(advertisement.address, advertisement);
    this.#wake?.();
  }

  /** Ends, without an error, when the signal is aborted. */
  async *take(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    while (!signal.aborted) {
      const [oldest] = this.#newest.values();
      if (oldest === undefined) {
        await this.#arrival(signal);
        continue;
      }
      this.#newest.delete(oldest.address);
      yield oldest;
    }
  }

  #arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = null;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}
