import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import { idBytes } from "./reading-id-bytes.ts";
import { readingFrom } from "./reading-text.ts";
import type { RemovalSteps } from "./removal-steps.ts";
import type { DatedRow } from "./store-request.ts";

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
  readonly #steps: RemovalSteps;
  readonly #isRemoved: Statement<[id: Uint8Array], number>;
  readonly #withdraw: Statement<[person: string, at: number]>;
  readonly #undated: Statement<[seq: number], { readonly seq: number; readonly id: Uint8Array }>;
  /** When each person withdrew: a copy of the table. */
  #withdrawals: ReadonlyMap<string, number>;

  constructor(sql: Sqlite, steps: RemovalSteps) {
    this.#sql = sql;
    this.#steps = steps;
    this.#isRemoved = sql.prepare<[Uint8Array], number>("SELECT 1 FROM removed WHERE id = ?").pluck();
    this.#withdraw = sql.prepare(
      `INSERT INTO withdrawals (person, at) VALUES (?, ?)
       ON CONFLICT (person) DO UPDATE SET at = max(at, excluded.at)`,
    );
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
    this.#steps.keepAway(id);
    return true;
  }

  /** From now on nothing of theirs is taken that they measured until then. */
  withdraw(person: string, at: number): void {
    this.#withdraw.run(person, at);
    this.#withdrawals = this.#read();
  }

  /** An undated reading that turns out to be theirs, now that it has a date. False if it may be kept. */
  removesDated({ seq, person, body, disposition }: DatedRow, at: number): boolean {
    const isToGo = disposition === "remove";
    if (this.#withdrawals.size === 0 && !isToGo) return false;
    if (this.#steps.takes(seq)) return true;
    if (!isToGo && !this.#isWithdrawn({ person, at, body })) return false;
    const row = this.#undated.get(seq);
    if (row !== undefined) this.#steps.removeRow(row, "undated");
    return true;
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
