import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { Counters } from "./counters.ts";
import type { Tombstone } from "./store.ts";

/** Tombstones that the sink does not know of yet. */
export class TombstoneRows {
  readonly #counters: Counters;
  readonly #list: Statement<[limit: number], Tombstone>;
  readonly #remove: Statement<[id: number]>;

  constructor(sql: Sqlite, counters: Counters) {
    this.#counters = counters;
    this.#list = sql.prepare("SELECT id, readingId, reason, at FROM tombstones ORDER BY id LIMIT ?");
    this.#remove = sql.prepare("DELETE FROM tombstones WHERE id = ?");
  }

  list(limit: number): readonly Tombstone[] {
    return this.#list.all(limit);
  }

  settle(ids: readonly number[]): void {
    for (const id of ids) this.#counters.now.tombstones -= this.#remove.run(id).changes;
  }
}
