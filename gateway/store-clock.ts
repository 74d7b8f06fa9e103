import type { Clock } from "../device-drivers/ports/clock.ts";
import type { ClockTrust } from "./collect/clock-trust.ts";

/**
 * The clock by which the store judges age: a wall clock that jumps ten years ahead must not make everything old. The
 * store is opened before the clock can be judged, so until it is, this is the machine's own.
 */
export class StoreClock implements Clock {
  readonly #clock: Clock;
  #trust: ClockTrust | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  follow(trust: ClockTrust): void {
    this.#trust = trust;
  }

  now(): number {
    return this.#trust?.likelyNow() ?? this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(durationMs, signal);
  }
}
