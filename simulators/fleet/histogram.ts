/**
 * Durations in a fixed room, however many: each is counted in a bucket that is 4 percent wide, from 10 µs to hours. A
 * percentile is therefore exact to 4 percent; the largest is exact.
 */
export class Histogram {
  readonly #buckets = new Uint32Array(bucketsMax);
  #count = 0;
  #max = 0;

  add(durationMs: number): void {
    const bucket = Math.floor(Math.log(Math.max(durationMs, smallestMs) / smallestMs) / Math.log(growth));
    const place = Math.min(bucketsMax - 1, bucket);
    this.#buckets[place] = (this.#buckets[place] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, durationMs);
  }

  summary(): Percentiles {
    return { count: this.#count, p50: this.#at(0.5), p95: this.#at(0.95), p99: this.#at(0.99), max: this.#max };
  }

  /** The upper end of the bucket that this share of all lies below. */
  #at(share: number): number {
    let rest = Math.ceil(share * this.#count);
    if (rest === 0) return 0;
    const bucket = this.#buckets.findIndex((count) => {
      rest -= count;
      return rest <= 0;
    });
    return Math.min(this.#max, smallestMs * growth ** (bucket + 1));
  }
}

/** In milliseconds; all zero where nothing was counted. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const growth = 1.04;
const smallestMs = 0.01;
/** 0.01 ms × 1.04^560 is 9.6 hours. */
const bucketsMax = 560;
