import type { Database } from "./database.ts";

/**
 * What runs on the commit thread: synchronous, and the only code that touches the database. Requests of a group share
 * one transaction, so `execute` neither begins nor ends one, and may be called again for the same request after a
 * rollback: what it keeps in memory has to follow `remember`.
 */
export interface CommitCore<Request, Answer> {
  readonly database: Database;
  kindOf(request: Request): RequestKind;
  execute(request: Request): Answer;
  /** Remembers what is held in memory beside the file; the function that it returns puts it back. */
  remember(): () => void;
  /** The last word in a group's transaction. */
  seal(): void;
  /** After a full disk or quota: frees what may be freed, and says whether to try once more. */
  makeRoom(): boolean;
  /** One short step of housekeeping between groups; false when there is nothing to do until the next group. */
  tidy(): boolean;
  /** Leaves the database clean. Called once, also after a failure. */
  close(): void;
  /** Buffers of an answer that may change hands instead of being copied. */
  buffersOf?(answer: Answer): readonly ArrayBuffer[];
}

/**
 * `write` is on disk before it is answered. `repeatable-write` survives a crash of the process, and a power cut may
 * undo it: only for what is done again at no loss. It waits for no flush unless its group holds a `write`.
 */
export type RequestKind = "read" | "write" | "repeatable-write";
