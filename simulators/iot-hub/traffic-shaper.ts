import type { Clock } from "../../device-drivers/ports/clock.ts";

/**
 * A throttle that first delays and then refuses: bursts pass, what comes faster than the rate waits its turn, and what
 * would wait too long is too much.
 */
export class TrafficShaper {
  readonly #clock: Clock;
  #nextFreeMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long this one has to wait, in milliseconds; null if that is too long. */
  admit({ perSecond, burst, waitMsMax }: Throttle): number | null {
    const nowMs = this.#clock.monotonicMs();
    const stepMs = 1_000 / perSecond;
    const freeMs = Math.max(this.#nextFreeMs, nowMs - burst * stepMs);
    const waitMs = Math.max(0, freeMs - nowMs);
    if (waitMs > waitMsMax) return null;
    this.#nextFreeMs = freeMs + stepMs;
    return waitMs;
  }
}

export interface Throttle {
  readonly perSecond: number;
  /** How many pass at once after a quiet time. */
  readonly burst: number;
  readonly waitMsMax: number;
}
