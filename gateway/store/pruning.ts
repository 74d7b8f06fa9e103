import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { Counters } from "./counters.ts";
import { idText } from "./reading-id-bytes.ts";

/** How many seqs one step looks at, and how many unsent readings it drops. */
const windowSeqs = 512;
const dropRowsMax = 128;

/** Removes readings in short steps: delivered ones first and always, unsent ones only where a policy says so. */
export class Pruning {
  readonly #counters: Counters;
  readonly #next: Statement<[afterSeq: number], { seq: number; storedAt: number }>;
  readonly #prune: Statement<[from: number, through: number, beforeAt: number]>;
  readonly #pruneDiscarded: Statement<[from: number, through: number, beforeAt: number]>;
  readonly #oldestUnsent: Statement<[lane: number, limit: number], { seq: number; id: Uint8Array }>;
  readonly #leave: Statement<[lane: number, seq: number]>;
  readonly #remove: Statement<[seq: number]>;
  readonly #bury: Statement<[readingId: string, at: number]>;
  readonly #unbury: Statement<[readingId: string]>;
  #afterSeq = 0;

  constructor(sql: Sqlite, counters: Counters) {
    this.#counters = counters;
    this.#next = sql.prepare("SELECT seq, storedAt FROM readings WHERE seq > ? ORDER BY seq LIMIT 1");
    this.#prune = sql.prepare(
      `DELETE FROM readings WHERE seq BETWEEN ? AND ? AND storedAt < ?
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane IN (0, 1, 2) AND o.seq = readings.seq)
         AND NOT EXISTS (SELECT 1 FROM held h WHERE h.seq = readings.seq)
         AND NOT EXISTS (SELECT 1 FROM undated u WHERE u.seq = readings.seq)
         AND NOT EXISTS (SELECT 1 FROM deadLetters d WHERE d.seq = readings.seq)`,
    );
    this.#pruneDiscarded = sql.prepare(
      `DELETE FROM discarded WHERE seq BETWEEN ? AND ?
         AND EXISTS (SELECT 1 FROM readings r WHERE r.seq = discarded.seq AND r.storedAt < ?)`,
    );
    this.#oldestUnsent = sql.prepare(
      `SELECT o.seq, r.id FROM outbox o JOIN readings r ON r.seq = o.seq WHERE o.lane = ? ORDER BY o.seq LIMIT ?`,
    );
    this.#leave = sql.prepare("DELETE FROM outbox WHERE lane = ? AND seq = ?");
    this.#remove = sql.prepare("DELETE FROM readings WHERE seq = ?");
    this.#bury = sql.prepare(
      `INSERT INTO tombstones (readingId, reason, at) VALUES (?, 'quota', ?)
       ON CONFLICT (readingId) DO UPDATE SET at = excluded.at`,
    );
    this.#unbury = sql.prepare("DELETE FROM tombstones WHERE readingId = ?");
  }

  /**
   * Removes delivered and discarded readings that were stored before, within the next window of seqs. Returns how many, or null at
   * the end of a pass, when the next call begins anew with the oldest.
   */
  deliveredStep(beforeAt: number): number | null {
    const next = this.#counters.done === 0 ? undefined : this.#next.get(this.#afterSeq);
    if (next === undefined || next.storedAt >= beforeAt) {
      this.#afterSeq = 0;
      return null;
    }
    const through = next.seq + windowSeqs - 1;
    if (this.#counters.now.discarded > 0) {
      this.#counters.now.discarded -= this.#pruneDiscarded.run(next.seq, through, beforeAt).changes;
    }
    const { changes } = this.#prune.run(next.seq, through, beforeAt);
    this.#counters.now.readings -= changes;
    this.#afterSeq = through;
    return changes;
  }

  /** Drops the oldest unsent readings, history before results of now, and leaves a tombstone for each. */
  dropUnsentStep(at: number): number {
    for (const lane of [2, 1, 0]) {
      const oldest = this.#oldestUnsent.all(lane, dropRowsMax);
      for (const { seq, id } of oldest) this.#drop(lane, seq, { readingId: idText(id), at });
      if (oldest.length > 0) return oldest.length;
    }
    return 0;
  }

  /** A reading that was shown again and stored again has no grave any more. */
  resurrect(readingId: string): void {
    if (this.#counters.now.tombstones === 0) return;
    this.#counters.now.tombstones -= this.#unbury.run(readingId).changes;
  }

  #drop(lane: number, seq: number, { readingId, at }: { readonly readingId: string; readonly at: number }): void {
    this.#leave.run(lane, seq);
    this.#remove.run(seq);
    this.#bury.run(readingId, at);
    const { now } = this.#counters;
    now.readings -= 1;
    now.waiting -= 1;
    now.tombstones += 1;
  }
}
