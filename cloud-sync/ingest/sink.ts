import type { Reading } from "../contract/reading.ts";
import type { ReadingRecord } from "./reading-text.ts";
import type { RosterBook, RosterReader } from "./roster-book.ts";

/** Where readings end: a port. Adapters in `sinks/`. Contract: `test/contracts/sink.ts`. */
export interface Sink extends SinkReader {
  /**
   * Commits all of it in one transaction and answers, in the same order, what became of each. Resolves only when it is
   * durable. Rejects with `sink-unavailable` or `sink-full` (try later), or with `sink-data-refused` if one of the
   * readings, whichever, cannot be stored; then nothing was stored.
   */
  commit(deliveries: readonly Delivery[]): Promise<readonly CommitOutcome[]>;
  /**
   * Commits events as `commit` does readings, with the same promises. A gateway's event is known by its id: one that
   * comes again is a duplicate, whatever it says. What new ones say of enrolments is in `rosters` with them.
   */
  commitEvents(events: readonly EventDelivery[]): Promise<readonly CommitOutcome[]>;
  /**
   * Keeps what was wrong, whole, with the reason. Durable when it resolves. The same bytes of the same gateway are kept
   * once, because a gateway without a receipt sends them again. Rejects like `commit`, and with `dead-letters-full`
   * if the gateway has as many as one may have; then none of `letters` was kept.
   */
  keepDeadLetters(letters: readonly NewDeadLetter[]): Promise<void>;
  /** Removes dead letters that were replayed. */
  removeDeadLetters(ids: readonly number[]): Promise<void>;
  /** Rejects as `commit` does. */
  readonly rosters: RosterBook;
}

/** What can be asked of a sink, also from another process. */
export interface SinkReader {
  /** By id, oldest first. */
  deadLetters(query: { readonly afterId: number; readonly limit: number }): Promise<readonly DeadLetter[]>;
  /**
   * Readings in the order in which they were committed, for a feed or an export. A reading that comes again at a later
   * revision moves to the end, so that a feed shows it again. A page may hold other than `limit` of them where several
   * have one position. It is empty only after the last, and where another writer's commit that began earlier is still
   * under way: what could still be preceded by it is shown when it has ended.
   */
  readings(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredReading[]>;
  /** Events in the order in which they were committed, a page at a time, as `readings`. Their positions are their own. */
  events(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredEvent[]>;
  /** The position of the reading that was committed last; 0 if there is none. */
  lastPosition(): Promise<number>;
  /** The position after which the latest `readings` come; 0 if there are no more. Positions need not be dense. */
  positionBefore(readings: number): Promise<number>;
  counts(): Promise<{ readonly readings: number; readonly deadLetters: number }>;
  readonly rosters: RosterReader;
  /** Lets what is under way finish. Idempotent. */
  close(): Promise<void>;
}

export interface Delivery {
  readonly gateway: string;
  /** Where there is a `record`, this is made of it each time that somebody asks. */
  readonly reading: Reading;
  /** What a sink wants to know of the reading, where that is known without parsing it. */
  readonly record?: ReadingRecord;
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

/** An event as the sink keeps it: what it is looked for by, and all of it as text. */
export interface EventDelivery {
  readonly gateway: string;
  /** A UUID in lower case: unique for the gateway. */
  readonly id: string;
  readonly type: string;
  /** When it happened, in milliseconds since 1970, by the gateway's clock. */
  readonly at: number;
  /** The event as JSON, as it came: `receivedEvent` of the contract. */
  readonly body: string;
}

export interface StoredEvent extends EventDelivery {
  readonly position: number;
  readonly committedAt: number;
}
