import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";

export interface EventRow {
  readonly seq: number;
  readonly body: string;
}

/** Events that are still to be delivered. One that waits for the end of a removal holds back those behind it: they keep their order. */
export class EventRows {
  readonly #insert: Statement<[id: string, body: string]>;
  readonly #list: Statement<[afterSeq: number, limit: number], EventRow>;
  readonly #remove: Statement<[seq: number]>;

  constructor(sql: Sqlite) {
    this.#insert = sql.prepare("INSERT INTO events (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING");
    this.#list = sql.prepare(
      `SELECT seq, body FROM events
       WHERE seq > ? AND seq < coalesce((SELECT min(event) FROM removals), 9e18) ORDER BY seq LIMIT ?`,
    );
    this.#remove = sql.prepare("DELETE FROM events WHERE seq = ?");
  }

  /** Returns its `seq`; null if it is there already. */
  add(event: GatewayEvent): number | null {
    const { changes, lastInsertRowid } = this.#insert.run(event.id, JSON.stringify(event));
    return changes === 0 ? null : Number(lastInsertRowid);
  }

  list(afterSeq: number, limit: number): readonly EventRow[] {
    return this.#list.all(afterSeq, limit);
  }

  settle(seqs: readonly number[]): void {
    for (const seq of seqs) this.#remove.run(seq);
  }
}
