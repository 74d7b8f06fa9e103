import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { IndexPosition } from "./store-request.ts";

/** How many rows one step reads: a commit waits for no more than these. */
const rowsMax = 256;

/**
 * Reads the readings and their index once, in short steps, after a crash of a database that is too large to be read
 * whole at the start. Under a MAC a page that can be read is right; without one only damage to the structure shows.
 */
export class Scrub {
  readonly #rows: Statement<[afterSeq: number, limit: number], { last: number | null; read: number }>;
  readonly #index: Statement<[deviceTime: number, id: Uint8Array, limit: number], IndexPosition>;
  #afterSeq: number | null = 0;
  #after: IndexPosition | null = { deviceTime: -1, id: new Uint8Array() };

  constructor(sql: Sqlite) {
    // A part of each body is asked for, because without it SQLite would skip the pages that hold the rest of a long one.
    this.#rows = sql.prepare(
      `SELECT max(seq) AS last, count(tail) AS read FROM (
         SELECT seq, substr(body, -1) AS tail FROM readings WHERE seq > ? ORDER BY seq LIMIT ?)`,
    );
    this.#index = sql.prepare(
      "SELECT deviceTime, id FROM readings WHERE (deviceTime, id) > (?, ?) ORDER BY deviceTime, id LIMIT ?",
    );
  }

  /** Throws SQLite's own error at the first damage; false when all was read. */
  step(): boolean {
    if (this.#afterSeq !== null) {
      this.#afterSeq = this.#rows.get(this.#afterSeq, rowsMax)?.last ?? null;
      return true;
    }
    if (this.#after === null) return false;
    const { deviceTime, id } = this.#after;
    this.#after = this.#index.all(deviceTime, id, rowsMax).at(-1) ?? null;
    return this.#after !== null;
  }
}
