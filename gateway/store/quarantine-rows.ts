import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { Counters } from "./counters.ts";
import type { NewQuarantineEntry, QuarantineEntry } from "./store.ts";

type Row = Omit<QuarantineEntry, "frames"> & { readonly frames: string };
type NewRow = Omit<NewQuarantineEntry, "frames"> & { readonly frames: string; readonly digest: Uint8Array };

/** Frames that are no reading. They are diagnostics: bounded in number, and the first to go for want of space. */
export class QuarantineRows {
  readonly #counters: Counters;
  readonly #insert: Statement<[NewRow]>;
  readonly #list: Statement<[afterId: number, limit: number], Row>;
  readonly #dropOldest: Statement<[limit: number]>;
  readonly #dropBefore: Statement<[beforeAt: number, limit: number]>;

  constructor(sql: Sqlite, counters: Counters) {
    this.#counters = counters;
    this.#insert = sql.prepare(
      `INSERT INTO quarantine (digest, deviceId, reason, detail, frames, at)
       VALUES (@digest, @deviceId, @reason, @detail, @frames, @at) ON CONFLICT (digest) DO NOTHING`,
    );
    this.#list = sql.prepare(
      "SELECT id, deviceId, reason, detail, frames, at FROM quarantine WHERE id > ? ORDER BY id LIMIT ?",
    );
    this.#dropOldest = sql.prepare(
      "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine ORDER BY id LIMIT ?)",
    );
    this.#dropBefore = sql.prepare(
      "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < ? ORDER BY id LIMIT ?)",
    );
  }

  add(entry: NewQuarantineEntry, digest: Uint8Array): void {
    const { deviceId, reason, detail, frames, at } = entry;
    const row = { digest, deviceId, reason, detail, at, frames: JSON.stringify(frames) };
    this.#counters.now.quarantined += this.#insert.run(row).changes;
    const tooMany = this.#counters.now.quarantined - quarantineRowsMax;
    if (tooMany > 0) this.#counters.now.quarantined -= this.#dropOldest.run(tooMany).changes;
  }

  list(afterId: number, limit: number): readonly QuarantineEntry[] {
    return this.#list.all(afterId, limit).map(({ id, deviceId, reason, detail, frames: text, at }) => {
      const frames: QuarantineEntry["frames"] = JSON.parse(text);
      return { id, deviceId, reason, detail, frames, at };
    });
  }

  /** Returns how many. */
  dropBefore(beforeAt: number, limit: number): number {
    const { changes } = this.#dropBefore.run(beforeAt, limit);
    this.#counters.now.quarantined -= changes;
    return changes;
  }
}

/** A device that sends nothing but rubbish must not fill the disk with it. */
const quarantineRowsMax = 10_000;
