import type { Clock } from "../../device-drivers/ports/clock.ts";

export interface WakefulnessOptions {
  /** How long a device advertises after it was used. */
  readonly afterUseMs: number;
  /** It wakes by itself, too; null if it does not. */
  readonly periodic: { readonly everyMs: number; readonly forMs: number } | null;
}

export const wakesAfterUse: WakefulnessOptions = { afterUseMs: 30_000, periodic: null };

/** When a device is awake. Devices run on coin cells: they sleep nearly always. */
export class Wakefulness {
  readonly #clock: Clock;
  readonly #options: WakefulnessOptions;
  readonly #bornMs: number;
  #awakeUntilMs = -1;

  constructor(clock: Clock, options: WakefulnessOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#bornMs = clock.monotonicMs();
  }

  /** Somebody has used it or pressed its button. */
  use(): void {
    this.#awakeUntilMs = this.#clock.monotonicMs() + this.#options.afterUseMs;
  }

  isAwake(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs <= this.#awakeUntilMs) return true;
    const { periodic } = this.#options;
    return periodic !== null && (nowMs - this.#bornMs) % periodic.everyMs < periodic.forMs;
  }
}
