import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";

export interface Counts {
  nextSeq: number;
  readings: number;
  waiting: number;
  held: number;
  undated: number;
  deadLetters: number;
  quarantined: number;
  tombstones: number;
  discarded: number;
}

/** What is known without counting: held in memory, and written with the group that changed it. */
export class Counters {
  readonly #write: Statement<[Counts]>;
  readonly #sql: Sqlite;
  now: Counts;
  #written: string;

  constructor(sql: Sqlite) {
    this.#sql = sql;
    this.#write = sql.prepare(
      `UPDATE counters SET nextSeq = @nextSeq, readings = @readings, waiting = @waiting, held = @held,
       undated = @undated, deadLetters = @deadLetters, quarantined = @quarantined, tombstones = @tombstones,
       discarded = @discarded`,
    );
    this.now = this.#read();
    this.#written = textOf(this.now);
  }

  /** Readings that nothing is to become of any more: the sink has them, or somebody discarded them. */
  get done(): number {
    const { readings, waiting, held, undated, deadLetters } = this.now;
    return readings - waiting - held - undated - deadLetters;
  }

  takeSeq(): number {
    const seq = this.now.nextSeq;
    this.now.nextSeq += 1;
    return seq;
  }

  remember(): () => void {
    const [now, written] = [{ ...this.now }, this.#written];
    return () => {
      this.now = now;
      this.#written = written;
    };
  }

  /** Writes what has changed: the last statement of a transaction. */
  seal(): void {
    const text = textOf(this.now);
    if (text === this.#written) return;
    this.#write.run(this.now);
    this.#written = text;
  }

  /** As the file has it: for a reader beside the writer, whose memory would be out of date. */
  refresh(): void {
    this.now = this.#read();
  }

  #read(): Counts {
    const row = this.#sql.prepare<[], Counts & { one: number }>("SELECT * FROM counters").get();
    if (row === undefined) throw new Error("the counters are missing");
    const { one: _, ...counts } = row;
    return counts;
  }
}

function textOf(counts: Counts): string {
  return Object.values(counts).join(" ");
}
