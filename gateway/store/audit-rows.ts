import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import { auditHash, auditOrigin, auditText } from "./audit-chain.ts";
import type { AuditHead, NewAuditEntry } from "./store.ts";

/** An entry as it stands in the file. */
export interface AuditRow {
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

/** The audit log: each entry is chained to the one before in the transaction that writes it. */
export class AuditRows {
  readonly #insert: Statement<[AuditRow]>;
  readonly #head: Statement<[], AuditHead>;
  readonly #list: Statement<[afterSeq: number, limit: number], AuditRow>;

  constructor(sql: Sqlite) {
    this.#insert = sql.prepare("INSERT INTO audit (seq, body, hash) VALUES (@seq, @body, @hash)");
    this.#head = sql.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
    this.#list = sql.prepare("SELECT seq, body, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?");
  }

  append(entry: NewAuditEntry): void {
    const { seq: last, hash: previous } = this.head() ?? auditOrigin;
    const seq = last + 1;
    const body = auditText(seq, entry);
    this.#insert.run({ seq, body, hash: auditHash(previous, body) });
  }

  /** An entry of another database, as it stands there. */
  keep(row: AuditRow): void {
    this.#insert.run(row);
  }

  head(): AuditHead | null {
    return this.#head.get() ?? null;
  }

  list(afterSeq: number, limit: number): readonly AuditRow[] {
    return this.#list.all(afterSeq, limit);
  }
}
