import type { Clock } from "../../device-drivers/ports/clock.ts";

/** A loop's bell: it waits for whatever comes first, a call of `notify` or a moment. It never misses a call. */
export class Wakeup {
  readonly #clock: Clock;
  #rung = false;
  #ring: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  notify(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /**
   * Resolves at the first `notify` since the last wait ended, or after `timeoutMs` (null: never).
   * Rejects with the signal's reason when it is aborted.
   */
  async wait(timeoutMs: number | null, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung && (timeoutMs === null || timeoutMs > 0)) await this.#sleep(timeoutMs, signal);
    this.#rung = false;
  }

  async #sleep(timeoutMs: number | null, signal: AbortSignal): Promise<void> {
    const bell = Promise.withResolvers<void>();
    const timer = new AbortController();
    const abort = (): void => bell.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#ring = bell.resolve;
    if (timeoutMs !== null) void this.#ringAfter(timeoutMs, { ring: bell.resolve, signal: timer.signal });
    try {
      await bell.promise;
    } finally {
      this.#ring = null;
      signal.removeEventListener("abort", abort);
      timer.abort();
    }
  }

  async #ringAfter(
    timeoutMs: number,
    { ring, signal }: { readonly ring: () => void; readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      await this.#clock.sleep(timeoutMs, signal);
    } catch {
      // The bell was rung before the moment came.
    }
    ring();
  }
}
