/**
 * How often each record was asked for again because a part of it was missing. Bounded: a meter that never sends what it
 * announces must not hold its own progress back for ever, nor fill the memory.
 */
export class RecordRetries {
  readonly #retriesMax: number;
  readonly #counts = new Map<string, number>();

  constructor(retriesMax: number) {
    this.#retriesMax = retriesMax;
  }

  /** Shall this record be asked for once more? Counts the time that it is. */
  takeOne(deviceId: string, sequenceNumber: number): boolean {
    const key = `${deviceId} ${sequenceNumber}`;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#retriesMax) return false;
    this.#counts.delete(key);
    this.#counts.set(key, count + 1);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > recordsMax && oldest !== undefined) this.#counts.delete(oldest);
    return true;
  }
}

const recordsMax = 4_096;
