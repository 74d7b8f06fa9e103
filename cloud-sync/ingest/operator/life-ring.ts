import type { LifeEntry, LifeKind } from "./fleet-api.ts";

/** The kinds of entries by the number under which they are kept. */
const lifeKinds: readonly LifeKind[] = [
  "first-heard",
  "connected",
  "lost",
  "restarted",
  "updated",
  "batches",
  "rejected",
  "refused",
  "clock-untrusted",
  "clock-trusted",
  "alarm",
  "alarm-over",
  "radio-up",
  "radio-silent",
  "radio-down",
];

const fields = 4;
const entriesFirst = 4;
const entriesMax = 32;
const hourMs = 3_600_000;

/**
 * The latest things that happened to one gateway, at most 32 of them. Numbers in one array, which begins small: 128
 * bytes for a gateway of which little is known, a kibibyte for one that is seldom quiet.
 */
export class LifeRing {
  #numbers = new Float64Array(entriesFirst * fields);
  #count = 0;

  add(at: number, kind: LifeKind): void {
    this.#push(at, kind, { readings: 0, times: 1 });
  }

  /** Adds to the entry of this kind and hour, if that is the latest of its kind, so that a busy hour is one line. */
  tally(at: number, kind: LifeKind, readings: number): void {
    const hour = Math.floor(at / hourMs) * hourMs;
    const wanted = lifeKinds.indexOf(kind);
    const kept = Math.min(this.#count, entriesMax);
    for (let back = 1; back <= kept; back += 1) {
      const from = this.#slot(this.#count - back);
      if (this.#numbers[from + 1] !== wanted) continue;
      if (Math.floor((this.#numbers[from] ?? 0) / hourMs) * hourMs !== hour) break;
      this.#numbers[from + 2] = (this.#numbers[from + 2] ?? 0) + readings;
      this.#numbers[from + 3] = (this.#numbers[from + 3] ?? 0) + 1;
      return;
    }
    this.#push(at, kind, { readings, times: 1 });
  }

  get isCut(): boolean {
    return this.#count > entriesMax;
  }

  /** The latest last. */
  entries(): readonly LifeEntry[] {
    const kept = Math.min(this.#count, entriesMax);
    return Array.from({ length: kept }, (_, index) => {
      const from = this.#slot(this.#count - kept + index);
      const [at = 0, kind = 0, readings = 0, times = 0] = this.#numbers.subarray(from, from + fields);
      return { at, kind: lifeKinds[kind] ?? "first-heard", readings, times };
    });
  }

  #push(at: number, kind: LifeKind, { readings, times }: { readonly readings: number; readonly times: number }): void {
    if (this.#count * fields === this.#numbers.length && this.#count < entriesMax) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers.set([at, lifeKinds.indexOf(kind), readings, times], this.#slot(this.#count));
    this.#count += 1;
  }

  #slot(index: number): number {
    return (index % entriesMax) * fields;
  }
}
