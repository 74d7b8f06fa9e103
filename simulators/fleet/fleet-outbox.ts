import type { Backlog, Lane, Outbox, OutboxPage, PageRequest, Settlement } from "../../cloud-sync/uplink/outbox.ts";

/**
 * A gateway's outbox in memory, as light as ten thousand of them have to be: what waits, and nothing of what does not.
 * All is fresh. It is no place for real readings: it ends with the process.
 */
export class FleetOutbox implements Outbox {
  /** By their sequence numbers, which ascend. */
  #waiting: Entry[] = [];
  readonly #deadLetters: number[] = [];
  #lastSeq = 0;
  #listener: ((lane: Lane) => void) | null = null;

  /** @param text a reading as JSON; @param number its number in the ledger */
  add(text: string, number: number, at: number): void {
    this.#lastSeq += 1;
    this.#waiting.push({ seq: this.#lastSeq, text, number, at });
    this.#listener?.("fresh");
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The numbers of what waits. */
  waitingNumbers(): readonly number[] {
    return this.#waiting.map(({ number }) => number);
  }

  /** The numbers of what went to the gateway's dead letters. */
  deadLetterNumbers(): readonly number[] {
    return this.#deadLetters;
  }

  async page({ lane, afterSeq, throughSeq, readingsMax, bytesMax }: PageRequest): Promise<OutboxPage | null> {
    if (lane !== "fresh") return null;
    const taken: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#waiting) {
      if (entry.seq <= afterSeq) continue;
      if (entry.seq > (throughSeq ?? Number.POSITIVE_INFINITY) || taken.length >= readingsMax) break;
      // A reading of the contract is ASCII: its characters are its octets.
      const grown = bytes + entry.text.length + (taken.length > 0 ? 1 : 0);
      if (taken.length > 0 && grown > bytesMax) break;
      taken.push(entry);
      bytes = grown;
    }
    if (taken.length === 0) return null;
    const body = new TextEncoder().encode(taken.map(({ text }) => text).join(","));
    return { lane, seqs: Float64Array.from(taken, ({ seq }) => seq), body };
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    for (const settlement of settlements) {
      const settled = this.#waiting.filter(({ seq }) => isSettled(seq, settlement));
      this.#waiting = this.#waiting.filter(({ seq }) => !isSettled(seq, settlement));
      if (settlement.fate === "rejected") this.#deadLetters.push(...settled.map(({ number }) => number));
    }
  }

  async backlog(): Promise<Backlog> {
    return { waiting: this.#waiting.length, oldestUnsentAt: this.#waiting[0]?.at ?? null };
  }

  onAdded(listener: (lane: Lane) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }
}

interface Entry {
  readonly seq: number;
  readonly text: string;
  readonly number: number;
  readonly at: number;
}

const isSettled = (seq: number, settlement: Settlement): boolean =>
  settlement.fate === "rejected"
    ? settlement.seq === seq
    : settlement.seqs.some(([from, through]) => from <= seq && seq <= through);
