import type { Clock } from "../../device-drivers/ports/clock.ts";

/** So many a second, and as many at once after a second of rest. */
export class RateLimit {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #perSecondMax: number;
  #left: number;
  #atMs: number;

  constructor(clock: Pick<Clock, "monotonicMs">, perSecondMax: number) {
    this.#clock = clock;
    this.#perSecondMax = perSecondMax;
    this.#left = perSecondMax;
    this.#atMs = clock.monotonicMs();
  }

  /** Takes one, if one is left. */
  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#left = Math.min(this.#perSecondMax, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecondMax);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
