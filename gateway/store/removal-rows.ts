import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { Counters } from "./counters.ts";
import { idBytes } from "./reading-id-bytes.ts";
import { readingFrom } from "./reading-text.ts";
import type { DatedRow } from "./store-request.ts";

type StateCounter = "waiting" | "held" | "undated" | "deadLetters" | "discarded";

interface LeavingRow {
  readonly seq: number;
  readonly id: Uint8Array;
}

/** A reading on its way into the store. */
interface Arrival {
  readonly id: string;
  readonly person: string | null;
  /** When it is stored: stands in where its own time is unknown. */
  readonly at: number;
  readonly body: string;
}

/**
 * What goes when a person withdraws, and does not come back: their undelivered readings, by their ids, and whatever
 * else they measured until then, when a device shows it later. While nobody has withdrawn, no reading is looked up.
 */
export class RemovalRows {
  readonly #sql: Sqlite;
  readonly #counters: Counters;
  readonly #isRemoved: Statement<[id: Uint8Array], number>;
  readonly #remember: Statement<[id: Uint8Array]>;
  readonly #withdraw: Statement<[person: string, at: number]>;
  readonly #leave: Statement<[seq: number]>;
  readonly #remove: Statement<[seq: number]>;
  readonly #undated: Statement<[seq: number], LeavingRow>;
  /** When each person withdrew: a copy of the table. */
  #withdrawals: ReadonlyMap<string, number>;

  constructor(sql: Sqlite, counters: Counters) {
    this.#sql = sql;
    this.#counters = counters;
    this.#isRemoved = sql.prepare<[Uint8Array], number>("SELECT 1 FROM removed WHERE id = ?").pluck();
    this.#remember = sql.prepare("INSERT INTO removed (id) VALUES (?) ON CONFLICT DO NOTHING");
    this.#withdraw = sql.prepare(
      `INSERT INTO withdrawals (person, at) VALUES (?, ?)
       ON CONFLICT (person) DO UPDATE SET at = max(at, excluded.at)`,
    );
    this.#leave = sql.prepare("DELETE FROM outbox WHERE lane IN (0, 1, 2) AND seq = ?");
    this.#remove = sql.prepare("DELETE FROM readings WHERE seq = ?");
    this.#undated = sql.prepare("SELECT r.seq, r.id FROM undated u JOIN readings r ON r.seq = u.seq WHERE u.seq = ?");
    this.#withdrawals = this.#read();
  }

  /** When this person withdrew last; null if never. */
  withdrawnAt(person: string): number | null {
    return this.#withdrawals.get(person) ?? null;
  }

  /** Is this a reading that may not be stored any more? Once turned away, it is so for good. */
  turnsAway(arrival: Arrival): boolean {
    if (this.#withdrawals.size === 0) return false;
    const id = idBytes(arrival.id);
    if (this.#isRemoved.get(id) !== undefined) return true;
    if (!this.#isWithdrawn(arrival)) return false;
    this.#remember.run(id);
    return true;
  }

  /** Removes what is theirs and was not delivered. Returns how many readings. */
  withdraw(person: string, at: number): number {
    this.#withdraw.run(person, at);
    this.#withdrawals = this.#read();
    return stateTables.reduce((removed, { table, counter }) => removed + this.#empty(person, { table, counter }), 0);
  }

  /** An undated reading that turns out to be theirs, now that it has a date. False if it may be kept. */
  removesDated({ seq, person, body }: DatedRow, at: number): boolean {
    if (this.#withdrawals.size === 0 || !this.#isWithdrawn({ person, at, body })) return false;
    const row = this.#undated.get(seq);
    if (row === undefined) return true;
    this.#removeRow(seq, row.id);
    this.#counters.now.undated -= 1;
    return true;
  }

  #removeRow(seq: number, id: Uint8Array): void {
    this.#remember.run(id);
    this.#leave.run(seq);
    this.#remove.run(seq);
    this.#counters.now.readings -= 1;
  }

  remember(): () => void {
    const before = this.#withdrawals;
    return () => {
      if (before !== this.#withdrawals) this.#withdrawals = this.#read();
    };
  }

  /** After rows came from elsewhere. */
  refresh(): void {
    this.#withdrawals = this.#read();
  }

  #empty(person: string, { table, counter }: StateTable): number {
    const leaving = this.#sql
      .prepare<[string], LeavingRow>(
        `SELECT r.seq, r.id FROM ${table} s JOIN readings r ON r.seq = s.seq WHERE r.person = ?`,
      )
      .all(person);
    for (const { seq, id } of leaving) this.#removeRow(seq, id);
    this.#counters.now[counter] -= leaving.length;
    return leaving.length;
  }

  #isWithdrawn({ person, at, body }: Omit<Arrival, "id">): boolean {
    const withdrawnAt = person === null ? null : this.withdrawnAt(person);
    if (withdrawnAt === null) return false;
    const { measured, received } = readingFrom(body).time;
    const known = measured ?? received;
    return (known === null ? at : Date.parse(known)) <= withdrawnAt;
  }

  #read(): ReadonlyMap<string, number> {
    const rows = this.#sql.prepare<[], { person: string; at: number }>("SELECT person, at FROM withdrawals").all();
    return new Map(rows.map(({ person, at }) => [person, at]));
  }
}

interface StateTable {
  readonly table: string;
  readonly counter: StateCounter;
}

/** Where a reading stands that was not delivered. What refers to it there goes with it. */
const stateTables: readonly StateTable[] = [
  { table: "outbox", counter: "waiting" },
  { table: "held", counter: "held" },
  { table: "undated", counter: "undated" },
  { table: "deadLetters", counter: "deadLetters" },
  { table: "discarded", counter: "discarded" },
];
