import { createHash } from "node:crypto";
import type { CommitCore, RequestKind } from "../../sqlite/commit-core.ts";
import type { Statement } from "../../sqlite/connection.ts";
import type { Database } from "../../sqlite/database.ts";
import type { CommitOutcome, DeadLetter, NewDeadLetter } from "../sink.ts";
import { EventTable } from "./event-table.ts";
import { isRosterRequest, RosterTables } from "./roster-tables.ts";
import type { ReadingRow, SinkAnswer, SinkRequest, StoredRow } from "./sink-request.ts";

type Request<Op extends SinkRequest["op"]> = Extract<SinkRequest, { op: Op }>;
type Answer<Op extends SinkRequest["op"]> = Extract<SinkAnswer, { op: Op }>;

/** The SQL of the sink. It runs on the commit thread, or on a reader's own connection, where it is only asked to read. */
export class SinkCore implements CommitCore<SinkRequest, SinkAnswer> {
  readonly database: Database;
  readonly #deadLettersPerGatewayMax: number;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #events: EventTable;
  readonly #rosters: RosterTables;
  #readings: number;

  constructor(database: Database, deadLettersPerGatewayMax: number) {
    this.database = database;
    this.#deadLettersPerGatewayMax = deadLettersPerGatewayMax;
    this.#statements = prepare(database);
    this.#rosters = new RosterTables(database);
    this.#events = new EventTable(database, this.#rosters);
    this.#readings = this.#statements.total.get() ?? 0;
  }

  kindOf({ op }: SinkRequest): RequestKind {
    return writes.has(op) ? "write" : "read";
  }

  execute(request: SinkRequest): SinkAnswer {
    if (isRosterRequest(request)) return this.#rosters.execute(request);
    switch (request.op) {
      case "commit":
        return this.#commit(request);
      case "commit-events":
        return { op: "commit-events", outcomes: this.#events.commit(request.events, request.at) };
      case "events":
        return { op: "events", events: this.#events.page(request) };
      case "keep":
        return this.#keep(request);
      case "remove":
        for (const id of request.ids) this.#statements.removeLetter.run(id);
        return { op: "remove" };
      case "dead-letters":
        return { op: "dead-letters", letters: this.#statements.letters.all(request.afterId, request.limit) };
      case "readings":
        return { op: "readings", rows: this.#statements.readings.all(request.afterPosition, request.limit) };
      case "position-before":
        return { op: "position-before", position: this.#statements.positionBefore.get(request.readings) ?? 0 };
      case "counts":
        break;
    }
    return this.#counts();
  }

  remember(): () => void {
    const readings = this.#readings;
    return () => {
      this.#readings = readings;
    };
  }

  seal(): void {
    this.#statements.saveTotal.run(this.#readings, this.#readings);
  }

  /** Nothing here may be freed: readings are what the sink is for, and dead letters wait for somebody. */
  makeRoom(): boolean {
    return false;
  }

  tidy(): boolean {
    return false;
  }

  close(): void {
    this.database.close();
  }

  #commit({ rows, at }: Request<"commit">): Answer<"commit"> {
    return { op: "commit", outcomes: rows.map((row) => this.#store(row, at)) };
  }

  #store(row: ReadingRow, at: number): CommitOutcome {
    const id = Buffer.from(row.id.replaceAll("-", ""), "hex");
    const values = [row.revision, row.gateway, row.kind, row.measured, row.body, at] as const;
    if (this.#statements.insert.run(id, ...values).changes > 0) {
      this.#readings += 1;
      return "stored";
    }
    const { changes } = this.#statements.revise.run(...values, id, row.revision);
    return changes > 0 ? "stored" : "duplicate";
  }

  #keep({ letters }: Request<"keep">): Answer<"keep"> {
    const fresh = new Map<string, NewDeadLetter & { readonly digest: Buffer }>();
    for (const letter of letters) {
      const digest = createHash("sha256").update(letter.payload).digest();
      if (this.#statements.hasLetter.get(letter.gateway, digest) !== undefined) continue;
      fresh.set(`${letter.gateway} ${digest.toString("hex")}`, { ...letter, digest });
    }
    const byGateway = Map.groupBy(fresh.values(), ({ gateway }) => gateway);
    for (const [gateway, own] of byGateway) {
      const there = this.#statements.lettersOf.get(gateway) ?? 0;
      if (there + own.length > this.#deadLettersPerGatewayMax) return { op: "keep", isKept: false };
    }
    for (const { gateway, digest, code, reason, payload, receivedAt } of fresh.values()) {
      this.#statements.keepLetter.run(gateway, digest, code, reason, payload, receivedAt);
    }
    return { op: "keep", isKept: true };
  }

  /** Asked of the file, because a reader's own count stands still. */
  #counts(): Answer<"counts"> {
    const deadLetters = this.#statements.countLetters.get() ?? 0;
    return { op: "counts", readings: this.#statements.total.get() ?? 0, deadLetters };
  }
}

const writes: ReadonlySet<SinkRequest["op"]> = new Set<SinkRequest["op"]>([
  "commit",
  "commit-events",
  "keep",
  "remove",
  "set-homes",
  "remove-homes",
  "hear-rosters",
]);

type RowValues = [
  revision: number,
  gateway: string,
  kind: string,
  measured: string | null,
  body: string,
  committedAt: number,
];

function prepare({ sql }: Database): {
  readonly insert: Statement<[id: Buffer, ...RowValues]>;
  readonly revise: Statement<[...RowValues, id: Buffer, revision: number]>;
  readonly total: Statement<[], number>;
  readonly saveTotal: Statement<[number, number]>;
  readonly readings: Statement<[afterPosition: number, limit: number], StoredRow>;
  readonly positionBefore: Statement<[readings: number], number>;
  readonly hasLetter: Statement<[gateway: string, digest: Buffer], number>;
  readonly lettersOf: Statement<[gateway: string], number>;
  readonly keepLetter: Statement<[string, Buffer, string, string, Uint8Array, number]>;
  readonly removeLetter: Statement<[id: number]>;
  readonly letters: Statement<[afterId: number, limit: number], DeadLetter>;
  readonly countLetters: Statement<[], number>;
} {
  return {
    insert: sql.prepare(
      `INSERT INTO readings (id, revision, gateway, kind, measured, body, committed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    revise: sql.prepare(
      `UPDATE readings SET position = (SELECT max(position) + 1 FROM readings),
         revision = ?, gateway = ?, kind = ?, measured = ?, body = ?, committed_at = ?
       WHERE id = ? AND revision < ?`,
    ),
    total: sql.prepare<[], number>("SELECT readings FROM totals").pluck(),
    saveTotal: sql.prepare("UPDATE totals SET readings = ? WHERE readings <> ?"),
    readings: sql.prepare(
      `SELECT position, gateway, body, committed_at AS committedAt FROM readings
       WHERE position > ? ORDER BY position LIMIT ?`,
    ),
    positionBefore: sql
      .prepare<[number], number>("SELECT position FROM readings ORDER BY position DESC LIMIT 1 OFFSET ?")
      .pluck(),
    hasLetter: sql
      .prepare<[string, Buffer], number>("SELECT 1 FROM dead_letters WHERE gateway = ? AND digest = ?")
      .pluck(),
    lettersOf: sql.prepare<[string], number>("SELECT count(*) FROM dead_letters WHERE gateway = ?").pluck(),
    keepLetter: sql.prepare(
      "INSERT INTO dead_letters (gateway, digest, code, reason, payload, received_at) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    removeLetter: sql.prepare("DELETE FROM dead_letters WHERE id = ?"),
    letters: sql.prepare(
      `SELECT id, gateway, code, reason, payload, received_at AS receivedAt FROM dead_letters
       WHERE id > ? ORDER BY id LIMIT ?`,
    ),
    countLetters: sql.prepare<[], number>("SELECT count(*) FROM dead_letters").pluck(),
  };
}
