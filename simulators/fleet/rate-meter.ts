/** Counts what happens in each second. */
export class RateMeter {
  #second = Number.NaN;
  #inSecond = 0;
  #peak = 0;

  add(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += 1;
    this.#peak = Math.max(this.#peak, this.#inSecond);
  }

  get peakPerSecond(): number {
    return this.#peak;
  }

  /** Begins anew, and returns what the peak was. */
  reset(): number {
    const peak = this.#peak;
    this.#peak = 0;
    this.#inSecond = 0;
    return peak;
  }
}
