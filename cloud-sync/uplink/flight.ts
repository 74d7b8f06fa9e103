import type { Lane } from "./outbox.ts";

/** Entries of one lane that were tried and are to be tried again: not their bytes, which stay in the outbox. */
export interface Piece {
  readonly lane: Lane;
  readonly seqs: Float64Array;
  readonly history: AttemptHistory;
  /** Not before this moment of the monotonic clock. */
  readonly dueMs: number;
}

/** How entries fared so far: by this a poisoned reading is told from a bad day of everybody's. */
export interface AttemptHistory {
  /** How often they were sent and failed by themselves. */
  readonly failures: number;
  /** How many of those failures had a witness: something that was sent since the one before, and was delivered. */
  readonly witnessed: number;
  /** How often a connection ended while they were on their way and not yet acknowledged. */
  readonly losses: number;
  /** The ordinal of the last batch that was sent before the last failure, or of the first try. */
  readonly since: number;
}

/** One batch that was sent and has no receipt for each of its readings yet. */
export interface Flight extends Departure {
  /** Batches count from 1 as they are sent. */
  readonly ordinal: number;
  readonly history: AttemptHistory;
  /** When the broker acknowledged it; null before that. */
  acknowledgedMs: number | null;
  /** A 1 for each position that a receipt has named. */
  readonly answered: Uint8Array;
  openCount: number;
}

/** A batch that is about to be sent. */
export interface Departure {
  readonly id: string;
  readonly lane: Lane;
  readonly seqs: Float64Array;
  readonly bytes: number;
  /** Of the piece that it is made from; null for entries that were never sent. */
  readonly earlier: AttemptHistory | null;
  /** Sent alone, because connections ended under it: what now befalls the connection befalls it because of this. */
  readonly suspect: boolean;
  /** It holds less than half of what a batch may hold, because its lane had no more. */
  readonly small: boolean;
}

/** The entries of a flight that no receipt has named. */
export function openSeqs(flight: Flight): Float64Array {
  return flight.seqs.filter((_seq, position) => flight.answered[position] === 0);
}
