import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { ConsentQuery, ConsentRecord, StandingWithdrawal } from "./store.ts";

type ConsentRow = Omit<ConsentRecord, "trend"> & { readonly trend: number };

const consentOf = (row: ConsentRow): ConsentRecord => ({ ...row, trend: row.trend === 1 });

const before = "(givenAt, id) < (?, ?) ORDER BY givenAt DESC, id DESC LIMIT ?";

/** What people agreed to. A record stays when it ends: it says what was agreed to, from when to when. */
export class ConsentRows {
  readonly #save: Statement<[ConsentRow]>;
  readonly #list: Statement<[givenAt: number, id: string, limit: number], ConsentRow>;
  readonly #listOf: Statement<[person: string, givenAt: number, id: string, limit: number], ConsentRow>;
  readonly #withdrawals: Statement<[], StandingWithdrawal>;
  readonly #withdraw: Statement<[at: number, person: string], string>;

  constructor(sql: Sqlite) {
    // What was withdrawn stays so: only a new consent is one.
    this.#save = sql.prepare(
      `INSERT INTO consents (id, person, version, sha256, language, trend, givenAt, withdrawnAt)
       VALUES (@id, @person, @version, @sha256, @language, @trend, @givenAt, @withdrawnAt)
       ON CONFLICT (id) DO UPDATE SET trend = excluded.trend,
         withdrawnAt = coalesce(consents.withdrawnAt, excluded.withdrawnAt)`,
    );
    this.#list = sql.prepare(`SELECT * FROM consents WHERE ${before}`);
    this.#listOf = sql.prepare(`SELECT * FROM consents WHERE person = ? AND ${before}`);
    this.#withdrawals = sql.prepare(
      `SELECT person, at FROM withdrawals w
       WHERE NOT EXISTS (SELECT 1 FROM consents c WHERE c.person = w.person AND c.withdrawnAt IS NULL)`,
    );
    this.#withdraw = sql
      .prepare<[number, string], string>(
        "UPDATE consents SET withdrawnAt = ? WHERE person = ? AND withdrawnAt IS NULL RETURNING id",
      )
      .pluck();
  }

  save(consent: ConsentRecord): void {
    this.#save.run({ ...consent, trend: consent.trend ? 1 : 0 });
  }

  /** The latest first. */
  list({ person, before: last, limit }: ConsentQuery): readonly ConsentRecord[] {
    const { givenAt, id } = last ?? { givenAt: Number.MAX_SAFE_INTEGER, id: "" };
    const rows =
      person === undefined ? this.#list.all(givenAt, id, limit) : this.#listOf.all(person, givenAt, id, limit);
    return rows.map(consentOf);
  }

  withdrawals(): readonly StandingWithdrawal[] {
    return this.#withdrawals.all();
  }

  /** Returns the ids of those that end by it. */
  withdraw(person: string, at: number): readonly string[] {
    return this.#withdraw.all(at, person);
  }
}
