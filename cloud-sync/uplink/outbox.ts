/**
 * The queue of what is still to be delivered: a port. It is durable, and it is the only queue there is. An entry that is
 * added, also one that comes back from the dead letters, has a higher sequence number than all before it.
 * Adapters: the gateway's store, and the strict twin in `test/doubles`. Contract: `test/contracts/outbox.ts`.
 */
export interface Outbox {
  /**
   * Takes the next entries of a lane after `afterSeq`, oldest first, as one payload-ready page. Reads only: an entry
   * stays until it is settled, and is returned again to whoever asks again. Null when there is none.
   */
  page(request: PageRequest): Promise<OutboxPage | null>;
  /**
   * Keeps the fate of entries, all in one transaction. Unknown or already settled entries are ignored. It survives a
   * crash of the process; a power cut may undo it, which costs a resend and a duplicate at the sink, never a reading.
   */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** How much waits. Cheap: it does not count rows. */
  backlog(): Promise<Backlog>;
  /**
   * Calls back, with the lane, whenever entries are added after the call: a page that is asked for from then on waits
   * for them and shows them, if they were taken. Many additions may come as one call. Returns what ends it.
   */
  onAdded(listener: (lane: Lane) => void): () => void;
  /**
   * Calls back whenever entries were removed that are not to be sent any more, because a person withdrew: pages that were
   * read before may hold them. An outbox that never removes any has no such member. Returns what ends it.
   */
  onRemoved?(listener: () => void): () => void;
}

/** In the order in which they drain: results that need somebody now, results of now, and history. */
export const lanes = ["urgent", "fresh", "backfill"] as const;
export type Lane = (typeof lanes)[number];

export interface PageRequest {
  readonly lane: Lane;
  readonly afterSeq: number;
  /** If given, no entry beyond it is returned: for sending a range again. */
  readonly throughSeq?: number;
  /** Of one page. */
  readonly readingsMax: number;
  readonly bytesMax: number;
  /**
   * How many pages may come in one answer; one where it is not given. An outbox on another thread saves the way there
   * and back; one that has nothing to save may answer with a single page always.
   */
  readonly pagesMax?: number;
}

/**
 * A run of entries of one lane. `body` holds their JSON texts joined by commas, so that an envelope is made around it
 * without parsing or copying each: it never exceeds `bytesMax` unless a single entry does. A page belongs to whoever
 * asked for it: the outbox keeps no hold on its bytes.
 */
export interface OutboxPage {
  readonly lane: Lane;
  /** The sequence numbers, ascending, one for each reading in `body`. */
  readonly seqs: Float64Array;
  readonly body: Uint8Array;
  /** The pages that follow directly, as if each had been asked for after the one before. */
  readonly more?: readonly OutboxPage[];
}

export type Settlement =
  /** The sink has it, now or already. */
  | { readonly lane: Lane; readonly fate: "delivered"; readonly seqs: readonly SeqRange[] }
  /** The sink will never take it as it is: it moves to the gateway's dead letters. */
  | {
      readonly lane: Lane;
      readonly fate: "rejected";
      readonly seq: number;
      readonly code: string;
      readonly reason: string;
    };

/** Both ends inclusive. A range settles every entry of the lane inside it. */
export type SeqRange = readonly [from: number, through: number];

export interface Backlog {
  readonly waiting: number;
  readonly oldestUnsentAt: number | null;
}
