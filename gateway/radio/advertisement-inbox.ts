import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";

/** More devices than any room has; beyond it, the one that was heard least recently is dropped. */
const devicesMax = 1_024;

/** Advertisements that nobody took yet: the newest of each device. */
export class AdvertisementInbox {
  readonly #newest = new Map<string, Advertisement>();
  #failure: CarepostError | null = null;
  #wake: (() => void) | null = null;

  put(advertisement: Advertisement): void {
    this.#newest.delete(advertisement.address);
    this.#newest.set(advertisement.address, advertisement);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > devicesMax && oldest !== undefined) this.#newest.delete(oldest);
    this.#wake?.();
  }

  /** Nothing more will come. */
  fail(failure: CarepostError): void {
    this.#failure = failure;
    this.#wake?.();
  }

  /** Ends, without an error, when the signal is aborted; throws the failure once all was taken. */
  async *take(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    while (!signal.aborted) {
      const [oldest] = this.#newest.values();
      if (oldest !== undefined) {
        this.#newest.delete(oldest.address);
        yield oldest;
        continue;
      }
      if (this.#failure !== null) throw this.#failure;
      await this.#arrival(signal);
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
