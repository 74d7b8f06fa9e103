import type { Statement } from "../../sqlite/connection.ts";
import type { Database } from "../../sqlite/database.ts";
import { careChangeOf } from "../care-change.ts";
import type { CommitOutcome, EventDelivery, StoredEvent } from "../sink.ts";
import type { RosterTables } from "./roster-tables.ts";

/** The SQL of events: few, and small beside readings. */
export class EventTable {
  readonly #insert: Statement<
    [gateway: string, id: Buffer, type: string, at: number, body: string, committedAt: number]
  >;
  readonly #page: Statement<[afterPosition: number, limit: number], StoredEvent>;
  readonly #rosters: Pick<RosterTables, "change">;

  constructor({ sql }: Database, rosters: Pick<RosterTables, "change">) {
    this.#rosters = rosters;
    this.#insert = sql.prepare(
      `INSERT INTO events (gateway, id, type, at, body, committed_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (gateway, id) DO NOTHING`,
    );
    this.#page = sql.prepare(
      `SELECT position, gateway, lower(hex(id)) AS id, type, at, body, committed_at AS committedAt FROM events
       WHERE position > ? ORDER BY position LIMIT ?`,
    );
  }

  commit(events: readonly EventDelivery[], committedAt: number): readonly CommitOutcome[] {
    return events.map((event) => {
      const { gateway, id, type, at, body } = event;
      const octets = Buffer.from(id.replaceAll("-", ""), "hex");
      if (this.#insert.run(gateway, octets, type, at, body, committedAt).changes === 0) return "duplicate";
      const change = careChangeOf(event);
      if (change !== null) this.#rosters.change(change, committedAt);
      return "stored";
    });
  }

  page({ afterPosition, limit }: { readonly afterPosition: number; readonly limit: number }): readonly StoredEvent[] {
    return this.#page.all(afterPosition, limit).map((row) => Object.assign(row, { id: uuidText(row.id) }));
  }
}

const uuidText = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
