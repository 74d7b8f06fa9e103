import type { Reading } from "../contract/reading.ts";

/** Where readings end: a port. Adapters in `sinks/`. Contract: `test/contracts/sink.ts`. */
export interface Sink {
  /**
   * Commits all of it in one transaction and answers, in the same order, what became of each. Resolves only when it is
   * durable. Rejects with `sink-unavailable` (try later) or `sink-full`; then nothing was stored.
   */
  commit(deliveries: readonly Delivery[]): Promise<readonly CommitOutcome[]>;
  /** Keeps what was wrong, whole, with the reason. Durable when it resolves. */
  keepDeadLetters(letters: readonly NewDeadLetter[]): Promise<void>;
  deadLetters(query: { readonly afterId: number; readonly limit: number }): Promise<readonly DeadLetter[]>;
  /** Removes dead letters that were replayed. */
  removeDeadLetters(ids: readonly number[]): Promise<void>;
  /** Readings in the order in which they were committed, for a feed or an export. */
  readings(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredReading[]>;
  counts(): Promise<{ readonly readings: number; readonly deadLetters: number }>;
  close(): Promise<void>;
}

export interface Delivery {
  readonly gateway: string;
  readonly reading: Reading;
}

/** `duplicate`: the sink has this id at this revision or a later one. */
export type CommitOutcome = "stored" | "duplicate";

export interface NewDeadLetter {
  readonly gateway: string;
  readonly code: string;
  readonly reason: string;
  /** The reading, or the whole message where no reading could be told apart, as it came. */
  readonly payload: Uint8Array;
  readonly receivedAt: number;
}

export interface DeadLetter extends NewDeadLetter {
  readonly id: number;
}

export interface StoredReading extends Delivery {
  readonly position: number;
  readonly committedAt: number;
}
