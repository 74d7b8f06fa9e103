import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import {
  type Backlog,
  type Lane,
  lanes,
  type OutboxPage,
  type PageRequest,
  type Settlement,
} from "../../cloud-sync/uplink/outbox.ts";
import type { Counters } from "./counters.ts";
import { isLeavingSql, type RemovalSteps } from "./removal-steps.ts";
import { idText } from "./reading-id-bytes.ts";
import type { OutboxDeadLetter } from "./store.ts";

interface OutboxParts {
  readonly counters: Counters;
  readonly steps: RemovalSteps;
}

/** What pages are made of. */
interface Entries {
  readonly page: Statement<PageParameters, PageRow>;
  readonly sizes: Statement<PageParameters, number>;
}

type PageRow = [seqs: string | null, body: Buffer | null];
type PageParameters = [lane: number, afterSeq: number, throughSeq: number, limit: number];
type DeadLetterRow = Omit<OutboxDeadLetter, "readingId"> & { readonly bytes: Uint8Array };

/** What waits to be delivered, what was refused, and the pages that go out. */
export class OutboxRows {
  readonly #counters: Counters;
  readonly #steps: RemovalSteps;
  readonly #enter: Statement<[lane: number, from: number, through: number]>;
  readonly #leave: Statement<[seq: number]>;
  readonly #entries: Entries;
  /** The same while a removal is under way: what it has yet to come to is left out. */
  readonly #entriesThatStay: Entries;
  readonly #settle: Statement<[lane: number, from: number, through: number]>;
  readonly #oldest: Statement<[lane: number], number>;
  readonly #bury: Statement<[seq: number, lane: number, code: string, reason: string, at: number]>;
  readonly #exhume: Statement<[seq: number]>;
  readonly #deadAt: Statement<[id: number], { seq: number; lane: number }>;
  readonly #dead: Statement<[afterId: number, limit: number], DeadLetterRow>;
  readonly #renumber: Statement<[newSeq: number, seq: number]>;
  /** Entries of one lane, one after another, that are not written yet. */
  #run: { readonly lane: number; readonly from: number; through: number } | null = null;
  /** Of the last page, with the comma: so many are asked for as will fit. */
  #entryBytesMean = 800;

  constructor(sql: Sqlite, { counters, steps }: OutboxParts) {
    this.#counters = counters;
    this.#steps = steps;
    this.#enter = sql.prepare(
      "INSERT INTO outbox (lane, seq) SELECT ?, seq FROM readings WHERE seq BETWEEN ? AND ? ORDER BY seq",
    );
    this.#leave = sql.prepare("DELETE FROM outbox WHERE lane IN (0, 1, 2) AND seq = ?");
    this.#entries = entriesIn(sql, "");
    this.#entriesThatStay = entriesIn(sql, `AND NOT ${isLeavingSql("r")}`);
    this.#settle = sql.prepare("DELETE FROM outbox WHERE lane = ? AND seq BETWEEN ? AND ?");
    this.#oldest = sql
      .prepare<[number], number>(
        `SELECT storedAt FROM readings
         WHERE seq = (SELECT seq FROM outbox WHERE lane = ? ORDER BY seq LIMIT 1)`,
      )
      .pluck();
    this.#bury = sql.prepare("INSERT INTO deadLetters (seq, lane, code, reason, at) VALUES (?, ?, ?, ?, ?)");
    this.#exhume = sql.prepare("DELETE FROM deadLetters WHERE seq = ?");
    this.#deadAt = sql.prepare("SELECT seq, lane FROM deadLetters WHERE id = ?");
    this.#dead = sql.prepare(
      `SELECT d.id, r.id AS bytes, d.code, d.reason, d.at FROM deadLetters d JOIN readings r ON r.seq = d.seq
       WHERE d.id > ? ORDER BY d.id LIMIT ?`,
    );
    this.#renumber = sql.prepare("UPDATE readings SET seq = ? WHERE seq = ?");
  }

  /** The row is written with those that follow it, which costs a third: `flush` before anything else looks. */
  enter(lane: number, seq: number): void {
    this.#counters.now.waiting += 1;
    const run = this.#run;
    if (run !== null && run.lane === lane && run.through + 1 === seq) {
      run.through = seq;
      return;
    }
    this.flush();
    this.#run = { lane, from: seq, through: seq };
  }

  flush(): void {
    if (this.#run === null) return;
    this.#enter.run(this.#run.lane, this.#run.from, this.#run.through);
    this.#run = null;
  }

  /** After a rollback. */
  forgetRun(): void {
    this.#run = null;
  }

  /** A revised reading: what was sent under its old seq says nothing of it, and neither does an earlier refusal. */
  reenter(oldSeq: number, seq: number, lane: number): void {
    this.flush();
    this.#counters.now.waiting -= this.#leave.run(oldSeq).changes;
    this.#counters.now.deadLetters -= this.#exhume.run(seq).changes;
    this.enter(lane, seq);
  }

  page(request: PageRequest): OutboxPage | null {
    const pages: OutboxPage[] = [];
    let { afterSeq } = request;
    while (pages.length < (request.pagesMax ?? 1)) {
      const page = this.#pageAfter(afterSeq, request);
      if (page === null) break;
      pages.push(page);
      afterSeq = page.seqs.at(-1) ?? afterSeq;
    }
    const [first, ...more] = pages;
    return first === undefined ? null : { ...first, more };
  }

  #pageAfter(afterSeq: number, { lane, throughSeq, readingsMax, bytesMax }: PageRequest): OutboxPage | null {
    const index = lanes.indexOf(lane);
    // A range is short, and may be looked through. Who reads on waits for a removal, which may have far to go.
    const through = throughSeq ?? this.#steps.frontIn(index);
    const { page, sizes } = this.#steps.isUnderWay ? this.#entriesThatStay : this.#entries;
    const wanted = Math.max(1, Math.min(readingsMax, Math.floor((bytesMax + 1) / this.#entryBytesMean)));
    const [seqs, body] = page.get(index, afterSeq, through, wanted) ?? [null, null];
    if (seqs === null || body === null) return null;
    const list = Float64Array.from(seqs.split(","), Number);
    this.#entryBytesMean = Math.ceil((body.length + 1) / list.length);
    if (body.length <= bytesMax || list.length === 1) return { lane, seqs: list, body };
    const { count, bytes } = fitting(sizes.all(index, afterSeq, through, list.length), bytesMax);
    return { lane, seqs: list.slice(0, count), body: body.subarray(0, bytes) };
  }

  settle(settlement: Settlement, at: number): void {
    const { now } = this.#counters;
    const lane = lanes.indexOf(settlement.lane);
    if (settlement.fate === "delivered") {
      for (const [from, through] of settlement.seqs) now.waiting -= this.#settle.run(lane, from, through).changes;
      return;
    }
    const { seq, code, reason } = settlement;
    if (this.#settle.run(lane, seq, seq).changes === 0) return;
    this.#bury.run(seq, lane, code, reason, at);
    now.waiting -= 1;
    now.deadLetters += 1;
  }

  backlog(): Backlog {
    const { waiting } = this.#counters.now;
    const oldest = lanes.map((_, lane) => this.#oldest.get(lane)).filter((at) => at !== undefined);
    return { waiting, oldestUnsentAt: oldest.length === 0 ? null : Math.min(...oldest) };
  }

  deadLetters(afterId: number, limit: number): readonly OutboxDeadLetter[] {
    const rows = this.#dead.all(afterId, limit);
    return rows.map(({ id, bytes, code, reason, at }) => ({ id, readingId: idText(bytes), code, reason, at }));
  }

  /** Returns the lanes of those that there were. */
  replay(ids: readonly number[]): readonly Lane[] {
    return ids.flatMap((id) => {
      const dead = this.#deadAt.get(id);
      if (dead === undefined || this.#steps.takes(dead.seq)) return [];
      this.#exhume.run(dead.seq);
      this.#counters.now.deadLetters -= 1;
      const seq = this.#counters.takeSeq();
      this.#renumber.run(seq, dead.seq);
      this.enter(dead.lane, seq);
      return [lanes[dead.lane] ?? "backfill"];
    });
  }
}

function entriesIn(sql: Sqlite, condition: string): Entries {
  const entries = `outbox o JOIN readings r ON r.seq = o.seq
    WHERE o.lane = ? AND o.seq > ? AND o.seq <= ? ${condition} ORDER BY o.seq LIMIT ?`;
  // SQLite joins the texts, because a row that becomes a JavaScript object and a copy costs more than all the rest.
  const texts = `SELECT group_concat(seq), CAST(group_concat(body) AS BLOB) FROM (SELECT o.seq, r.body FROM ${entries})`;
  return {
    page: sql.prepare<PageParameters, PageRow>(texts).raw(),
    sizes: sql.prepare<PageParameters, number>(`SELECT length(r.body) FROM ${entries}`).pluck(),
  };
}

/** How many of the texts, with a comma between any two, fit; one always does. */
function fitting(sizes: readonly number[], bytesMax: number): { readonly count: number; readonly bytes: number } {
  let bytes = sizes[0] ?? 0;
  let count = 1;
  for (const size of sizes.slice(1)) {
    if (bytes + 1 + size > bytesMax) break;
    bytes += 1 + size;
    count += 1;
  }
  return { count, bytes };
}
