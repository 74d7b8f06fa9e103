import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { Counters, Counts } from "./counters.ts";

type StateCounter = "waiting" | "held" | "undated" | "deadLetters" | "discarded";

/** A removal that is under way: how far it is. */
interface Removal {
  readonly id: number;
  readonly person: string;
  /** What entered the store later is not this removal's. */
  readonly throughSeq: number;
  /** Where it looks now, and behind which `seq`. */
  readonly place: number;
  readonly afterSeq: number;
  readonly removed: number;
  /** The `seq` of the event that is to tell how many: it waits for the end. */
  readonly event: number | null;
}

interface LeavingRow {
  readonly seq: number;
  readonly id: Uint8Array;
}

interface Place {
  readonly table: string;
  /** Of the outbox alone. */
  readonly lane: number | null;
  readonly counter: StateCounter;
}

/**
 * Where a reading stands that was not delivered, in the order in which a removal looks. A reading that moves on by itself
 * (a refused one becomes a dead letter, a held one is discarded) moves to where the removal has yet to look.
 */
const places: readonly Place[] = [
  { table: "outbox", lane: 0, counter: "waiting" },
  { table: "outbox", lane: 1, counter: "waiting" },
  { table: "outbox", lane: 2, counter: "waiting" },
  { table: "undated", lane: null, counter: "undated" },
  { table: "held", lane: null, counter: "held" },
  { table: "deadLetters", lane: null, counter: "deadLetters" },
  { table: "discarded", lane: null, counter: "discarded" },
];

/** How many readings one step looks at, and how many it removes: a commit waits for no more than these. */
const stepRowsMax = 1_000;
const stepRemovalsMax = 200;

/**
 * Removes what a person who withdrew leaves behind, a step at a time, so that it holds up no commit however much it is.
 * How far it is stands in the database: it goes on after a restart. What it has not come to yet is theirs no longer all
 * the same: it is neither sent nor found, and whoever wants to do something with it finds that it is gone.
 */
export class RemovalSteps {
  readonly #sql: Sqlite;
  readonly #counters: Counters;
  readonly #remember: Statement<[id: Uint8Array]>;
  readonly #leave: Statement<[seq: number]>;
  readonly #remove: Statement<[seq: number]>;
  readonly #begin: Statement<[Omit<Removal, "id">]>;
  readonly #advance: Statement<[Pick<Removal, "id" | "place" | "afterSeq" | "removed">]>;
  readonly #removed: Statement<[id: number], number>;
  readonly #announce: Statement<[event: number, id: number]>;
  readonly #tell: Statement<[removed: number, seq: number]>;
  readonly #person: Statement<[seq: number], string | null>;
  /** The oldest first: a copy of the table, as far as it is not done. */
  #underWay: readonly Removal[];

  constructor(sql: Sqlite, counters: Counters) {
    this.#sql = sql;
    this.#counters = counters;
    this.#remember = sql.prepare("INSERT INTO removed (id) VALUES (?) ON CONFLICT DO NOTHING");
    this.#leave = sql.prepare("DELETE FROM outbox WHERE lane IN (0, 1, 2) AND seq = ?");
    this.#remove = sql.prepare("DELETE FROM readings WHERE seq = ?");
    this.#begin = sql.prepare(
      `INSERT INTO removals (person, throughSeq, place, afterSeq, removed, event)
       VALUES (@person, @throughSeq, @place, @afterSeq, @removed, @event)`,
    );
    this.#advance = sql.prepare(
      `UPDATE removals SET place = @place, afterSeq = @afterSeq, removed = @removed,
         event = CASE WHEN @place < ${places.length} THEN event END WHERE id = @id`,
    );
    this.#removed = sql.prepare<[number], number>("SELECT removed FROM removals WHERE id = ?").pluck();
    this.#announce = sql.prepare("UPDATE removals SET event = ? WHERE id = ?");
    this.#tell = sql.prepare("UPDATE events SET body = json_set(body, '$.event.removed', ?) WHERE seq = ?");
    this.#person = sql.prepare<[number], string | null>("SELECT person FROM readings WHERE seq = ?").pluck();
    this.#underWay = this.#read();
  }

  get isUnderWay(): boolean {
    return this.#underWay.length > 0;
  }

  /** Takes the first step at once. What is little is gone with it, and null; else there is a removal to be gone on with. */
  begin(person: string): { readonly removed: number; readonly id: number | null } {
    const throughSeq = this.#counters.now.nextSeq - 1;
    const first = this.#stepOf({ id: 0, person, throughSeq, place: 0, afterSeq: 0, removed: 0, event: null });
    if (isDone(first)) return { removed: first.removed, id: null };
    const { id: _, ...begun } = first;
    const id = Number(this.#begin.run(begun).lastInsertRowid);
    this.#underWay = [...this.#underWay, { ...begun, id }];
    return { removed: first.removed, id };
  }

  /** This event waits, and those behind it with it, until the removal knows how many it removed. */
  announce(id: number, event: number): void {
    this.#announce.run(event, id);
    this.#underWay = this.#underWay.map((removal) => (removal.id === id ? { ...removal, event } : removal));
  }

  /** One step of the oldest that is under way. True if a removal has come to its end. */
  step(): boolean {
    const [oldest, ...others] = this.#underWay;
    if (oldest === undefined) return false;
    const next = this.#stepOf(oldest);
    this.#keep(next);
    this.#underWay = isDone(next) ? others : [next, ...others];
    return isDone(next);
  }

  /** How many it has removed, and whether that is all. */
  progressOf(id: number): { readonly removed: number; readonly isDone: boolean } {
    const isUnderWay = this.#underWay.some((removal) => removal.id === id);
    return { removed: this.#removed.get(id) ?? 0, isDone: !isUnderWay };
  }

  /** So far every removal has looked through this lane: what lies behind is not given out. */
  frontIn(lane: number): number {
    let front = Number.MAX_SAFE_INTEGER;
    for (const { place, afterSeq } of this.#underWay) {
      if (place <= lane) front = Math.min(front, place === lane ? afterSeq : 0);
    }
    return front;
  }

  /** Is it to be removed, should it not have been delivered? */
  isLeaving(seq: number, person: string | null): boolean {
    return this.#underWay.some((removal) => removal.person === person && seq <= removal.throughSeq);
  }

  /**
   * Removes this reading at once, if a removal that is under way would come to it. Asked before anything else is done
   * with a reading that was not delivered. True if it is gone.
   */
  takes(seq: number): boolean {
    if (!this.isUnderWay) return false;
    const person = this.#person.get(seq) ?? null;
    const removal = this.#underWay.find((each) => each.person === person && seq <= each.throughSeq);
    const place = removal === undefined ? undefined : places.find((each) => this.#stands(seq, each));
    if (removal === undefined || place === undefined) return false;
    const [row] = this.#theirs(place, { ...removal, afterSeq: seq - 1, throughSeq: seq }, 1);
    if (row === undefined) return false;
    this.removeRow(row, place.counter);
    const next = { ...removal, removed: removal.removed + 1 };
    this.#keep(next);
    this.#underWay = this.#underWay.map((each) => (each.id === next.id ? next : each));
    return true;
  }

  removeRow({ seq, id }: LeavingRow, counter: keyof Counts): void {
    this.keepAway(id);
    this.#leave.run(seq);
    this.#remove.run(seq);
    this.#counters.now.readings -= 1;
    this.#counters.now[counter] -= 1;
  }

  /** A reading of this id is not stored any more. */
  keepAway(id: Uint8Array): void {
    this.#remember.run(id);
  }

  remember(): () => void {
    const before = this.#underWay;
    return () => {
      if (before !== this.#underWay) this.refresh();
    };
  }

  /** After somebody else may have written. */
  refresh(): void {
    this.#underWay = this.#read();
  }

  #stepOf(removal: Removal): Removal {
    let now = removal;
    const budget = { rows: stepRowsMax, removals: stepRemovalsMax };
    while (!isDone(now) && budget.rows > 0 && budget.removals > 0) now = this.#lookAt(now, budget);
    return now;
  }

  /** Removes what there is of the next rows of its place. */
  #lookAt(removal: Removal, budget: { rows: number; removals: number }): Removal {
    const place = placeAt(removal.place);
    const looked = this.#lookAhead(place, removal, budget.rows);
    const leaving = this.#theirs(place, { ...removal, throughSeq: looked.through }, budget.removals);
    for (const row of leaving) this.removeRow(row, place.counter);
    const removed = removal.removed + leaving.length;
    const isEnd = looked.rows < budget.rows && leaving.length < budget.removals;
    const last = leaving.length === budget.removals ? leaving.at(-1)?.seq : undefined;
    budget.rows -= looked.rows;
    budget.removals -= leaving.length;
    if (isEnd) return { ...removal, removed, place: removal.place + 1, afterSeq: 0 };
    return { ...removal, removed, afterSeq: last ?? looked.through };
  }

  #keep(removal: Removal): void {
    const { id, place, afterSeq, removed, event } = removal;
    if (isDone(removal) && event !== null) this.#tell.run(removed, event);
    this.#advance.run({ id, place, afterSeq, removed });
  }

  /** How many rows there are ahead, up to so many, and where they end. */
  #lookAhead(place: Place, removal: Removal, rows: number): { readonly rows: number; readonly through: number } {
    const ahead = this.#sql
      .prepare<[number, number, number], { rows: number; through: number | null }>(
        `SELECT count(*) AS rows, max(seq) AS through
         FROM (SELECT seq FROM ${rowsOf(place)} AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?)`,
      )
      .get(removal.afterSeq, removal.throughSeq, rows);
    return { rows: ahead?.rows ?? 0, through: ahead?.through ?? removal.afterSeq };
  }

  #theirs(place: Place, { person, afterSeq, throughSeq }: Removal, limit: number): readonly LeavingRow[] {
    return this.#sql
      .prepare<[number, number, string, number], LeavingRow>(
        `SELECT seq, id FROM readings WHERE seq IN
           (SELECT seq FROM ${rowsOf(place)} AND seq > ? AND seq <= ?) AND person = ? ORDER BY seq LIMIT ?`,
      )
      .all(afterSeq, throughSeq, person, limit);
  }

  #stands(seq: number, place: Place): boolean {
    return this.#sql.prepare<[number], number>(`SELECT 1 FROM ${rowsOf(place)} AND seq = ?`).get(seq) !== undefined;
  }

  #read(): readonly Removal[] {
    return this.#sql
      .prepare<[number], Removal>("SELECT * FROM removals WHERE place < ? ORDER BY id")
      .all(places.length);
  }
}

/** Is this reading, by the name of its row, to be removed by a removal that is under way? */
export const isLeavingSql = (row: string): string =>
  `EXISTS (SELECT 1 FROM removals m
     WHERE m.place < ${places.length} AND m.person = ${row}.person AND m.throughSeq >= ${row}.seq)`;

const isDone = ({ place }: Removal): boolean => place >= places.length;

function placeAt(index: number): Place {
  const place = places[index];
  if (place === undefined) throw new RangeError(`there is no place ${index} for a removal to look`);
  return place;
}

const rowsOf = ({ table, lane }: Place): string => `${table} WHERE ${lane === null ? "TRUE" : `lane = ${lane}`}`;
