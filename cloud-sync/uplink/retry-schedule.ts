import type { Random } from "../../device-drivers/ports/clock.ts";

export interface RetryPolicy {
  /** The first delay is drawn from 0 to this. */
  readonly firstDelayMaxMs: number;
  /** No delay is longer, however often it failed. */
  readonly delayMaxMs: number;
}

/**
 * How long to wait before the next try: exponential back-off with full jitter. Each delay is drawn evenly from zero to
 * a bound that doubles with each failure up to the cap, so that a fleet which failed together does not try together.
 */
export class RetrySchedule {
  readonly #policy: RetryPolicy;
  readonly #random: Random;
  #failures = 0;

  constructor(policy: RetryPolicy, random: Random) {
    this.#policy = policy;
    this.#random = random;
  }

  nextDelayMs(): number {
    const bound = Math.min(this.#policy.delayMaxMs, this.#policy.firstDelayMaxMs * 2 ** Math.min(this.#failures, 40));
    this.#failures += 1;
    return this.#random() * bound;
  }

  reset(): void {
    this.#failures = 0;
  }
}
