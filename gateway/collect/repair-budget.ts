import type { Clock } from "../../device-drivers/ports/clock.ts";

const hourMs = 3_600_000;

/** So many repairs in any hour, and no more. */
export class RepairBudget {
  readonly #clock: Clock;
  readonly #perHourMax: number;
  readonly #takenMs: number[] = [];

  constructor(clock: Clock, perHourMax: number) {
    this.#clock = clock;
    this.#perHourMax = perHourMax;
  }

  /** Takes one. False if the hour's are spent. */
  take(): boolean {
    if (this.left === 0) return false;
    this.#takenMs.push(this.#clock.monotonicMs());
    return true;
  }

  get left(): number {
    const sinceMs = this.#clock.monotonicMs() - hourMs;
    while ((this.#takenMs[0] ?? Infinity) <= sinceMs) this.#takenMs.shift();
    return this.#perHourMax - this.#takenMs.length;
  }
}
